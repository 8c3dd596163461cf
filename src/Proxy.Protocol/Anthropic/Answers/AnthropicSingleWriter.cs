using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>Writes a Message (spec/wire-protocols.md 1.3). Blocks of built-in tools of other dialects are left out.</summary>
public sealed class AnthropicSingleWriter(RequestEcho echo) : ISingleAnswerWriter
{
    private readonly CollectedAnswer _answer = new();

    /// <inheritdoc />
    public void Add(AnswerEvent @event) => _answer.Add(@event);

    /// <inheritdoc />
    public void Write(IBufferWriter<byte> output)
    {
        output.Write("{\"id\":"u8);
        output.WriteText(!_answer.Id.IsEmpty ? _answer.Id : JsonText.FromString("msg_" + echo.IdSeed));
        output.Write(",\"type\":\"message\",\"role\":\"assistant\",\"model\":"u8);
        output.WriteText(echo.ModelFor(_answer.Model));
        output.Write(",\"content\":["u8);
        var isFirst = true;
        var hasCalledTool = false;
        foreach (var block in _answer.Blocks)
        {
            if (IsWorthTelling(block))
            {
                output.Write(isFirst ? ""u8 : ","u8);
                isFirst = false;
                hasCalledTool |= block.Kind is BlockKind.ToolCall or BlockKind.CustomToolCall;
                WriteBlock(block, output);
            }
        }

        var reason = _answer.Reason == StopReason.ToolUse && !hasCalledTool ? StopReason.EndTurn : _answer.Reason;
        output.Write("],\"stop_reason\":\""u8);
        output.Write(AnthropicStopReasons.Word(reason));
        output.Write("\",\"stop_sequence\":"u8);
        output.WriteText(_answer.StopSequence);
        output.Write(",\"usage\":"u8);
        AnthropicUsage.Write(_answer.Usage, output);
        output.Write("}"u8);
    }

    private static bool IsWorthTelling(CollectedBlock block) => block.Kind switch
    {
        BlockKind.Foreign => block.Search is not null,
        BlockKind.Text or BlockKind.Refusal => !block.IsSilent,
        BlockKind.Reasoning => !block.IsSilent || block.Signature.IsPresent,
        _ => true,
    };

    private void WriteBlock(CollectedBlock block, IBufferWriter<byte> output)
    {
        if (block.Search is { } told)
        {
            var search = AnthropicSearch.Of(told, echo);
            search.WriteCall(withInput: true, output);
            output.Write(","u8);
            search.WriteResult(output);
            return;
        }

        switch (block.Kind)
        {
            case BlockKind.Reasoning:
                output.Write("{\"type\":\"thinking\",\"thinking\":"u8);
                output.WriteText(block.Words);
                output.Write(",\"signature\":"u8);
                output.WriteText(block.Signature.IsPresent ? block.Signature : JsonText.Empty);
                break;
            case BlockKind.RedactedReasoning:
                output.Write("{\"type\":\"redacted_thinking\",\"data\":"u8);
                output.WriteText(block.Opaque.IsPresent ? block.Opaque : JsonText.Empty);
                break;
            case BlockKind.ToolCall or BlockKind.CustomToolCall:
                output.Write("{\"type\":\"tool_use\",\"id\":"u8);
                output.WriteText(block.CallId.IsEmpty ? echo.MadeUpId("toolu", block.Id) : AnthropicPieces.ToolId(block.CallId));
                output.Write(",\"name\":"u8);
                output.WriteText(echo.ClientName(block.Name));
                output.Write(",\"input\":"u8);
                WriteInput(block, output);
                break;
            default:
                output.Write("{\"type\":\"text\",\"text\":"u8);
                output.WriteText(block.Words);
                break;
        }

        output.Write("}"u8);
    }

    /// <summary>The arguments as the object that they are the text of, digit for digit (E133); <c>{}</c> when they are none (spec/protocols.md 3.7).</summary>
    private static void WriteInput(CollectedBlock block, IBufferWriter<byte> output)
    {
        if (block.Kind == BlockKind.CustomToolCall)
        {
            output.Write("{\"input\":"u8);
            output.WriteText(block.Words);
            output.Write("}"u8);
            return;
        }

        output.Write(JsonEscapes.Unescape(block.Words.Quoted.Span) is { } json && IsObject(json) ? json : "{}"u8);
    }

    private static bool IsObject(byte[] json)
    {
        try
        {
            var cursor = new JsonCursor(json);
            var isObject = cursor.IsObject;
            cursor.Finish();
            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
