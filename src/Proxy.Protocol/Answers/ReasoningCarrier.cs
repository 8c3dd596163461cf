using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>
/// How hidden reasoning travels through dialects that have no place of its own for it: redacted thinking goes to
/// Responses clients as <c>encrypted_content</c> behind a marker, and comes back as what it was (spec/protocols.md 1.8).
/// </summary>
public static class ReasoningCarrier
{
    /// <summary>The marker in front of the data.</summary>
    public static ReadOnlySpan<byte> RedactedMarker => "claude-redacted-thinking:"u8;

    /// <summary>The token that carries <paramref name="data"/>.</summary>
    public static JsonText Wrap(JsonText data)
    {
        var escaped = data.Escaped;
        var quoted = new byte[RedactedMarker.Length + escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        RedactedMarker.CopyTo(quoted.AsSpan(1));
        escaped.CopyTo(quoted.AsSpan(1 + RedactedMarker.Length));
        return new JsonText(quoted);
    }

    /// <summary>The data that <see cref="Wrap"/> has wrapped; absent when <paramref name="carrier"/> carries none.</summary>
    public static JsonText Unwrap(JsonText carrier)
    {
        if (!carrier.Escaped.StartsWith(RedactedMarker))
        {
            return default;
        }

        var quoted = carrier.Quoted[RedactedMarker.Length..].ToArray();
        quoted[0] = (byte)'"';
        return new JsonText(quoted);
    }
}
