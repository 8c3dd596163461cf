using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Where things lie in a Chat Completions body.</summary>
internal sealed class ChatLayout(ReadOnlyMemory<byte> body) : RequestLayout(body)
{
    /// <summary>The client asked for its usage in a last chunk.</summary>
    public bool IncludesUsage { get; private set; }

    /// <summary><c>reasoning_effort</c>; null when absent or no string.</summary>
    public string? Effort { get; private set; }

    /// <summary>No <c>messages</c>, but the members of a Responses body (spec/protocols.md E20).</summary>
    public bool IsResponsesShaped => !Member("messages").Value.IsPresent && (Member("input").Value.IsPresent || Member("instructions").Value.IsPresent);

    /// <inheritdoc />
    protected override void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "messages":
                ReadMessages(ref reader);
                break;
            case "prompt_cache_key":
                Session.PromptCacheKey = ReadString(ref reader);
                break;
            case "conversation_id":
                Session.ConversationId = ReadString(ref reader);
                break;
            case "metadata":
                Session.ReadMetadata(ref reader);
                break;
            case "reasoning_effort":
                Effort = ReadString(ref reader);
                break;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                while (JsonWalk.NextMember(ref reader, out var member, out _))
                {
                    IncludesUsage |= member == "include_usage" && reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                }

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

    private void ReadMessages(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Fail("messages must be an array", "messages");
            reader.Skip();
            return;
        }

        for (var i = 0; JsonWalk.NextElement(ref reader); i++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Fail($"messages[{i}] must be an object", "messages");
                reader.Skip();
            }
            else if (Session.IsOpen)
            {
                ReadOpening(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadOpening(ref Utf8JsonReader reader)
    {
        var role = MessageRole.Other;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "role" && reader.TokenType == JsonTokenType.String)
            {
                role = reader.ValueTextEquals("user"u8) ? MessageRole.User
                    : reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("developer"u8) ? MessageRole.System
                    : MessageRole.Other;
            }
            else if (name == "content")
            {
                OpeningTexts.Read(ref reader, Session);
            }
            else
            {
                reader.Skip();
            }
        }

        Session.EndMessage(role);
    }
}
