using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Failures;

/// <summary>The classes of upstream failures (docs/architecture.md, "Failures").</summary>
public enum FailureClass
{
    /// <summary>The request is at fault: passed on, hurts no account.</summary>
    Request,

    /// <summary>The credential is only for the provider's own client.</summary>
    IdentityRefused,

    /// <summary>Encrypted reasoning or a signature of another account or model.</summary>
    ForeignReasoning,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>402, or 403 with a permission body.</summary>
    Forbidden,

    /// <summary>403 with an HTML challenge page.</summary>
    Challenge,

    /// <summary>The account does not have this model.</summary>
    ModelUnavailable,

    /// <summary>A quota window is used up, until a reset that the provider told.</summary>
    QuotaExhausted,

    /// <summary>429 with a short wait.</summary>
    RateLimited,

    /// <summary>429 that says nothing more.</summary>
    Throttled,

    /// <summary>The provider is out of capacity for this model.</summary>
    Overloaded,

    /// <summary>500, 502, 504, 408.</summary>
    Transient,

    /// <summary>No answer that is one: connect, TLS, reset, redirect, a wrong address, broken encoding.</summary>
    Network,

    /// <summary>The stream ended without its terminal event.</summary>
    Truncated,
}

/// <summary>What a failure is charged to.</summary>
public enum FailureScope
{
    /// <summary>The request alone.</summary>
    Request,

    /// <summary>The account, for all models.</summary>
    Account,

    /// <summary>The account, for this model.</summary>
    AccountModel,

    /// <summary>The provider, for this model.</summary>
    ProviderModel,

    /// <summary>The network on the way.</summary>
    Network,
}

/// <summary>A classified upstream failure. Made once, by <see cref="FailureClassifier"/>.</summary>
public sealed record Failure
{
    /// <summary>Its class; decides about rotation and cooldown.</summary>
    public required FailureClass Class { get; init; }

    /// <summary>What it is charged to.</summary>
    public required FailureScope Scope { get; init; }

    /// <summary>The upstream's HTTP status; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>The upstream's words, cut to 2,048 characters and free of secrets.</summary>
    public required string Message { get; init; }

    /// <summary>The upstream's error code or type; null when it gave none.</summary>
    public string? Code { get; init; }

    /// <summary>Until when the upstream asks to be left alone; null when it does not say.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>With <see cref="FailureClass.QuotaExhausted"/>: what it says of the quota windows; null when nothing.</summary>
    public QuotaReading? Quota { get; init; }

    /// <summary>What broke on the way; null unless <see cref="Class"/> is <see cref="FailureClass.Network"/>.</summary>
    public NetworkFault? Network { get; init; }

    /// <summary>What a rule of the owner says about it, over what its class would say; null without such a rule.</summary>
    public FailureRuling? Ruling { get; init; }

    /// <summary>The upstream's error body (decoded), for clients of the same dialect; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The dialect of <see cref="Body"/>.</summary>
    public Dialect? BodyDialect { get; init; }
}

/// <summary>What the classifier looks at: one upstream answer that is not a success.</summary>
public sealed record UpstreamError
{
    /// <summary>Who answered.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>HTTP status; null when there was no answer (see <see cref="Network"/>) or the error came inside a 200 stream and names none.</summary>
    public int? Status { get; init; }

    /// <summary>Response headers by lower-case name; the first value of each.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The decoded body, at most 64 KiB of it.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>An error event inside a stream; null for a plain HTTP error.</summary>
    public UpstreamErrorBody? InStream { get; init; }

    /// <summary>Why there was no (usable) answer; null when there was one.</summary>
    public NetworkFault? Network { get; init; }

    /// <summary>True when the stream ended without its terminal event.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>True for an OAuth credential, false for an API key.</summary>
    public bool IsOAuth { get; init; }

    /// <summary>The owner's rules for this credential's errors (<c>request-scoped-errors</c>).</summary>
    public IReadOnlyList<ErrorRule> Rules { get; init; } = [];
}

/// <summary>Why an upstream could not be reached or understood.</summary>
public enum NetworkFault
{
    /// <summary>Name not found.</summary>
    Dns,

    /// <summary>Connection refused, unreachable or not made within the connect limit.</summary>
    Connect,

    /// <summary>TLS failed.</summary>
    Tls,

    /// <summary>The per-account or global proxy failed.</summary>
    ProxyUrl,

    /// <summary>The connection broke before a byte of the answer.</summary>
    Reset,

    /// <summary>No response headers within the limit.</summary>
    HeadersTimeout,

    /// <summary>No content within the limit, or a gap beyond it.</summary>
    Silence,

    /// <summary>A redirect: never followed.</summary>
    Redirect,

    /// <summary>A content encoding that can't be decoded, or a bomb.</summary>
    Encoding,

    /// <summary>Not HTTP, or headers over the limit.</summary>
    Protocol,

    /// <summary>A server answers, but not at this path: the base URL is wrong.</summary>
    Address,
}
