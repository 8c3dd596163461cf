using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Failures;

/// <summary>Error bodies per dialect, before and after the first byte (spec/protocols.md 14.2).</summary>
public static class ErrorBody
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the JSON body of an HTTP error.</summary>
    public static void WriteJson(Dialect dialect, ClientError error, string? requestId, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(output);
        if (!error.Verbatim.IsEmpty)
        {
            output.Write(error.Verbatim.Span);
            return;
        }

        using var writer = new Utf8JsonWriter(output, Relaxed);
        writer.WriteStartObject();
        if (dialect == Dialect.AnthropicMessages)
        {
            WriteAnthropic(writer, error, requestId);
        }
        else
        {
            writer.WritePropertyName("error"u8);
            WriteOpenAI(writer, error);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the in-stream error frame of a stream that breaks. Responses: <c>response.failed</c>. No <c>[DONE]</c> and no message_stop may follow.</summary>
    public static void WriteFrame(Dialect dialect, ClientError error, StreamPosition position, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(output);
        output.Write(dialect switch
        {
            Dialect.AnthropicMessages => "event: error\ndata: "u8,
            Dialect.OpenAIResponses => "event: response.failed\ndata: "u8,
            _ => "data: "u8,
        });
        using (var writer = new Utf8JsonWriter(output, Relaxed))
        {
            writer.WriteStartObject();
            switch (dialect)
            {
                case Dialect.AnthropicMessages:
                    WriteAnthropic(writer, error, requestId: null);
                    break;
                case Dialect.OpenAIResponses:
                    WriteResponseFailed(writer, error, position);
                    break;
                default:
                    writer.WritePropertyName("error"u8);
                    WriteOpenAI(writer, error);
                    break;
            }

            writer.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    /// <summary>What a client of <paramref name="dialect"/> is told of a failure that nothing could mend (docs/architecture.md, "Failures").</summary>
    public static ClientError For(Failure failure, Dialect dialect)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure.Ruling is FailureRuling.Stop or FailureRuling.StopAndCooldown)
        {
            // The owner calls it the request's fault. An upstream's 401 would send the client after its own key.
            return PassedOn(failure, dialect, failure.Status is >= 400 and <= 599 and not 401 and var said ? said : 400);
        }

        return failure.Class switch
        {
            FailureClass.Request => ForRequest(failure, dialect),
            FailureClass.ForeignReasoning => PassedOn(failure, dialect, failure.Status ?? 400),
            FailureClass.IdentityRefused => new ClientError(
                failure.Status ?? 403,
                $"{failure.Message} (said by the provider; see docs/provider-accounts.md for what remains)",
                Code: dialect == Dialect.AnthropicMessages ? null : failure.Code),
            FailureClass.ModelUnavailable => new ClientError(404, failure.Message, Code: dialect == Dialect.AnthropicMessages ? null : "model_not_found", Parameter: "model"),
            FailureClass.QuotaExhausted or FailureClass.RateLimited or FailureClass.Throttled => new ClientError(429, failure.Message),
            FailureClass.Overloaded => dialect == Dialect.AnthropicMessages
                ? new ClientError(529, failure.Message)
                : new ClientError(503, failure.Message, "server_error", "overloaded"),
            FailureClass.Unauthorized or FailureClass.Forbidden => new ClientError(503, $"the account can't be used: {failure.Message}"),
            FailureClass.Transient => new ClientError(failure.Status is >= 500 and <= 599 and var status ? status : 502, failure.Message),
            _ => new ClientError(502, failure.Message),
        };
    }

    /// <summary>The Anthropic error type of a status.</summary>
    public static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 or 504 => "timeout_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    /// <summary>The OpenAI error type of a status.</summary>
    public static string OpenAIType(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>The OpenAI error code of a status; null where there is no usual one.</summary>
    public static string? OpenAICode(int status) => status switch
    {
        401 => "invalid_api_key",
        408 => "request_timeout",
        429 => "rate_limit_exceeded",
        >= 500 => "internal_server_error",
        _ => null,
    };

    private static ClientError ForRequest(Failure failure, Dialect dialect)
    {
        if (failure.Code != "context_length_exceeded")
        {
            return PassedOn(failure, dialect, failure.Status is >= 400 and < 500 and var status ? status : 400);
        }

        // these very words make Claude Code compact the conversation (E137)
        return dialect == Dialect.AnthropicMessages && !failure.Message.Contains("prompt is too long", StringComparison.OrdinalIgnoreCase)
            ? new ClientError(400, $"prompt is too long: {failure.Message}", "invalid_request_error")
            : PassedOn(failure, dialect, failure.Status is 413 && dialect == Dialect.AnthropicMessages ? 413 : 400);
    }

    private static ClientError PassedOn(Failure failure, Dialect dialect, int status) =>
        new(status, failure.Message, Code: dialect == Dialect.AnthropicMessages ? null : failure.Code)
        {
            Verbatim = SameShape(failure.BodyDialect, dialect) ? failure.Body : default,
        };

    private static bool SameShape(Dialect? body, Dialect client) =>
        body is { } dialect && (dialect == client || (dialect != Dialect.AnthropicMessages && client != Dialect.AnthropicMessages));

    private static void WriteAnthropic(Utf8JsonWriter writer, ClientError error, string? requestId)
    {
        writer.WriteString("type"u8, "error"u8);
        writer.WriteStartObject("error"u8);
        writer.WriteString("type"u8, error.Type ?? AnthropicType(error.Status));
        writer.WriteString("message"u8, error.Message);
        writer.WriteEndObject();
        if (requestId is not null)
        {
            writer.WriteString("request_id"u8, requestId);
        }
    }

    private static void WriteOpenAI(Utf8JsonWriter writer, ClientError error)
    {
        writer.WriteStartObject();
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type ?? OpenAIType(error.Status));
        writer.WriteString("param"u8, error.Parameter);
        writer.WriteString("code"u8, error.Code ?? OpenAICode(error.Status));
        WriteReset(writer, error);
        writer.WriteEndObject();
    }

    /// <summary>The response of the stream, with every member that strict clients need (spec/wire-protocols.md 3.2).</summary>
    private static void WriteResponseFailed(Utf8JsonWriter writer, ClientError error, in StreamPosition position)
    {
        writer.WriteString("type"u8, "response.failed"u8);
        writer.WriteNumber("sequence_number"u8, position.NextSequenceNumber);
        writer.WriteStartObject("response"u8);
        WriteToken(writer, "id"u8, position.ResponseId, "resp_failed"u8);
        writer.WriteString("object"u8, "response"u8);
        writer.WriteNumber("created_at"u8, position.CreatedAt);
        WriteToken(writer, "model"u8, position.Model, "unknown"u8);
        writer.WriteString("status"u8, "failed"u8);
        WriteResponseError(writer, error);
        writer.WriteNull("incomplete_details"u8);
        writer.WriteNull("instructions"u8);
        writer.WriteStartObject("metadata"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("output"u8);
        writer.WriteEndArray();
        writer.WriteBoolean("parallel_tool_calls"u8, true);
        writer.WriteNull("temperature"u8);
        writer.WriteString("tool_choice"u8, "auto"u8);
        writer.WriteStartArray("tools"u8);
        writer.WriteEndArray();
        writer.WriteNull("top_p"u8);
        writer.WriteNull("usage"u8);
        writer.WriteEndObject();
    }

    /// <summary>A text as the stream has told it before, byte for byte.</summary>
    private static void WriteToken(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonText token, ReadOnlySpan<byte> otherwise)
    {
        writer.WritePropertyName(name);
        if (token.IsEmpty)
        {
            writer.WriteStringValue(otherwise);
        }
        else
        {
            writer.WriteRawValue(token.Quoted.Span, skipInputValidation: true);
        }
    }

    /// <summary>Writes the <c>error</c> member of a failed response object.</summary>
    public static void WriteResponseError(Utf8JsonWriter writer, ClientError error)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(error);
        writer.WriteStartObject("error"u8);
        writer.WriteString("code"u8, error.Type == "usage_limit_reached" ? error.Type : error.Code ?? OpenAICode(error.Status) ?? OpenAIType(error.Status));
        writer.WriteString("message"u8, error.Message);
        WriteReset(writer, error);
        writer.WriteEndObject();
    }

    private static void WriteReset(Utf8JsonWriter writer, ClientError error)
    {
        if (error.ResetsAt is { } at)
        {
            writer.WriteNumber("resets_at"u8, at.ToUnixTimeSeconds());
        }

        if (error.ResetsInSeconds is { } seconds)
        {
            writer.WriteNumber("resets_in_seconds"u8, seconds);
        }
    }
}
