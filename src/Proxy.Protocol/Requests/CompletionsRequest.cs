using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>
/// The legacy <c>/v1/completions</c>: its body becomes a Chat body with the prompt as the only user message
/// (spec/protocols.md 11). The exchange makes the answers completions again.
/// </summary>
public static class CompletionsRequest
{
    /// <summary>What is asked for when the prompt is empty: a message must not be.</summary>
    private static readonly byte[] EmptyPrompt = "\"Complete this:\""u8.ToArray();

    /// <summary>Reads a completions body as a Chat request. On a problem the request is null.</summary>
    /// <param name="body">The decoded body.</param>
    /// <param name="headers">The client's protocol headers by lower-case name.</param>
    /// <param name="problem">Why the body can't be served.</param>
    public static ClientRequest? Read(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers, out RequestProblem? problem)
    {
        byte[]? chat;
        JsonText echo;
        try
        {
            chat = Convert(body, out echo, out problem);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // the same words as for every other body that is no JSON
            return ClientRequestReader.Read(Dialect.OpenAIChat, body, headers, out problem);
        }

        var request = chat is null ? null : ClientRequestReader.Read(Dialect.OpenAIChat, chat, headers, out problem);
        return request is null ? null : request with { IsLegacyCompletion = true, EchoedPrompt = echo };
    }

    /// <param name="body">The completions body.</param>
    /// <param name="echo">The prompt, where the answer shall begin with it; memory of its own.</param>
    /// <param name="problem">Why there is no such Chat body.</param>
    private static byte[]? Convert(ReadOnlyMemory<byte> body, out JsonText echo, out RequestProblem? problem)
    {
        echo = default;
        problem = null;
        var reader = new Utf8JsonReader(body.Span, JsonWalk.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            problem = new RequestProblem("the body must be a JSON object");
            return null;
        }

        ReadOnlyMemory<byte> prompt = EmptyPrompt;
        bool isEchoed = false, isGiven = false;
        var output = new ArrayBufferWriter<byte>(body.Length + 64);
        output.Write("{"u8);
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "prompt")
            {
                if (ReadPrompt(ref reader, body) is not { } text)
                {
                    problem = new RequestProblem("prompt must be a string or an array of strings", "prompt");
                    return null;
                }

                isGiven = text.Length > 2;
                prompt = isGiven ? text : EmptyPrompt;
                continue;
            }

            if (name == "suffix" && reader.TokenType is not JsonTokenType.Null && !(reader.TokenType == JsonTokenType.String && reader.ValueSpan.IsEmpty))
            {
                problem = new RequestProblem("suffix is not supported: the models behind this proxy write on, they don't fill in", "suffix");
                return null;
            }

            isEchoed = name == "echo" ? reader.TokenType == JsonTokenType.True : isEchoed;
            var isCount = name == "logprobs" && reader.TokenType == JsonTokenType.Number;
            var value = JsonWalk.Skip(ref reader).In(body.Span);
            if (isCount)
            {
                output.Write("\"logprobs\":true,\"top_logprobs\":"u8);
                output.Write(value);
                output.Write(","u8);
            }
            else if (IsCopied(name))
            {
                output.Write("\""u8);
                output.Write(Encoding.UTF8.GetBytes(name));
                output.Write("\":"u8);
                output.Write(value);
                output.Write(","u8);
            }
        }

        echo = isEchoed && isGiven ? new JsonText(prompt.ToArray()) : default;
        output.Write("\"messages\":[{\"role\":\"user\",\"content\":"u8);
        output.Write(prompt.Span);
        output.Write("}]}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static bool IsCopied(string name) => name is "model" or "max_tokens" or "temperature" or "top_p" or "frequency_penalty" or "presence_penalty"
        or "stop" or "stream" or "stream_options" or "n" or "seed" or "user" or "logit_bias" or "logprobs" or "top_logprobs" or "prompt_cache_key" or "reasoning_effort";

    /// <summary>The prompt as a JSON string; several are joined by line feeds. Null for token ids and other types.</summary>
    private static ReadOnlyMemory<byte>? ReadPrompt(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonWalk.Skip(ref reader).In(body);
            case JsonTokenType.Null:
                return JsonText.Empty.Quoted;
            case JsonTokenType.StartArray:
                var joined = new ArrayBufferWriter<byte>();
                joined.Write("\""u8);
                while (JsonWalk.NextElement(ref reader))
                {
                    if (reader.TokenType != JsonTokenType.String)
                    {
                        return null;
                    }

                    joined.Write(joined.WrittenCount > 1 ? "\\n"u8 : default);
                    joined.Write(JsonWalk.Inside(ref reader).In(body.Span));
                }

                joined.Write("\""u8);
                return joined.WrittenMemory;
            default:
                return null;
        }
    }
}
