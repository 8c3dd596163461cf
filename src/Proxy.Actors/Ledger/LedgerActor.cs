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
            case GetState: Sender.Tell(new LedgerView(queue.Options.Enabled, queue.WaitingRows, writer.Written, queue.Dropped, writer.Lost, writer.FileSize, writer.LastTrouble)); break;
            default: Unhandled(message); break;
        }
    }
}

/// <summary>The ledger's state, for <c>/debug/actors</c>.</summary>
/// <param name="Enabled">Attempts are recorded.</param>
/// <param name="Waiting">Rows not written yet.</param>
/// <param name="Written">Rows written since the process began.</param>
/// <param name="Dropped">Rows that did not fit into the queue.</param>
/// <param name="Lost">Rows that the database did not take.</param>
/// <param name="FileBytes">Size of the file after the last batch.</param>
/// <param name="LastTrouble">The last thing that went wrong; absent when nothing did.</param>
public sealed record LedgerView(bool Enabled, int Waiting, long Written, long Dropped, long Lost, long FileBytes, LedgerTrouble? LastTrouble);
