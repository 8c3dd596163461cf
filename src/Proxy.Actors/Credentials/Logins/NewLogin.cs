using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>What a login gave: tokens, and whose they are. Secret: it prints its kind alone.</summary>
public sealed record NewLogin
{
    /// <summary>Claude or Codex.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The tokens. Secret.</summary>
    public required RefreshedTokens Tokens { get; init; }

    /// <summary>Whose they are, as far as it is known.</summary>
    public required LoginProfile Profile { get; init; }

    /// <summary>Codex: the ChatGPT plan that the id token names; null when it names none.</summary>
    public string? Plan { get; init; }

    /// <summary><c>claude</c> or <c>codex</c>, as in auth files.</summary>
    public string Provider => Kind == UpstreamKind.Claude ? "claude" : "codex";

    /// <summary>This login with what a profile page says; what it leaves out stays.</summary>
    public NewLogin With(LoginProfile profile) => this with
    {
        Profile = new LoginProfile
        {
            Email = profile.Email ?? Profile.Email,
            AccountUuid = profile.AccountUuid ?? Profile.AccountUuid,
            OrganizationUuid = profile.OrganizationUuid ?? Profile.OrganizationUuid,
            OrganizationName = profile.OrganizationName ?? Profile.OrganizationName,
        },
    };

    /// <inheritdoc />
    public override string ToString() => $"NewLogin {{ {Provider} }}";
}
