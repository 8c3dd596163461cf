using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>Makes Chat answers, chunks and whole ones, answers of the legacy <c>/v1/completions</c> (spec/protocols.md 11).</summary>
internal static class CompletionsAnswer
{
    private readonly record struct Choice(JsonSpan Index, JsonSpan Text, JsonSpan Finish, JsonSpan Logprobs);

    /// <summary>Writes the completion that a Chat chunk or answer becomes; false, and nothing written, when it would say nothing.</summary>
    /// <param name="chatAnswer">A Chat chunk or answer.</param>
    /// <param name="isChunk">An empty chunk is dropped, an empty answer is not.</param>
    /// <param name="told">What the chunks before it told.</param>
    /// <param name="output">Where the JSON goes.</param>
    public static bool Write(ReadOnlyMemory<byte> chatAnswer, bool isChunk, CompletionsChoices told, IBufferWriter<byte> output)
    {
        var chat = chatAnswer.Span;
        JsonSpan id = default, created = default, model = default, usage = default;
        var choices = new List<Choice>();
        var reader = new Utf8JsonReader(chat, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "choices" && reader.TokenType == JsonTokenType.StartArray)
            {
                while (JsonWalk.NextElement(ref reader))
                {
                    choices.Add(ReadChoice(ref reader));
                }

                continue;
            }

            var isNull = reader.TokenType == JsonTokenType.Null;
            var value = JsonWalk.Skip(ref reader);
            switch (name)
            {
                case "id":
                    id = value;
                    break;
                case "created":
                    created = value;
                    break;
                case "model":
                    model = value;
                    break;
                case "usage" when !isNull:
                    usage = value;
                    break;
                default:
                    break;
            }
        }

        if (isChunk && !usage.IsPresent && choices.TrueForAll(c => c.Text.Length <= 2 && !c.Finish.IsPresent))
        {
            return false;
        }

        output.Write("{\"id\":"u8);
        Value(output, chat, id, "\"\""u8);
        output.Write(",\"object\":\"text_completion\",\"created\":"u8);
        Value(output, chat, created, "0"u8);
        output.Write(",\"model\":"u8);
        Value(output, chat, model, "\"\""u8);
        output.Write(",\"choices\":["u8);
        for (var i = 0; i < choices.Count; i++)
        {
            var index = IndexOf(choices[i], chat);
            output.Write(i > 0 ? ",{\"text\":\""u8 : "{\"text\":\""u8);
            output.Write(told.Prefix(index));
            output.Write(choices[i].Text.IsPresent ? choices[i].Text.In(chat)[1..^1] : default);
            output.Write("\",\"index\":"u8);
            output.WriteNumber(index);
            output.Write(",\"logprobs\":"u8);
            if (choices[i].Logprobs.IsPresent)
            {
                told.Grow(index, CompletionsLogprobs.Write(choices[i].Logprobs.In(chatAnswer), told.LengthOf(index), output));
            }
            else
            {
                output.Write("null"u8);
            }

            output.Write(",\"finish_reason\":"u8);
            Value(output, chat, choices[i].Finish, "null"u8);
            output.Write("}"u8);
        }

        output.Write("]"u8);
        if (usage.IsPresent)
        {
            output.Write(",\"usage\":"u8);
            output.Write(usage.In(chat));
        }

        output.Write("}"u8);
        return true;
    }

    private static void Value(IBufferWriter<byte> output, ReadOnlySpan<byte> chat, JsonSpan span, ReadOnlySpan<byte> otherwise) =>
        output.Write(span.IsPresent ? span.In(chat) : otherwise);

    private static long IndexOf(Choice choice, ReadOnlySpan<byte> chat) =>
        choice.Index.IsPresent && Utf8Parser.TryParse(choice.Index.In(chat), out long index, out _) ? index : 0;

    private static Choice ReadChoice(ref Utf8JsonReader reader)
    {
        var choice = default(Choice);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return choice;
        }

        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name is "delta" or "message" && reader.TokenType == JsonTokenType.StartObject)
            {
                while (JsonWalk.NextMember(ref reader, out var inner, out _))
                {
                    var isText = inner == "content" && reader.TokenType == JsonTokenType.String;
                    var text = JsonWalk.Skip(ref reader);
                    choice = isText ? choice with { Text = text } : choice;
                }

                continue;
            }

            var isNull = reader.TokenType == JsonTokenType.Null;
            var value = JsonWalk.Skip(ref reader);
            choice = name switch
            {
                "index" => choice with { Index = value },
                "logprobs" when !isNull => choice with { Logprobs = value },
                "finish_reason" when !isNull => choice with { Finish = value },
                _ => choice,
            };
        }

        return choice;
    }
}
