using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIChat.Answers;

/// <summary>Writes a chat completion (spec/wire-protocols.md 2.2): all text joined, all reasoning joined, the calls in order.</summary>
public sealed class ChatSingleWriter(RequestEcho echo) : ISingleAnswerWriter
{
    private readonly CollectedAnswer _answer = new();

    /// <inheritdoc />
    public void Add(AnswerEvent @event) => _answer.Add(@event);

    /// <inheritdoc />
    public void Write(IBufferWriter<byte> output)
    {
        var hasCalls = _answer.Has(BlockKind.ToolCall) || _answer.Has(BlockKind.CustomToolCall);
        var text = Joined(BlockKind.Text);
        var refusal = Joined(BlockKind.Refusal);
        var reasoning = Joined(BlockKind.Reasoning);
        ChatPieces.WriteMembers("chat.completion"u8, _answer.Id, _answer.CreatedAt, _answer.Model, echo, output);
        output.Write(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"u8);

        // null instead of "" where calls or a refusal speak (spec/protocols.md 5.3).
        output.WriteText(text.IsEmpty && (hasCalls || !refusal.IsEmpty) ? default : text.ToText());
        output.Write(",\"refusal\":"u8);
        output.WriteText(refusal.IsEmpty ? default : refusal.ToText());
        if (!reasoning.IsEmpty)
        {
            output.Write(",\"reasoning_content\":"u8);
            output.WriteText(reasoning.ToText());
        }

        WriteCitations(output);
        if (hasCalls)
        {
            WriteCalls(output);
        }

        output.Write("},\"logprobs\":null,\"finish_reason\":\""u8);
        output.Write(ChatFinishReasons.Word(_answer.Reason, hasCalls, !refusal.IsEmpty));
        output.Write("\"}],\"usage\":"u8);
        ChatUsage.Write(_answer.Usage, output);
        output.Write("}"u8);
    }

    private void WriteCitations(IBufferWriter<byte> output)
    {
        var start = 0;
        var isFirst = true;
        foreach (var block in _answer.Blocks)
        {
            if (block.Kind != BlockKind.Text)
            {
                continue;
            }

            var end = start + ChatPieces.LengthOf(block.Words);
            foreach (var citation in block.Citations)
            {
                output.Write(isFirst ? ",\"annotations\":["u8 : ","u8);
                isFirst = false;
                ChatPieces.WriteCitation(citation, start, end, output);
            }

            start = end;
        }

        output.Write(isFirst ? default : "]"u8);
    }

    private FragmentBuffer Joined(BlockKind kind)
    {
        var joined = new FragmentBuffer();
        foreach (var block in _answer.Blocks)
        {
            if (block.Kind == kind)
            {
                joined.Add(block.Words);
            }
        }

        return joined;
    }

    private void WriteCalls(IBufferWriter<byte> output)
    {
        output.Write(",\"tool_calls\":["u8);
        var isFirst = true;
        foreach (var block in _answer.Blocks)
        {
            if (block.Kind is BlockKind.ToolCall or BlockKind.CustomToolCall)
            {
                output.Write(isFirst ? ""u8 : ","u8);
                isFirst = false;
                WriteCall(block, output);
            }
        }

        output.Write("]"u8);
    }

    private void WriteCall(CollectedBlock block, IBufferWriter<byte> output)
    {
        var name = echo.ClientName(block.Name);
        var isWrapped = block.Kind == BlockKind.ToolCall && echo.IsCustomTool(name);
        output.Write("{\"id\":"u8);
        output.WriteText(block.CallId.IsEmpty ? echo.MadeUpId("call", block.Id) : block.CallId);
        if (isWrapped || block.Kind == BlockKind.CustomToolCall)
        {
            output.Write(",\"type\":\"custom\",\"custom\":{\"name\":"u8);
            output.WriteText(name);
            output.Write(",\"input\":"u8);
            output.WriteText(isWrapped ? ToolCalls.UnwrapInput(block.Parts[0]) : block.Words);
        }
        else
        {
            output.Write(",\"type\":\"function\",\"function\":{\"name\":"u8);
            output.WriteText(name);
            output.Write(",\"arguments\":"u8);
            output.Write(block.IsSilent ? "\"{}\""u8 : block.Words.Quoted.Span);
        }

        output.Write("}}"u8);
    }
}
