using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>Reads a chat completion (spec/wire-protocols.md 2.2): reasoning first, then text, then calls (spec/protocols.md 7.3).</summary>
public sealed class ChatSingleReader : SingleAnswerReader
{
    /// <inheritdoc />
    protected override void ReadBody(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events)
    {
        var completion = ChatChunk.Read(body, "message"u8);
        if (completion.IsError)
        {
            events.Add(new AnswerFailed(UpstreamErrorReader.Read(body)));
            return;
        }

        if (!completion.HasChoice && !completion.Id.IsPresent && completion.Usage is null)
        {
            events.Add(new AnswerFailed(UpstreamErrorReader.Unreadable(body)));
            return;
        }

        var usage = completion.Usage ?? Usage.Unknown;
        events.Add(new AnswerStarted(completion.Id, completion.Model, completion.Created, usage));
        var next = 0;
        Func<int> nextBlock = () => next++;
        Say(BlockKind.Reasoning, completion.Delta.Thoughts, nextBlock, events);
        Say(BlockKind.Text, completion.Delta.Content, nextBlock, events, completion.Delta);
        Say(BlockKind.Refusal, new JsonRaw(completion.Delta.Refusal.Quoted), nextBlock, events);
        var hasCalls = false;
        if (completion.Delta.ToolCalls.IsArray)
        {
            var entries = new JsonCursor(completion.Delta.ToolCalls.Utf8);
            var index = 0;
            for (var inside = entries.EnterArray(); inside && entries.NextElement(); index++)
            {
                var call = new ChatOpenCall(index);
                call.Take(ChatToolCall.Read(ref entries), nextBlock, events);
                hasCalls |= call.Close(nextBlock, events);
            }
        }

        var reason = ChatFinishReasons.Read(completion.FinishReason, hasCalls, !completion.Delta.Refusal.IsEmpty);
        events.Add(new AnswerEnded(reason, default, usage));
    }

    private static void Say(BlockKind kind, JsonRaw words, Func<int> nextBlock, ICollection<AnswerEvent> events, in ChatDelta cited = default)
    {
        var block = -1;
        if (words.IsString)
        {
            Add(words.AsText());
        }
        else if (words.IsArray)
        {
            var parts = new JsonCursor(words.Utf8);
            for (var inside = parts.EnterArray(); inside && parts.NextElement();)
            {
                Add(ChatWords.Read(ref parts));
            }
        }

        if (block >= 0)
        {
            cited.Cite(block, events);
            events.Add(new BlockClosed(block));
        }

        void Add(JsonText fragment)
        {
            if (fragment.IsEmpty)
            {
                return;
            }

            if (block < 0)
            {
                block = nextBlock();
                events.Add(new BlockOpened(block, kind));
            }

            events.Add(new BlockDelta(block, fragment));
        }
    }
}
