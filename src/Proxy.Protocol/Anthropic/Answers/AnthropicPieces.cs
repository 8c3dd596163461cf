using System.Buffers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>Small pieces that the stream and the single writer share.</summary>
internal static class AnthropicPieces
{
    private static readonly SearchValues<byte> ToolIdBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8);

    /// <summary>A tool id in the letters that Anthropic accepts back (spec/protocols.md 1.7).</summary>
    public static JsonText ToolId(JsonText id)
    {
        if (id.Escaped.IndexOfAnyExcept(ToolIdBytes) < 0)
        {
            return id.Detach();
        }

        var cleaned = id.Quoted.ToArray();
        foreach (ref var letter in cleaned.AsSpan(1, cleaned.Length - 2))
        {
            letter = ToolIdBytes.Contains(letter) ? letter : (byte)'_';
        }

        return new JsonText(cleaned);
    }
}
