using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in an Anthropic Messages body.</summary>
internal sealed class AnthropicLayout : RequestLayout
{
    /// <summary>An edit that the client asks the provider to make of the context.</summary>
    public readonly record struct ContextEdit(JsonSpan Span, bool ClearsThinking);

    /// <summary>Makes the layout of a body.</summary>
    public AnthropicLayout(ReadOnlyMemory<byte> body)
        : base(body) => Turns = new AnthropicTurns(body, Session);

    /// <summary><c>messages</c>.</summary>
    public AnthropicTurns Turns { get; }

    /// <summary>The value of <c>betas</c>.</summary>
    public List<string> Betas { get; } = [];

    /// <summary><c>max_tokens</c>; null when not told.</summary>
    public long? MaxTokens { get; private set; }

    /// <summary><c>tool_choice</c> forces a tool: thinking is then refused.</summary>
    public bool ForcesTool { get; private set; }

    /// <summary><c>thinking.type</c> is <c>enabled</c>: a last tool loop must then begin with thinking.</summary>
    public bool EnablesThinking { get; private set; }

    /// <summary>The value of <c>thinking.display</c>.</summary>
    public JsonSpan ThinkingDisplay { get; private set; }

    /// <summary>The members of <c>output_config</c>.</summary>
    public List<JsonMember> OutputConfig { get; } = [];

    /// <summary>The elements of <c>context_management.edits</c>.</summary>
    public List<ContextEdit> ContextEdits { get; } = [];

    /// <summary>Offset of their bracket.</summary>
    public int ContextEditsStart { get; private set; }

    /// <inheritdoc />
    protected override void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "messages":
                Turns.Read(ref reader);
                HasReasoning |= Turns.ReasoningTurns.Count > 0;
                if (Turns.Problem is { } problem)
                {
                    Fail(problem, "messages");
                }

                break;
            case "system":
                OpeningTexts.Read(ref reader, Session, areSystem: true);
                break;
            case "metadata":
                Session.ReadMetadata(ref reader);
                break;
            case "betas":
                ReadBetas(ref reader);
                break;
            case "max_tokens":
                MaxTokens = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var max) ? max : null;
                reader.Skip();
                break;
            case "tool_choice" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    ForcesTool |= member == "type" && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("any"u8) || reader.ValueTextEquals("tool"u8));
                    reader.Skip();
                }

                break;
            case "thinking" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    EnablesThinking |= member == "type" && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("enabled"u8);
                    var value = JsonWalk.Skip(ref reader);
                    ThinkingDisplay = member == "display" ? value : ThinkingDisplay;
                }

                break;
            case "output_config" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out var start))
                {
                    OutputConfig.Add(new JsonMember(member, start, JsonWalk.Skip(ref reader)));
                }

                break;
            case "context_management" when reader.TokenType == JsonTokenType.StartObject:
                ReadContextManagement(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <inheritdoc />
    protected override void Check()
    {
        if (!Member("messages").Value.IsPresent)
        {
            Fail("messages is required", "messages");
        }
    }

    private void ReadContextManagement(ref Utf8JsonReader reader)
    {
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name != "edits" || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            ContextEditsStart = (int)reader.TokenStartIndex;
            while (JsonWalk.NextElement(ref reader))
            {
                var start = (int)reader.TokenStartIndex;
                var clears = false;
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    while (JsonWalk.NextMember(ref reader, out var member, out _))
                    {
                        clears |= member == "type" && (ReadType(ref reader)?.StartsWith("clear_thinking", StringComparison.Ordinal) ?? false);
                        reader.Skip();
                    }
                }
                else
                {
                    reader.Skip();
                }

                ContextEdits.Add(new ContextEdit(new JsonSpan(start, (int)reader.BytesConsumed), clears));
            }
        }

        static string? ReadType(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }

    private void ReadBetas(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            Betas.AddRange((reader.GetString() ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (JsonWalk.NextElement(ref reader))
            {
                if (ReadString(ref reader) is { Length: > 0 } beta)
                {
                    Betas.Add(beta.Trim());
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }
}
