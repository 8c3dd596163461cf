using System.Text;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// The terminal event of a Responses stream, read once: usage, and what strict SDKs need mended (spec/protocols.md 4b).
/// </summary>
/// <param name="Response">Where the response object lies in the event's data.</param>
/// <param name="Usage">The usage that it reports.</param>
/// <param name="Edits">What must be mended, by offsets in the data; empty for a good one.</param>
/// <param name="IsError">The payload is an error, whatever the event's name says (spec/protocols.md E167).</param>
internal sealed record ResponsesTerminal(JsonSpan Response, Usage Usage, JsonEdits Edits, bool IsError)
{
    /// <summary>Reads the data; <paramref name="items"/> fill an output that the backend left empty.</summary>
    public static ResponsesTerminal Read(ReadOnlySpan<byte> data, OutputCollector items)
    {
        var edits = new JsonEdits();
        var usage = Usage.Unknown;
        JsonSpan response = default;
        var isError = false;
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "response" && reader.TokenType == JsonTokenType.StartObject)
            {
                var start = (int)reader.TokenStartIndex;
                usage = ReadResponse(ref reader, data, items, edits, ref isError);
                response = new JsonSpan(start, (int)reader.BytesConsumed);
                continue;
            }

            isError |= name == "error" && reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.String);
            isError |= name == "type" && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("response.failed"u8));
            reader.Skip();
        }

        // nothing may follow
        reader.Read();
        return new ResponsesTerminal(response, usage, edits, isError || !response.IsPresent);
    }

    private static Usage ReadResponse(ref Utf8JsonReader reader, ReadOnlySpan<byte> data, OutputCollector items, JsonEdits edits, ref bool isError)
    {
        var start = (int)reader.TokenStartIndex;
        var usage = Usage.Unknown;
        bool hasOutput = false, any = false;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            any = true;
            if (name == "usage" && reader.TokenType == JsonTokenType.StartObject)
            {
                var again = reader;
                usage = UsageReader.Read(ref again, inputIncludesCache: true);
                MendUsage(ref reader, edits);
            }
            else if (name == "output")
            {
                hasOutput = true;
                var again = reader;
                GiveIds(ref again, items, edits);
                var span = JsonWalk.Skip(ref reader);
                if (IsEmpty(span.In(data)) && items.ToArray() is { } rebuilt)
                {
                    edits.Replace(span, rebuilt);
                }
            }
            else
            {
                // an answer that failed is no good one under whatever name its event comes
                isError |= name == "error" && reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.String);
                isError |= name == "status" && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("failed"u8) || reader.ValueTextEquals("cancelled"u8));
                reader.Skip();
            }
        }

        if (!hasOutput && items.ToArray() is { } output)
        {
            edits.Insert(start + 1, (byte[])[.. "\"output\":"u8, .. output, .. any ? ","u8 : default]);
        }

        return usage;
    }

    /// <summary>Both details objects must be there, with their counts.</summary>
    private static void MendUsage(ref Utf8JsonReader reader, JsonEdits edits)
    {
        var start = (int)reader.TokenStartIndex;
        bool hasInput = false, hasOutput = false, any = false;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            any = true;
            if (name == "input_tokens_details")
            {
                hasInput = true;
                MendDetails(ref reader, "cached_tokens", edits);
            }
            else if (name == "output_tokens_details")
            {
                hasOutput = true;
                MendDetails(ref reader, "reasoning_tokens", edits);
            }
            else
            {
                reader.Skip();
            }
        }

        var missing = (hasInput, hasOutput) switch
        {
            (true, true) => string.Empty,
            (true, false) => "\"output_tokens_details\":{\"reasoning_tokens\":0}",
            (false, true) => "\"input_tokens_details\":{\"cached_tokens\":0}",
            _ => "\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens_details\":{\"reasoning_tokens\":0}",
        };
        if (missing.Length > 0)
        {
            edits.Insert(start + 1, Encoding.UTF8.GetBytes(any ? missing + "," : missing));
        }
    }

    /// <summary>Items of the final output that came without the id which their events had (spec/protocols.md 2.5).</summary>
    private static void GiveIds(ref Utf8JsonReader reader, OutputCollector items, JsonEdits edits)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        for (var index = 0L; JsonWalk.NextElement(ref reader); index++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            bool any = false, hasId = false;
            while (JsonWalk.NextMember(ref reader, out var name, out _))
            {
                any = true;
                hasId |= name == "id";
                reader.Skip();
            }

            var id = hasId ? default : items.IdAt(index);
            if (!id.IsEmpty)
            {
                edits.Insert(start + 1, (byte[])[.. "\"id\":"u8, .. id, .. any ? ","u8 : default]);
            }
        }
    }

    private static void MendDetails(ref Utf8JsonReader reader, string count, JsonEdits edits)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            edits.Replace(JsonWalk.Skip(ref reader), Encoding.UTF8.GetBytes($"{{\"{count}\":0}}"));
            return;
        }

        bool any = false, has = false;
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            any = true;
            has |= name == count;
            reader.Skip();
        }

        if (!has)
        {
            edits.Insert(start + 1, Encoding.UTF8.GetBytes($"\"{count}\":0{(any ? "," : string.Empty)}"));
        }
    }

    private static bool IsEmpty(ReadOnlySpan<byte> output) =>
        output.SequenceEqual("null"u8) || (output.StartsWith("["u8) && output[1..].TrimStart(" \t\r\n"u8).StartsWith("]"u8));
}
