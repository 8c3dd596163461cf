using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Failures;

/// <summary>An error as a client will see it: status, words and the codes of its dialect.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Message">Clear, free of secrets, at most 2,048 characters.</param>
/// <param name="Type">The dialect's error type; null = by status (spec/protocols.md 14.2).</param>
/// <param name="Code">OpenAI code; null = by status.</param>
/// <param name="Parameter">OpenAI param; null when none.</param>
public sealed record ClientError(int Status, string Message, string? Type = null, string? Code = null, string? Parameter = null)
{
    /// <summary>Responses 429 <c>usage_limit_reached</c>: when the soonest quota comes back; null otherwise.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Whole seconds until <see cref="ResetsAt"/>.</summary>
    public long? ResetsInSeconds { get; init; }

    /// <summary>A body in the client's own dialect to be passed on as it came; empty = write one.</summary>
    public ReadOnlyMemory<byte> Verbatim { get; init; }
}
