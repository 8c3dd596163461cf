using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Reads <c>thinking</c> and <c>output_config</c>, which mean something only together (spec/protocols.md 1.3, 1.5).</summary>
internal struct AnthropicThinking
{
    private JsonText _type;
    private JsonText _display;
    private JsonText _effort;
    private long? _budget;

    public void ReadThinking(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                _type = cursor.Text();
            }
            else if (cursor.NameIs("budget_tokens"u8))
            {
                _budget = cursor.Int64();
            }
            else if (cursor.NameIs("display"u8))
            {
                _display = cursor.Text();
            }
        }
    }

    public void ReadOutputConfig(ref JsonCursor cursor, ConversationDraft draft)
    {
        if (!cursor.EnterObject())
        {
            return;
        }

        while (cursor.NextMember())
        {
            if (cursor.NameIs("effort"u8))
            {
                _effort = cursor.Text();
            }
            else if (cursor.NameIs("format"u8))
            {
                draft.OutputFormat = ReadFormat(ref cursor) ?? draft.OutputFormat;
            }
        }
    }

    public static OutputFormat? ReadFormat(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject())
        {
            return null;
        }

        JsonText type = default;
        JsonRaw schema = default;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("schema"u8))
            {
                schema = cursor.RawOrAbsent();
            }
        }

        return type.ValueEquals("json_schema"u8) && schema.IsObject ? new OutputFormat(OutputFormatKind.JsonSchema, Schema: schema) : null;
    }

    public readonly void Apply(ConversationDraft draft)
    {
        if (_type.ValueEquals("disabled"u8))
        {
            draft.Thinking = new ThinkingWish(ThinkingMode.None);
            draft.ReasoningVisibility = ReasoningVisibility.Hidden;
            return;
        }

        var effort = _effort.IsBlank() ? null : Thinking.FromLevel(_effort.ToString());
        if (_type.ValueEquals("enabled"u8))
        {
            draft.Thinking = _budget is { } budget ? Thinking.FromBudget(budget) : effort ?? new ThinkingWish(ThinkingMode.Auto);
        }
        else if (_type.ValueEquals("adaptive"u8) || _type.ValueEquals("auto"u8))
        {
            // adaptive without a word is the most that other families can be asked for (spec/protocols.md 1.3)
            draft.Thinking = effort ?? new ThinkingWish(ThinkingMode.Level, "xhigh");
        }
        else
        {
            draft.Thinking = effort;
            return;
        }

        draft.ReasoningVisibility = draft.Thinking.Mode == ThinkingMode.None || _display.ValueEquals("omitted"u8) ? ReasoningVisibility.Hidden : ReasoningVisibility.Auto;
    }
}
