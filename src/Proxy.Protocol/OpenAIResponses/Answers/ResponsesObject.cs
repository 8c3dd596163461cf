using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>A <c>response</c> object, as far as an answer needs it (spec/wire-protocols.md 3.2).</summary>
internal readonly record struct ResponsesObject(
    JsonText Id, JsonText Model, long? CreatedAt, JsonText Status, JsonText IncompleteReason, JsonText StopWord, JsonText StopSequence,
    JsonRaw Output, Usage? Usage, bool HasError)
{
    public bool HasFailed => HasError || Status.ValueEquals("failed"u8) || Status.ValueEquals("cancelled"u8);

    public static ResponsesObject Read(ReadOnlyMemory<byte> json)
    {
        var cursor = new JsonCursor(json);
        if (!cursor.EnterObject())
        {
            throw new JsonException("a response is not an object");
        }

        JsonText id = default, model = default, status = default, incomplete = default, stopReason = default, stopSequence = default;
        long? createdAt = null;
        var output = default(JsonRaw);
        var usage = Usage.Unknown;
        var hasError = false;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("id"u8))
            {
                id = cursor.Text();
            }
            else if (cursor.NameIs("model"u8))
            {
                model = cursor.Text();
            }
            else if (cursor.NameIs("created_at"u8))
            {
                createdAt = cursor.Count();
            }
            else if (cursor.NameIs("status"u8))
            {
                status = cursor.Text();
            }
            else if (cursor.NameIs("incomplete_details"u8) && cursor.EnterObject())
            {
                while (cursor.NextMember())
                {
                    incomplete = cursor.NameIs("reason"u8) ? cursor.Text() : incomplete;
                }
            }
            else if (cursor.NameIs("stop_reason"u8))
            {
                stopReason = cursor.Text();
            }
            else if (cursor.NameIs("stop_sequence"u8))
            {
                stopSequence = cursor.Text();
            }
            else if (cursor.NameIs("output"u8))
            {
                output = cursor.Raw();
            }
            else if (cursor.NameIs("usage"u8))
            {
                usage = ResponsesUsage.Read(ref cursor);
            }
            else if (cursor.NameIs("error"u8))
            {
                hasError = !cursor.IsNull;
            }
        }

        cursor.Finish();
        return new ResponsesObject(id, model, createdAt, status, incomplete, stopReason, stopSequence, output, usage, hasError);
    }

    /// <summary>
    /// Why the answer ended (spec/protocols.md 3.6, 17). An answer that was cut short says so even when it holds calls:
    /// their arguments may be cut as well.
    /// </summary>
    public AnswerEnded Ending(bool isIncomplete, bool hasCalls, bool hasRefused) => new(Reason(isIncomplete, hasCalls, hasRefused), StopSequence.IsEmpty ? default : StopSequence, Usage ?? Usage.Unknown);

    private StopReason Reason(bool isIncomplete, bool hasCalls, bool hasRefused)
    {
        var reason = JsonEscapes.ToReadable(IncompleteReason);
        if (isIncomplete || Status.ValueEquals("incomplete"u8))
        {
            switch (reason)
            {
                case "max_output_tokens" or "max_tokens":
                    return StopReason.MaxTokens;
                case "content_filter":
                    return StopReason.Refusal;
            }
        }

        if (hasCalls)
        {
            return StopReason.ToolUse;
        }

        return JsonEscapes.ToReadable(StopWord) switch
        {
            _ when !StopSequence.IsEmpty => StopReason.StopSequence,
            "stop_sequence" => StopReason.StopSequence,
            "pause_turn" => StopReason.PauseTurn,
            "refusal" => StopReason.Refusal,
            "max_tokens" => StopReason.MaxTokens,
            "model_context_window_exceeded" => StopReason.ContextWindow,
            _ when hasRefused => StopReason.Refusal,
            _ => StopReason.EndTurn,
        };
    }
}
