using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>Reads a Message (spec/wire-protocols.md 1.3).</summary>
public sealed class AnthropicSingleReader : SingleAnswerReader
{
    /// <inheritdoc />
    protected override void ReadBody(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events)
    {
        JsonText id = default, model = default, stopReason = default, stopSequence = default;
        var content = default(JsonRaw);
        var usage = Usage.Unknown;
        var hasError = false;
        var cursor = new JsonCursor(body);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("model"u8))
            {
                model = cursor.Text();
            }
            else if (cursor.NameIs("content"u8))
            {
                content = cursor.Raw();
            }
            else if (cursor.NameIs("stop_reason"u8))
            {
                stopReason = cursor.Text();
            }
            else if (cursor.NameIs("stop_sequence"u8))
            {
                stopSequence = cursor.Text();
            }
            else if (cursor.NameIs("usage"u8))
            {
                usage = AnthropicUsage.Read(ref cursor);
            }
            else if (cursor.NameIs("error"u8))
            {
                hasError = !cursor.IsNull;
            }
        }

        cursor.Finish();
        if (hasError || !content.IsArray)
        {
            events.Add(new AnswerFailed(hasError ? UpstreamErrorReader.Read(body) : UpstreamErrorReader.Unreadable(body)));
            return;
        }

        // Parsed before the first event is told, so that a broken block leaves no half answer behind.
        var blocks = new List<AnthropicBlock>();
        var elements = new JsonCursor(content.Utf8);
        for (var inside = elements.EnterArray(); inside && elements.NextElement();)
        {
            blocks.Add(AnthropicBlock.Read(elements.Raw()));
        }

        events.Add(new AnswerStarted(id, model, null, usage));
        for (var i = 0; i < blocks.Count; i++)
        {
            Tell(i, blocks[i], events);
        }

        var reason = stopReason.IsPresent ? AnthropicStopReasons.Read(stopReason)
            : blocks.Exists(block => block.Kind == BlockKind.ToolCall) ? StopReason.ToolUse
            : StopReason.EndTurn;
        events.Add(new AnswerEnded(reason, stopSequence, usage));
    }

    private static void Tell(int id, in AnthropicBlock block, ICollection<AnswerEvent> events)
    {
        events.Add(block.Open(id));
        var words = block.Kind == BlockKind.ToolCall ? block.InputText : block.Words;
        if (!words.IsEmpty)
        {
            events.Add(new BlockDelta(id, words));
        }

        if (block.Citations.IsArray)
        {
            var citations = new JsonCursor(block.Citations.Utf8);
            for (var inside = citations.EnterArray(); inside && citations.NextElement();)
            {
                events.Add(new BlockAnnotated(id, Citation.Read(citations.Raw())));
            }
        }

        events.Add(new BlockClosed(id, block.Kind == BlockKind.Reasoning && !block.Signature.IsEmpty ? block.Signature : default));
    }
}
