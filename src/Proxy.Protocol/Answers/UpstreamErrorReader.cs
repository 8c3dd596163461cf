using System.Globalization;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>
/// Reads an error payload in any form that upstreams use (spec/protocols.md 7.4, 14.3): <c>{"error":{…}}</c>,
/// <c>{"error":"…"}</c>, <c>{"type":"error",…}</c>, <c>{"response":{"error":{…}}}</c>, <c>{"detail":…}</c>,
/// <c>{"code","message"}</c>. The innermost object's words win.
/// </summary>
public static class UpstreamErrorReader
{
    private const string NoDetails = "upstream stream failed without error details";

    /// <summary>Reads <paramref name="json"/>, which may be anything. Copies what it keeps.</summary>
    public static UpstreamErrorBody Read(ReadOnlyMemory<byte> json)
    {
        var found = default(Found);
        try
        {
            var cursor = new JsonCursor(json);
            Walk(ref cursor, ref found, depth: 0);
        }
        catch (JsonException)
        {
            return Unreadable(json);
        }

        // E147: without a message the code speaks, then the type.
        var message = found.Message ?? found.Code ?? found.Type ?? NoDetails;
        return new UpstreamErrorBody(found.Status, found.Type, found.Code, message, found.ResetsAt, found.ResetsInSeconds, json.ToArray());
    }

    /// <summary>The error for a frame or body that breaks its dialect's grammar: a fault of the upstream (502).</summary>
    public static UpstreamErrorBody Unreadable(ReadOnlyMemory<byte> json) =>
        new(502, null, "invalid_upstream_answer", "the upstream sent an answer that can't be understood", null, null, json.ToArray());

    private static void Walk(ref JsonCursor cursor, ref Found found, int depth)
    {
        if (!cursor.EnterObject())
        {
            found.Message ??= JsonEscapes.ToReadable(cursor.Text());
            return;
        }

        var inner = default(Found);
        var outer = default(Found);
        while (cursor.NextMember())
        {
            if (depth < 3 && (cursor.NameIs("error"u8) || cursor.NameIs("detail"u8) || cursor.NameIs("response"u8)))
            {
                Walk(ref cursor, ref inner, depth + 1);
            }
            else if (cursor.NameIs("type"u8))
            {
                outer.Type = JsonEscapes.ToReadable(cursor.Text());
            }
            else if (cursor.NameIs("code"u8))
            {
                var number = cursor.Int64();
                outer.Code = JsonEscapes.ToReadable(cursor.Text()) ?? number?.ToString(CultureInfo.InvariantCulture);
                outer.Status ??= AsStatus(number);
            }
            else if (cursor.NameIs("message"u8))
            {
                outer.Message = JsonEscapes.ToReadable(cursor.Text());
            }
            else if (cursor.NameIs("status"u8) || cursor.NameIs("status_code"u8))
            {
                outer.Status = AsStatus(cursor.Int64()) ?? outer.Status;
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
        if (outer.Type is "error" or "response.error" or "response.failed")
        {
            outer.Type = null;
        }

        found = new Found
        {
            Status = inner.Status ?? outer.Status ?? found.Status,
            Type = inner.Type ?? outer.Type ?? found.Type,
            Code = inner.Code ?? outer.Code ?? found.Code,
            Message = inner.Message ?? outer.Message ?? found.Message,
            ResetsAt = inner.ResetsAt ?? outer.ResetsAt ?? found.ResetsAt,
            ResetsInSeconds = inner.ResetsInSeconds ?? outer.ResetsInSeconds ?? found.ResetsInSeconds,
        };
    }

    private static int? AsStatus(long? number) => number is >= 400 and <= 599 ? (int)number : null;

    private struct Found
    {
        public int? Status;
        public string? Type;
        public string? Code;
        public string? Message;
        public long? ResetsAt;
        public long? ResetsInSeconds;
    }
}
