using Proxy.Actors.Accounts;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Ledger;

/// <summary>One attempt, as the ledger takes it.</summary>
public sealed record UsageRow
{
    /// <summary>When the attempt ended.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The request's id (<c>x-proxy-request-id</c>).</summary>
    public required string RequestId { get; init; }

    /// <summary>1 for the request's first attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Who served, or failed to.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The account's label, safe to show; empty when unknown.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>The account's provider; empty when unknown.</summary>
    public string Provider { get; init; } = string.Empty;

    /// <summary>The upstream's model name.</summary>
    public required string Model { get; init; }

    /// <summary>The name that the client asked for; null when it was not told.</summary>
    public string? AskedModel { get; init; }

    /// <summary>The client's dialect.</summary>
    public required Dialect ClientDialect { get; init; }

    /// <summary>The upstream's dialect.</summary>
    public required Dialect UpstreamDialect { get; init; }

    /// <summary>What it was for.</summary>
    public Purpose Purpose { get; init; } = Purpose.Inference;

    /// <summary>The client asked for a stream.</summary>
    public bool IsStreamed { get; init; }

    /// <summary>A digest of client key and session; null without a session. The ledger keeps only a salted digest of it.</summary>
    public string? Session { get; init; }

    /// <summary>A digest of the client's key; null without one. The ledger keeps only a salted digest of it.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The client program's name, the first word of its User-Agent; null without one.</summary>
    public string? Client { get; init; }

    /// <summary>The upstream's HTTP status; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>How it failed; null when it did not.</summary>
    public FailureClass? Failure { get; init; }

    /// <summary>The client got something of this attempt.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>It ended because the client left, or never began.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Its tokens.</summary>
    public Usage Usage { get; init; } = Usage.Unknown;

    /// <summary>From the start of the attempt to the first content byte; null when there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>The attempt's whole time.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>Free of the digests: the ledger keeps them salted only.</summary>
    public override string ToString() => $"UsageRow {{ {RequestId}, {Attempt}, {Account}, {Model} }}";
}
