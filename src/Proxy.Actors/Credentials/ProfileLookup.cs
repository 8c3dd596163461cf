using System.Net.Http.Headers;
using Proxy.Actors.Outbound;

namespace Proxy.Actors.Credentials;

/// <summary>Whose login an access token is, as the provider's profile page says. Holds a person's address: it prints as nothing.</summary>
public sealed record LoginProfile
{
    /// <summary>The account's e-mail; null when not told.</summary>
    public string? Email { get; init; }

    /// <summary>Claude: the account's id; null when not told.</summary>
    public string? AccountUuid { get; init; }

    /// <summary>Claude: the organization's id; null when not told.</summary>
    public string? OrganizationUuid { get; init; }

    /// <summary>Claude: the organization's name; null when not told.</summary>
    public string? OrganizationName { get; init; }

    /// <inheritdoc />
    public override string ToString() => "LoginProfile { *** }";
}

/// <summary>What one look at a profile gave.</summary>
/// <param name="Profile">The profile; null when there is none.</param>
/// <param name="Fault">Why there is none, free of secrets.</param>
public sealed record ProfileLook(LoginProfile? Profile, string? Fault);

/// <summary>One call to Claude's profile page (spec/accounts.md 1.3 [B]): an access token does not say whose it is. No state.</summary>
public sealed class ProfileLookup(ITokenTransport transport, TimeProvider time)
{
    /// <summary>Longest call, headers and body. Nobody must wait long for a name.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks. Never throws for what a network or a provider does.</summary>
    public async Task<ProfileLook> LookAsync(Uri profileUrl, string accessToken, OutboundRoute route, CancellationToken cancellation)
    {
        if (!OutboundRoute.MayCarryLogin(profileUrl))
        {
            return new ProfileLook(null, "profile-url is neither https nor on this machine");
        }

        using var limit = new CancellationTokenSource(Limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var request = OutboundFactory.NewRequest(HttpMethod.Get, profileUrl);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add("anthropic-version", "2023-06-01");
        request.Headers.Add("anthropic-beta", "oauth-2025-04-20");
        try
        {
            using var response = await transport.SendAsync(request, route, linked.Token).ConfigureAwait(false);
            var answer = await OAuthAnswer.ReadAsync(response, time, linked.Token).ConfigureAwait(false);
            return answer is { Status: 200, Json: not null }
                ? new ProfileLook(Read(answer), null)
                : new ProfileLook(null, $"the profile page answered {answer.Status}{(answer.Json is null ? " without JSON" : string.Empty)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new ProfileLook(null, "the profile page can't be reached");
        }
        catch (OperationCanceledException)
        {
            return new ProfileLook(null, "the profile page did not answer in time");
        }
    }

    private static LoginProfile Read(OAuthAnswer answer) => new()
    {
        Email = answer.Text("account", "email") ?? answer.Text("account", "email_address"),
        AccountUuid = answer.Text("account", "uuid"),
        OrganizationUuid = answer.Text("organization", "uuid"),
        OrganizationName = answer.Text("organization", "name"),
    };
}
