using Proxy.Actors.Accounts;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Ledger;

/// <summary>One attempt, as the ledger keeps it.</summary>
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

    /// <summary>The upstream's model name.</summary>
    public required string Model { get; init; }

    /// <summary>The client's dialect.</summary>
    public required Dialect ClientDialect { get; init; }

    /// <summary>The upstream's dialect.</summary>
    public required Dialect UpstreamDialect { get; init; }

    /// <summary>The upstream's HTTP status; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>How it failed; null when it did not.</summary>
    public FailureClass? Failure { get; init; }

    /// <summary>Its tokens.</summary>
    public Usage Usage { get; init; } = Usage.Unknown;

    /// <summary>From the start of the attempt to the first content byte; null when there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>The attempt's whole time.</summary>
    public required TimeSpan Total { get; init; }
}
