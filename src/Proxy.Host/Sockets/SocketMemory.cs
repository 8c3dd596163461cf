using Proxy.Host.Doors;

namespace Proxy.Host.Sockets;

/// <summary>
/// What one socket may hold, and holds, of the process's budget for request bodies: the message that comes in, and besides
/// the turn that runs and what is remembered of those before. A socket lives for hours; without it a few of them could take
/// all memory that no request may.
/// </summary>
/// <param name="limit">The most bytes of a message, and of a turn with its history.</param>
/// <param name="bodies">The budget's use.</param>
/// <param name="budget">The budget.</param>
internal sealed class SocketMemory(long limit, Admission bodies, Func<long> budget) : IDisposable
{
    /// <summary>The most bytes of a message, and of a turn with its history.</summary>
    public long Limit => limit;

    /// <summary>The message that comes in. Of the task that reads.</summary>
    public Admitted Message { get; } = new(bodies, budget);

    /// <summary>The turn that runs, and the history. Of the task that serves.</summary>
    public Admitted Turn { get; } = new(bodies, budget);

    /// <inheritdoc />
    public void Dispose()
    {
        Message.Dispose();
        Turn.Dispose();
    }
}
