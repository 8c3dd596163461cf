using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>Writes a response object (spec/wire-protocols.md 3.2): the one that the stream's last event would hold.</summary>
public sealed class ResponsesSingleWriter(RequestEcho echo) : ISingleAnswerWriter
{
    private readonly CollectedAnswer _answer = new();

    /// <inheritdoc />
    public void Add(AnswerEvent @event) => _answer.Add(@event);

    /// <inheritdoc />
    public void Write(IBufferWriter<byte> output)
    {
        var envelope = new ResponseEnvelope(_answer.Id, _answer.CreatedAt, echo);
        var items = new ResponsesOutput(envelope, echo);
        OutputMessage? message = null;
        foreach (var block in _answer.Blocks)
        {
            if (block.Kind is BlockKind.Text or BlockKind.Refusal)
            {
                if (!block.IsSilent)
                {
                    message ??= items.AddMessage();
                    AddPart(message, block);
                }
            }
            else if (block.Kind != BlockKind.Foreign)
            {
                message = null;
                AddItem(items, block);
            }
        }

        foreach (var item in items.Items)
        {
            item.IsDone = true;
        }

        envelope.WriteFinal(_answer.Reason, _answer.Blocks.Any(block => block.Kind == BlockKind.Refusal && !block.IsSilent), items.Items, _answer.Usage, output);
    }

    private static void AddPart(OutputMessage message, CollectedBlock block)
    {
        var part = new OutputPart(message, message.Parts.Count, block.Kind == BlockKind.Refusal);
        part.Words.Add(block.Words);
        part.Citations.AddRange(block.Citations);
        message.Parts.Add(part);
    }

    private static void AddItem(ResponsesOutput items, CollectedBlock block)
    {
        switch (block.Kind)
        {
            case BlockKind.Reasoning:
                var reasoning = items.AddReasoning();
                reasoning.Parts.AddRange(block.Parts);
                reasoning.EncryptedContent = block.Signature;
                break;
            case BlockKind.RedactedReasoning:
                items.AddReasoning().EncryptedContent = ReasoningCarrier.Wrap(block.Opaque);
                break;
            default:
                var call = items.AddCall(block.Id, block.Kind, block.CallId, block.Name, block.IsNameMadeUp);
                call.Input = call.IsCustom && block.Kind == BlockKind.ToolCall ? ToolCalls.UnwrapInput(block.Parts[0])
                    : block.IsSilent && !call.IsCustom ? ResponsesPieces.NoArguments
                    : block.Words;
                break;
        }
    }
}
