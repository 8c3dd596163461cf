using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.OpenAIChat.Requests;

/// <summary>Reads the ways in which chat clients ask for reasoning (spec/protocols.md 1.3, 1.5).</summary>
internal struct ChatThinking
{
    private JsonText _effort;
    private JsonText _nestedEffort;
    private JsonText _summary;
    private ThinkingWish? _budget;
    private bool? _visible;
    private bool _hidden;

    /// <summary>Takes the member if it is one of reasoning.</summary>
    public bool TryRead(ref JsonCursor cursor)
    {
        if (cursor.NameIs("reasoning_effort"u8))
        {
            _effort = cursor.Text();
            return true;
        }

        if (cursor.NameIs("include_reasoning"u8))
        {
            _visible = cursor.Boolean();
            return true;
        }

        if (cursor.NameIs("thinking"u8))
        {
            ReadBudget(ref cursor);
            return true;
        }

        if (!cursor.NameIs("reasoning"u8))
        {
            return false;
        }

        if (cursor.EnterObject())
        {
            while (cursor.NextMember())
            {
                ReadMember(ref cursor);
            }
        }

        return true;
    }

    public readonly void Apply(ConversationDraft draft)
    {
        var effort = _effort.IsBlank() ? _nestedEffort : _effort;
        draft.Thinking = effort.IsBlank() ? _budget : Thinking.FromLevel(effort.ToString());
        draft.ReasoningVisibility =
            _hidden || _visible == false || draft.Thinking?.Mode == ThinkingMode.None ? ReasoningVisibility.Hidden
            : _summary.ValueEquals("concise"u8) ? ReasoningVisibility.Concise
            : _summary.ValueEquals("detailed"u8) ? ReasoningVisibility.Detailed
            : draft.Thinking is not null || _visible == true || _summary.IsPresent ? ReasoningVisibility.Auto
            : ReasoningVisibility.Unspecified;
    }

    /// <summary>What some clients send to any server whose model may be a Claude: on with a budget, on, or off.</summary>
    private void ReadBudget(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        JsonText type = default;
        long? budget = null;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("budget_tokens"u8))
            {
                budget = cursor.Int64();
            }
        }

        _budget = type.ValueEquals("disabled"u8) ? new ThinkingWish(ThinkingMode.None)
            : type.ValueEquals("enabled"u8) && budget is { } tokens ? Thinking.FromBudget(tokens)
            : type.ValueEquals("enabled"u8) || type.ValueEquals("adaptive"u8) ? new ThinkingWish(ThinkingMode.Auto)
            : null;
    }

    private void ReadMember(ref JsonCursor cursor)
    {
        if (cursor.NameIs("effort"u8))
        {
            _nestedEffort = cursor.Text();
        }
        else if (cursor.NameIs("summary"u8) || cursor.NameIs("generate_summary"u8))
        {
            _hidden |= cursor.IsNull;
            _summary = cursor.Text();
            _hidden |= _summary.ValueEquals("none"u8);
        }
        else if (cursor.NameIs("exclude"u8))
        {
            _hidden |= cursor.Boolean() ?? false;
        }
        else if (cursor.NameIs("enabled"u8))
        {
            _visible = cursor.Boolean();
        }
    }
}
