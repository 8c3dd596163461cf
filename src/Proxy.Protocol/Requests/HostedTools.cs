using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Tools that the backend runs itself: it refuses the preview names that other gateways take (spec/protocols.md E44).</summary>
internal static class HostedTools
{
    /// <summary>Reads a list of tools; true when there is at least one.</summary>
    public static bool ReadAll(ref Utf8JsonReader reader, JsonEdits edits)
    {
        var any = false;
        while (JsonWalk.NextElement(ref reader))
        {
            any = true;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                Read(ref reader, edits);
            }
            else
            {
                reader.Skip();
            }
        }

        return any;
    }

    /// <summary>Reads a tool, or a tool choice, which may hold tools (spec/protocols.md E44).</summary>
    public static void Read(ref Utf8JsonReader reader, JsonEdits edits)
    {
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "type" && reader.TokenType == JsonTokenType.String
                && (reader.ValueTextEquals("web_search_preview"u8) || reader.ValueTextEquals("web_search_preview_2025_03_11"u8)))
            {
                edits.Replace(JsonWalk.Skip(ref reader), "\"web_search\""u8.ToArray());
            }
            else if (name == "tools" && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadAll(ref reader, edits);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
