using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Sockets;

/// <summary>Events that the proxy itself sends on a Responses WebSocket, and what it reads in those that it passes on.</summary>
public static class SocketEvents
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>
    /// Writes an error event: the body that an HTTP client would get, with its status and its headers, as relays of the
    /// backend word it (spec/wire-protocols.md 5).
    /// </summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The JSON body of the error: an object with <c>error</c>.</param>
    /// <param name="headers">Headers that a client goes by: Retry-After, x-codex-*.</param>
    /// <param name="output">Takes one message.</param>
    public static void WriteError(int status, ReadOnlySpan<byte> body, IReadOnlyList<KeyValuePair<string, string>> headers, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(headers);
        using var writer = new Utf8JsonWriter(output, Relaxed);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "error"u8);
        writer.WriteNumber("status"u8, status);
        writer.WritePropertyName("error"u8);
        writer.WriteRawValue(ErrorIn(body), skipInputValidation: true);
        writer.WriteStartObject("headers"u8);
        foreach (var (name, value) in headers)
        {
            writer.WriteString(name.ToLowerInvariant(), value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the two events of a response that was only prepared: begun and, with no output, completed.</summary>
    /// <param name="id">The response's id.</param>
    /// <param name="model">The model that was asked for.</param>
    /// <param name="nowUnixSeconds">When.</param>
    /// <param name="isCompleted">The second of them.</param>
    /// <param name="output">Takes one message.</param>
    public static void WritePrepared(string id, string model, long nowUnixSeconds, bool isCompleted, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Relaxed);
        writer.WriteStartObject();
        writer.WriteString("type"u8, isCompleted ? "response.completed"u8 : "response.created"u8);
        writer.WriteNumber("sequence_number"u8, isCompleted ? 1 : 0);
        writer.WriteStartObject("response"u8);
        writer.WriteString("id"u8, id);
        writer.WriteString("object"u8, "response"u8);
        writer.WriteNumber("created_at"u8, nowUnixSeconds);
        writer.WriteString("status"u8, isCompleted ? "completed"u8 : "in_progress"u8);
        writer.WriteString("model"u8, model);
        writer.WriteNull("error"u8);
        writer.WriteNull("incomplete_details"u8);
        writer.WriteStartArray("output"u8);
        writer.WriteEndArray();
        if (isCompleted)
        {
            writer.WriteStartObject("usage"u8);
            writer.WriteNumber("input_tokens"u8, 0);
            writer.WriteStartObject("input_tokens_details"u8);
            writer.WriteNumber("cached_tokens"u8, 0);
            writer.WriteEndObject();
            writer.WriteNumber("output_tokens"u8, 0);
            writer.WriteStartObject("output_tokens_details"u8);
            writer.WriteNumber("reasoning_tokens"u8, 0);
            writer.WriteEndObject();
            writer.WriteNumber("total_tokens"u8, 0);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The id and the output of the response that a terminal event holds; false for any other event.</summary>
    /// <param name="data">The event.</param>
    /// <param name="id">The response's id.</param>
    /// <param name="output">The response's output, a JSON array; a slice of <paramref name="data"/>.</param>
    public static bool TryReadTerminal(ReadOnlyMemory<byte> data, out string id, out ReadOnlyMemory<byte> output)
    {
        (id, output) = (string.Empty, default);
        if (data.Span.IndexOf("\"response.completed\""u8) < 0 && data.Span.IndexOf("\"response.incomplete\""u8) < 0)
        {
            return false;
        }

        try
        {
            JsonText type = default;
            JsonRaw response = default;
            var cursor = new JsonCursor(data);
            for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
            {
                type = cursor.NameIs("type"u8) ? cursor.Text() : type;
                response = cursor.NameIs("response"u8) ? cursor.Raw() : response;
            }

            if (!response.IsObject || !(type.ValueEquals("response.completed"u8) || type.ValueEquals("response.incomplete"u8)))
            {
                return false;
            }

            var members = new JsonCursor(response.Utf8);
            for (var inside = members.EnterObject(); inside && members.NextMember();)
            {
                id = members.NameIs("id"u8) ? members.Text().ToString() : id;
                output = members.NameIs("output"u8) && members.IsArray ? members.Raw().Utf8 : output;
            }

            return id.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ReadOnlySpan<byte> ErrorIn(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, JsonWalk.Options);
        try
        {
            for (var inside = reader.Read(); inside && JsonWalk.NextMember(ref reader, out var name, out _);)
            {
                if (name == "error")
                {
                    return JsonWalk.Skip(ref reader).In(body);
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // said below: an upstream's body that is none is the message's own affair
        }

        return "{\"message\":\"the request failed\",\"type\":\"server_error\",\"code\":null,\"param\":null}"u8;
    }
}
