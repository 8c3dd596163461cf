using Akka.Actor;
using Proxy.Actors.Diagnostics;

namespace Proxy.Actors.Ledger;

/// <summary>
/// <c>/user/ledger</c>: answers for the ledger. Rows never pass through its mailbox: they go into the bounded queue, and
/// the writer's own task drains that, so that a slow disk holds up nobody.
/// </summary>
internal sealed class LedgerActor(LedgerQueue queue, LedgerWriter writer) : UntypedActor
{
    /// <summary>How to make one.</summary>
    public static Props Props(LedgerQueue queue, LedgerWriter writer) => Akka.Actor.Props.Create(() => new LedgerActor(queue, writer));

    /// <inheritdoc />
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case GetState: Sender.Tell(new LedgerView(queue.WaitingRows, writer.Written, queue.Dropped, writer.Lost)); break;
            default: Unhandled(message); break;
        }
    }
}

/// <summary>The ledger's state, for <c>/debug/actors</c>.</summary>
/// <param name="Waiting">Rows not written yet.</param>
/// <param name="Written">Rows written since the process began.</param>
/// <param name="Dropped">Rows that did not fit into the queue.</param>
/// <param name="Lost">Rows that the database did not take.</param>
public sealed record LedgerView(int Waiting, long Written, long Dropped, long Lost);
