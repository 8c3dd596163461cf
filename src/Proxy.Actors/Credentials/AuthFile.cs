using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>An OAuth token pair. Secret: it prints as its fingerprint.</summary>
/// <param name="Access">Access token; null when the file has only a refresh token.</param>
/// <param name="Refresh">Refresh token; null when there is none.</param>
public sealed record TokenPair(string? Access, string? Refresh)
{
    /// <summary>Identity of the pair; safe to show.</summary>
    public string Fingerprint { get; } = TokenFingerprint.Of(Access, Refresh);

    /// <summary>Identity of the refresh token alone; safe to show; null without one.</summary>
    public string? RefreshFingerprint { get; } = Refresh is null ? null : TokenFingerprint.Of(null, Refresh);

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Fingerprint = ").Append(Fingerprint);
        return true;
    }
}

/// <summary>One auth file, as <c>spec/accounts.md</c> 1.5 describes it. Unknown members stay in <see cref="Raw"/>.</summary>
public sealed record AuthFile
{
    /// <summary>Its name within the auth directory.</summary>
    public required string FileName { get; init; }

    /// <summary><c>type</c>: <c>claude</c> or <c>codex</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The kind of upstream that goes with <see cref="Provider"/>.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The tokens. Secret.</summary>
    public required TokenPair Tokens { get; init; }

    /// <summary>The other program's file that this one is linked to (see <see cref="LinkedFile"/>); null for a login of our own.</summary>
    public string? Link { get; init; }

    /// <summary><c>email</c>: shown masked only.</summary>
    public string? Email { get; init; }

    /// <summary><c>label</c>.</summary>
    public string? Label { get; init; }

    /// <summary>When the access token ends; from the file, else from the token itself; null when neither says.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When the tokens were last made; null when the file does not say.</summary>
    public DateTimeOffset? LastRefresh { get; init; }

    /// <summary>The owner's own refresh lead; null for the provider's.</summary>
    public TimeSpan? RefreshLead { get; init; }

    /// <summary><c>id_token</c>. Secret; null without one.</summary>
    public string? IdToken { get; init; }

    /// <summary>ChatGPT account id (<c>account_id</c>, else from <c>id_token</c>).</summary>
    public string? ChatGptAccountId { get; init; }

    /// <summary><c>plan_type</c>, else from <c>id_token</c>.</summary>
    public string? Plan { get; init; }

    /// <summary><c>proxy_url</c>; null = the global one.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary><c>proxy_url: direct</c> or <c>none</c>.</summary>
    public bool NoProxy { get; init; }

    /// <summary><c>prefix</c>, normalised; null without one.</summary>
    public string? Prefix { get; init; }

    /// <summary><c>disabled</c>.</summary>
    public bool IsDisabled { get; init; }

    /// <summary><c>priority</c>.</summary>
    public int Priority { get; init; }

    /// <summary><c>weight</c>: its share of turns under <c>weighted-round-robin</c>; 0 and less: no new conversations.</summary>
    public int Weight { get; init; } = 1;

    /// <summary><c>max_concurrent</c>: requests at once, 0 = unlimited; null = the configuration's.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary><c>headers</c>. May hold secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary><c>excluded_models</c>: wildcards.</summary>
    public IReadOnlyList<string> ExcludedModels { get; init; } = [];

    /// <summary><c>model_aliases</c>.</summary>
    public IReadOnlyList<ModelAlias> ModelAliases { get; init; } = [];

    /// <summary><c>request_retry</c>, <c>disable_cooling</c>, <c>request_scoped_errors</c>.</summary>
    public Configuration.CredentialRetry Retry { get; init; } = Configuration.CredentialRetry.None;

    /// <summary>The whole file as it was read. Secret.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("FileName = ").Append(FileName).Append(", Tokens = ").Append(Tokens.Fingerprint);
        return true;
    }
}

/// <summary>Why an auth file is of no use.</summary>
public enum AuthFileFault
{
    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>It may not be read, or reading failed.</summary>
    Unreadable,

    /// <summary>It is a pipe, a socket or a device: never read.</summary>
    NotAFile,

    /// <summary>It has no bytes.</summary>
    Empty,

    /// <summary>Its JSON ends too early: somebody is still writing, or a write was cut off.</summary>
    Torn,

    /// <summary>It is not a JSON object, or is larger than any auth file.</summary>
    Corrupt,

    /// <summary>It belongs to no provider of ours (no <c>type</c>, or another one): not an account.</summary>
    Foreign,

    /// <summary>It names a provider but holds no token.</summary>
    NoToken,
}

/// <summary>What reading an auth file gave.</summary>
public abstract record AuthFileReading
{
    private AuthFileReading()
    {
    }

    /// <summary>A usable file.</summary>
    public sealed record Loaded(AuthFile File) : AuthFileReading;

    /// <summary>An unusable one.</summary>
    /// <param name="Fault">Which way.</param>
    /// <param name="Reason">In words, free of the file's content.</param>
    /// <param name="Provider">The provider, if its <c>type</c> could be read.</param>
    public sealed record Faulty(AuthFileFault Fault, string Reason, string? Provider = null) : AuthFileReading;
}
