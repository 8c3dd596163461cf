using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Token probabilities as legacy completions tell them: four lists side by side, where Chat has a list of objects.
/// </summary>
internal static class CompletionsLogprobs
{
    /// <summary>Writes them; what is not of Chat's shape is passed on as it is.</summary>
    /// <param name="chat">The value of a Chat choice's <c>logprobs</c>.</param>
    /// <param name="offset">Characters of the text in front of the first token.</param>
    /// <param name="output">Where the JSON goes.</param>
    /// <returns>Characters of the text behind the last token.</returns>
    public static int Write(ReadOnlyMemory<byte> chat, int offset, IBufferWriter<byte> output)
    {
        if (Read(chat) is not { } tokens)
        {
            output.Write(chat.Span);
            return offset;
        }

        output.Write("{\"tokens\":["u8);
        for (var i = 0; i < tokens.Count; i++)
        {
            Comma(i, output);
            output.WriteText(tokens[i].Text);
        }

        output.Write("],\"token_logprobs\":["u8);
        for (var i = 0; i < tokens.Count; i++)
        {
            Comma(i, output);
            output.WriteRaw(tokens[i].Logprob);
        }

        output.Write("],\"top_logprobs\":["u8);
        for (var i = 0; i < tokens.Count; i++)
        {
            Comma(i, output);
            WriteTop(tokens[i].Top, output);
        }

        output.Write("],\"text_offset\":["u8);
        for (var i = 0; i < tokens.Count; i++)
        {
            Comma(i, output);
            output.WriteNumber(offset);
            offset += LengthOf(tokens[i].Text);
        }

        output.Write("]}"u8);
        return offset;
    }

    /// <summary>In characters as a person counts them; both halves of a surrogate pair are one.</summary>
    public static int LengthOf(JsonText text)
    {
        var length = 0;
        foreach (var _ in text.ToString().EnumerateRunes())
        {
            length++;
        }

        return length;
    }

    private static List<Token>? Read(ReadOnlyMemory<byte> chat)
    {
        List<Token>? tokens = null;
        var cursor = new JsonCursor(chat);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            if (cursor.NameIs("content"u8) && cursor.EnterArray())
            {
                tokens = [];
                while (cursor.NextElement())
                {
                    tokens.Add(ReadToken(cursor.Raw().Utf8));
                }
            }
        }

        return tokens;
    }

    private static Token ReadToken(ReadOnlyMemory<byte> json)
    {
        var token = default(Token);
        var cursor = new JsonCursor(json);
        for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
        {
            token = cursor.NameIs("token"u8) ? token with { Text = cursor.Text() }
                : cursor.NameIs("logprob"u8) ? token with { Logprob = cursor.Number() }
                : cursor.NameIs("top_logprobs"u8) && cursor.IsArray ? token with { Top = cursor.Raw() }
                : token;
        }

        return token;
    }

    private static void WriteTop(JsonRaw top, IBufferWriter<byte> output)
    {
        output.Write("{"u8);
        var count = 0;
        var cursor = top.IsPresent ? new JsonCursor(top.Utf8) : default;
        for (var inside = top.IsPresent && cursor.EnterArray(); inside && cursor.NextElement();)
        {
            if (ReadToken(cursor.Raw().Utf8) is { Text.IsPresent: true } token)
            {
                Comma(count++, output);
                output.WriteText(token.Text);
                output.Write(":"u8);
                output.WriteRaw(token.Logprob);
            }
        }

        output.Write("}"u8);
    }

    private static void Comma(int index, IBufferWriter<byte> output) => output.Write(index > 0 ? ","u8 : default);

    private readonly record struct Token(JsonText Text, JsonRaw Logprob, JsonRaw Top);
}
