using Proxy.Actors.Accounts;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Relay;

/// <summary>Takes down what became of each upstream call.</summary>
public interface IAttemptLog
{
    /// <summary>Takes one attempt down. Called on the request's own task: never blocks, never throws.</summary>
    void Record(AttemptRecord attempt);
}

/// <summary>One upstream call. Holds no content and nothing secret.</summary>
public sealed record AttemptRecord
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The request's id, as the client was told.</summary>
    public required string RequestId { get; init; }

    /// <summary>1 for the request's first.</summary>
    public required int Attempt { get; init; }

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The account's provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The model name that the client asked for.</summary>
    public required string AskedModel { get; init; }

    /// <summary>The model's name upstream.</summary>
    public required string UpstreamModel { get; init; }

    /// <summary>The client's dialect.</summary>
    public required Dialect ClientDialect { get; init; }

    /// <summary>The upstream's dialect.</summary>
    public required Dialect UpstreamDialect { get; init; }

    /// <summary>What it was for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>The client asked for a stream.</summary>
    public required bool Streamed { get; init; }

    /// <summary>The upstream's HTTP status; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>The class of its failure; null for success and for a client that left.</summary>
    public FailureClass? Failure { get; init; }

    /// <summary>The client left, or its deadline passed, before the end.</summary>
    public bool Cancelled { get; init; }

    /// <summary>The tokens that were reported.</summary>
    public Usage Usage { get; init; } = Usage.Unknown;

    /// <summary>From the call to its first content; null when there was none.</summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>The whole call.</summary>
    public required TimeSpan Total { get; init; }
}
