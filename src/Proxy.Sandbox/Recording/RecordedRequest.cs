using System.Text;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Recording;

/// <summary>One request as the sandbox got it.</summary>
public sealed class RecordedRequest
{
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RecordedRequest()
    {
    }

    /// <summary>1 for the first request of the server.</summary>
    public required long Number { get; init; }

    /// <summary>The account whose credential it carried; null when none was recognised.</summary>
    public required string? Account { get; init; }

    /// <summary>What it asked for.</summary>
    public required SandboxOperation Operation { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query.</summary>
    public required string Path { get; init; }

    /// <summary>Headers in order of arrival; repeated ones repeat.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>The raw body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>When it had been read, on the sandbox's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The connection it came on: equal for requests that shared one.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>HTTP/1.1 or HTTP/2.</summary>
    public required string Protocol { get; init; }

    /// <summary>The status answered; 0 as long as no headers are out.</summary>
    public int Status { get; internal set; }

    /// <summary>Events (or bodies) written so far.</summary>
    public int EventsWritten { get; internal set; }

    /// <summary>Completes when the client gave the request up before the sandbox was done.</summary>
    public Task Aborted => _aborted.Task;

    /// <summary>Completes when the sandbox was done with it, in whatever way.</summary>
    public Task Completed => _completed.Task;

    /// <summary>The body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The first header of that name, any case; null when absent.</summary>
    public string? Header(string name)
    {
        foreach (var (key, value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    internal void MarkAborted() => _aborted.TrySetResult();

    internal void MarkCompleted() => _completed.TrySetResult();
}
