using System.Globalization;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>
/// Finds type, code, message and reset in an error of any shape (spec/protocols.md 7.4, 14.3), be it a body, a frame of
/// a stream or a token endpoint's answer: <c>{"error":{…}}</c>, <c>{"type":"error","error":{…}}</c>,
/// <c>{"error":"invalid_grant","error_description":"…"}</c>, <c>{"detail":…}</c>, <c>{"response":{"error":{…}}}</c>,
/// <c>{"code","message"}</c>, or text. The innermost object's words win.
/// </summary>
public static class UpstreamErrorReader
{
    private const string NoDetails = "upstream stream failed without error details";
    private const int LongestText = 4096;
    private const int DeepestError = 3;

    /// <summary>Reads <paramref name="payload"/>, and copies it. Never throws: what is not a JSON object becomes the message.</summary>
    /// <param name="payload">Anything.</param>
    /// <param name="wordless">The message of a payload that holds no word.</param>
    public static UpstreamErrorBody Read(ReadOnlyMemory<byte> payload, string wordless = NoDetails)
    {
        if (TryRead(payload, wordless) is { } error)
        {
            return error;
        }

        var text = Encoding.UTF8.GetString(payload.Span[..Math.Min(payload.Length, LongestText)]).Trim();
        return new UpstreamErrorBody(null, null, null, text.Length > 0 ? text : wordless, null, null, payload.ToArray());
    }

    /// <summary>Like <see cref="Read"/>; null when <paramref name="payload"/> is not a JSON object.</summary>
    public static UpstreamErrorBody? TryRead(ReadOnlyMemory<byte> payload, string wordless = NoDetails)
    {
        var found = default(Found);
        try
        {
            var cursor = new JsonCursor(payload);
            if (!cursor.IsObject)
            {
                return null;
            }

            Walk(ref cursor, ref found, depth: 0);
            cursor.Finish();
        }
        catch (JsonException)
        {
            return null;
        }

        // E147: without a message the code speaks, then the type. {"error":"invalid_grant"} is a code.
        var message = found.Message ?? found.Description ?? found.Word ?? found.Code ?? found.StatusWord ?? found.Type ?? wordless;
        var code = found.Code ?? (found.Word is { } word && !word.Contains(' ', StringComparison.Ordinal) ? word : null);
        return new UpstreamErrorBody(found.Status, found.Type, code, message, found.ResetsAt, found.ResetsInSeconds, payload.ToArray());
    }

    /// <summary>The error for a frame or body that breaks its dialect's grammar: a fault of the upstream (502).</summary>
    public static UpstreamErrorBody Unreadable(ReadOnlyMemory<byte> payload) =>
        new(502, null, "invalid_upstream_answer", "the upstream sent an answer that can't be understood", null, null, payload.ToArray());

    private static void Walk(ref JsonCursor cursor, ref Found found, int depth)
    {
        cursor.EnterObject();
        var inner = default(Found);
        var outer = default(Found);
        while (cursor.NextMember())
        {
            if (cursor.IsObject && depth < DeepestError && (cursor.NameIs("error"u8) || cursor.NameIs("detail"u8) || cursor.NameIs("response"u8)))
            {
                Walk(ref cursor, ref inner, depth + 1);
            }
            else if (cursor.NameIs("error"u8))
            {
                outer.Word = Words(cursor) ?? outer.Word;
            }
            else if (cursor.NameIs("error_description"u8) || cursor.NameIs("detail"u8))
            {
                outer.Description = Words(cursor) ?? outer.Description;
            }
            else if (cursor.NameIs("type"u8))
            {
                outer.Type = Words(cursor);
            }
            else if (cursor.NameIs("code"u8))
            {
                var word = Words(cursor) ?? cursor.Int64()?.ToString(CultureInfo.InvariantCulture);
                var status = AsStatus(word);
                outer.Status ??= status;
                (outer.Code, outer.StatusWord) = status is null ? (word, outer.StatusWord) : (outer.Code, word);
            }
            else if (cursor.NameIs("message"u8))
            {
                outer.Message = Words(cursor);
            }
            else if (cursor.NameIs("status"u8) || cursor.NameIs("status_code"u8))
            {
                outer.Status = AsStatus(Words(cursor) ?? cursor.Int64()?.ToString(CultureInfo.InvariantCulture)) ?? outer.Status;
            }
            else if (cursor.NameIs("resets_at"u8))
            {
                outer.ResetsAt = cursor.Int64();
            }
            else if (cursor.NameIs("resets_in_seconds"u8))
            {
                outer.ResetsInSeconds = cursor.Int64();
            }
        }

        // The name of the event is no type of error.
        if (outer.Type is "error" || outer.Type?.StartsWith("response.", StringComparison.Ordinal) == true)
        {
            outer.Type = null;
        }

        found = inner.Or(outer).Or(found);
    }

    private static string? Words(in JsonCursor value) => JsonEscapes.ToReadable(value.Text()) is { Length: > 0 } words ? words : null;

    private static int? AsStatus(string? word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599 ? status : null;

    private struct Found
    {
        public int? Status;
        public string? Type;
        public string? Code;
        public string? Message;
        public string? Description;
        public string? Word;
        public string? StatusWord;
        public long? ResetsAt;
        public long? ResetsInSeconds;

        public readonly Found Or(in Found other) => new()
        {
            Status = Status ?? other.Status,
            Type = Type ?? other.Type,
            Code = Code ?? other.Code,
            Message = Message ?? other.Message,
            Description = Description ?? other.Description,
            Word = Word ?? other.Word,
            StatusWord = StatusWord ?? other.StatusWord,
            ResetsAt = ResetsAt ?? other.ResetsAt,
            ResetsInSeconds = ResetsInSeconds ?? other.ResetsInSeconds,
        };
    }
}
