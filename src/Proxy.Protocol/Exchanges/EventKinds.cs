using Proxy.Protocol.Answers;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// What the events of one frame mean to the commit gate: the same as the tables of the dialects say of the frame
/// (docs/architecture.md, "Commit gate"). A start of words without a word is handshake; a call's start is content.
/// </summary>
internal static class EventKinds
{
    public static FrameKind Of(List<AnswerEvent> events)
    {
        var kind = FrameKind.Noise;
        foreach (var @event in events)
        {
            var its = Of(@event);
            kind = its > kind ? its : kind;
        }

        return kind;
    }

    private static FrameKind Of(AnswerEvent @event) => @event switch
    {
        AnswerFailed => FrameKind.Error,
        AnswerEnded => FrameKind.Terminal,
        BlockDelta or BlockAnnotated or SearchTold => FrameKind.Content,
        BlockOpened opened => opened.Kind is BlockKind.Text or BlockKind.Refusal or BlockKind.Reasoning ? FrameKind.Handshake : FrameKind.Content,
        BlockClosed closed => closed.Signature.IsEmpty ? FrameKind.Handshake : FrameKind.Content,
        _ => FrameKind.Handshake,
    };
}
