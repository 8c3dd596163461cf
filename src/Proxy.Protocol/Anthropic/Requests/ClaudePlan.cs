using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>One content block to be: a part or an item, and the breakpoint behind it.</summary>
internal sealed class ClaudeBlock(object source, JsonRaw breakpoint)
{
    /// <summary>A content part, a reasoning item, a call or a result.</summary>
    public object Source { get; } = source;

    /// <summary><c>cache_control</c>; absent without one.</summary>
    public JsonRaw Breakpoint { get; set; } = breakpoint;
}

/// <summary>One turn to be.</summary>
internal sealed record ClaudeTurn(bool IsAssistant, List<ClaudeBlock> Blocks);

/// <summary>
/// What a body for Claude will hold: system blocks, and turns that alternate, with results in front and calls at the end
/// of theirs, no block empty (spec/protocols.md 5.1, 6.1).
/// </summary>
internal sealed class ClaudePlan
{
    private static readonly TextPart Filler = new(JsonText.FromString("."));

    public List<ClaudeBlock> System { get; } = [];

    public List<ClaudeTurn> Turns { get; } = [];

    /// <summary>Breakpoints of the tools, by their place.</summary>
    public JsonRaw[] ToolBreakpoints { get; private init; } = [];

    /// <summary>The last turn answers a call whose own turn does not begin with thinking.</summary>
    public bool EndsInToolLoopWithoutThinking
    {
        get
        {
            if (Turns.Count < 2 || Turns[^1].IsAssistant || Turns[^1].Blocks[0].Source is not ToolResultItem)
            {
                return false;
            }

            return Turns[^2].Blocks[0].Source is not ReasoningItem;
        }
    }

    public static ClaudePlan Of(Conversation conversation, WriteContext context, List<ToolDeclaration> tools, out RequestProblem? problem)
    {
        var plan = new ClaudePlan { ToolBreakpoints = [.. tools.Select(static tool => tool.CacheControl)] };
        var history = new List<ConversationItem>(conversation.Items.Count);
        problem = plan.AddSystem(conversation, context, history);
        if (problem is null)
        {
            foreach (var item in Conversations.Turns.Pair(history, context))
            {
                plan.AddItem(item, context);
            }

            plan.Finish();
        }

        return plan;
    }

    /// <summary>Instructions become system blocks, wherever they stand (spec/protocols.md E4, E6); the rest is history.</summary>
    private RequestProblem? AddSystem(Conversation conversation, WriteContext context, List<ConversationItem> history)
    {
        if (!string.IsNullOrWhiteSpace(context.SystemPreamble))
        {
            System.Add(new ClaudeBlock(new TextPart(JsonText.FromString(context.SystemPreamble)), default));
        }

        foreach (var item in conversation.Items)
        {
            if (item is ForeignItem foreign && foreign.Type.ValueEquals("item_reference"u8))
            {
                return ItemReferences.Unknown(foreign.Id.ToString());
            }

            if (item is not MessageItem { Role: Role.System or Role.Developer } message)
            {
                history.Add(item);
                continue;
            }

            foreach (var part in message.Parts)
            {
                if (part is not TextPart text)
                {
                    var type = part switch { ImagePart => "image", FilePart => "file", ForeignPart other => other.Type.ToString(), _ => "refusal" };
                    return new RequestProblem($"system.{System.Count}.type: Input should be 'text', not '{type}'", "system");
                }

                if (!text.Text.IsBlank())
                {
                    System.Add(new ClaudeBlock(text, text.CacheControl));
                }
            }
        }

        return null;
    }

    private void AddItem(ConversationItem item, WriteContext context)
    {
        switch (item)
        {
            case MessageItem message:
                foreach (var part in message.Parts)
                {
                    if (IsCarried(part, message.Role == Role.Assistant, context))
                    {
                        Add(message.Role == Role.Assistant, part, part.CacheControl);
                    }
                }

                break;
            case ReasoningItem reasoning when !context.StripReasoning && Own(reasoning) is { } own:
                Add(isAssistant: true, own, default);
                break;
            case ToolCallItem call:
                Add(isAssistant: true, call, call.CacheControl);
                break;
            case ToolResultItem result:
                Add(isAssistant: false, result, result.CacheControl);
                break;
            default:
                context.Lose("reasoning of another model, or a built-in item");
                break;
        }
    }

    /// <summary>The item with its signature as Claude wrote it; null when it is not Claude's.</summary>
    private static ReasoningItem? Own(ReasoningItem reasoning)
    {
        if (!reasoning.Redacted.IsEmpty)
        {
            return reasoning;
        }

        return ReasoningSignature.Classify(reasoning.Signature, out var signature) == ReasoningFamily.Claude ? reasoning with { Signature = signature } : null;
    }

    /// <summary>Whether a part can stand in a message or a tool result for Claude.</summary>
    internal static bool IsCarried(ContentPart part, bool isAssistant, WriteContext? context)
    {
        var carried = part switch
        {
            TextPart text => !text.Text.IsBlank(),
            RefusalPart refusal => !refusal.Text.IsBlank(),
            ImagePart { Source.FileId.IsPresent: false } => !isAssistant,
            FilePart { Source.FileId.IsPresent: false } => !isAssistant,
            _ => false,
        };
        if (!carried && part is not (TextPart or RefusalPart))
        {
            context?.Lose("a content part of another dialect");
        }

        return carried;
    }

    private void Add(bool isAssistant, object source, JsonRaw breakpoint)
    {
        if (Turns.Count == 0 || Turns[^1].IsAssistant != isAssistant)
        {
            Turns.Add(new ClaudeTurn(isAssistant, []));
        }

        Turns[^1].Blocks.Add(new ClaudeBlock(source, breakpoint));
    }

    private void Finish()
    {
        foreach (var turn in Turns)
        {
            // results answer the turn before; calls must stand next to their results (spec/protocols.md E14)
            MoveTogether(turn.Blocks, turn.IsAssistant ? static block => block.Source is not ToolCallItem : static block => block.Source is ToolResultItem);
        }

        if (Turns.Count == 0 || Turns[0].IsAssistant)
        {
            // a conversation begins with the user, who may have said nothing (spec/protocols.md E5)
            Turns.Insert(0, new ClaudeTurn(IsAssistant: false, [new ClaudeBlock(Filler, default)]));
        }
    }

    private static void MoveTogether(List<ClaudeBlock> blocks, Func<ClaudeBlock, bool> isFirst)
    {
        var ordered = blocks.Where(isFirst).Concat(blocks.Where(block => !isFirst(block))).ToList();
        blocks.Clear();
        blocks.AddRange(ordered);
    }
}
