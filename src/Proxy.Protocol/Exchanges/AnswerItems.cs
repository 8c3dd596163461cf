using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Exchanges;

/// <summary>An output item of a finished Responses answer.</summary>
/// <param name="Id">Its id: what later requests may call it.</param>
/// <param name="IsBound">Reasoning or compaction: where it is encrypted, only the account that made it can read it.</param>
/// <param name="Json">The item; a slice of the answer.</param>
public readonly record struct AnswerItem(string Id, bool IsBound, ReadOnlyMemory<byte> Json);

/// <summary>Reads the output items of a Responses answer as its client gets it, whichever upstream made it.</summary>
public static class AnswerItems
{
    /// <summary>The items of the terminal event among these frames; none when there is no such event.</summary>
    public static IReadOnlyList<AnswerItem> OfFrames(ReadOnlyMemory<byte> frames)
    {
        var framer = new SseFramer();
        var rest = new ReadOnlySequence<byte>(frames);
        while (!rest.IsEmpty && framer.TryRead(ref rest, out var frame))
        {
            if (IsTerminal(frame))
            {
                return OfResponse(frame.Data, "response"u8);
            }
        }

        return [];
    }

    /// <summary>The items of a whole response object; those without an id can't be named and are left out.</summary>
    public static IReadOnlyList<AnswerItem> OfResponse(ReadOnlyMemory<byte> response) => OfResponse(response, default);

    /// <summary>The items of the response that is the member <paramref name="container"/>, or the whole where that is empty.</summary>
    private static List<AnswerItem> OfResponse(ReadOnlyMemory<byte> json, ReadOnlySpan<byte> container)
    {
        var items = new List<AnswerItem>();
        try
        {
            var response = container.IsEmpty ? json : Member(json, container);
            var output = response.IsEmpty ? default : Member(response, "output"u8);
            var cursor = output.IsEmpty ? default : new JsonCursor(output);
            for (var inside = !output.IsEmpty && cursor.EnterArray(); inside && cursor.NextElement();)
            {
                if (cursor.IsObject && Read(cursor.Raw().Utf8) is { Id.Length: > 0 } item)
                {
                    items.Add(item);
                }
            }
        }
        catch (JsonException)
        {
            // what is no JSON has no items; the client that got it will say so itself
        }

        return items;
    }

    private static bool IsTerminal(in SseFrame frame) =>
        frame.EventName.IsEmpty
            ? frame.Data.Span.IndexOf("\"response.completed\""u8) >= 0 || frame.Data.Span.IndexOf("\"response.incomplete\""u8) >= 0
            : frame.EventName.Span.SequenceEqual("response.completed"u8) || frame.EventName.Span.SequenceEqual("response.incomplete"u8);

    private static AnswerItem Read(ReadOnlyMemory<byte> item)
    {
        JsonText id = default, type = default;
        var cursor = new JsonCursor(item);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            id = cursor.NameIs("id"u8) ? cursor.Text() : id;
            type = cursor.NameIs("type"u8) ? cursor.Text() : type;
        }

        return new AnswerItem(id.ToString(), type.ValueEquals("reasoning"u8) || type.Escaped.StartsWith("compaction"u8), item);
    }

    private static ReadOnlyMemory<byte> Member(ReadOnlyMemory<byte> json, ReadOnlySpan<byte> name)
    {
        ReadOnlyMemory<byte> value = default;
        var cursor = new JsonCursor(json);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            value = cursor.NameIs(name) ? cursor.Raw().Utf8 : value;
        }

        return value;
    }
}
