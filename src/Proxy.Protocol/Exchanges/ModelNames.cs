using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Puts the name that the client asked for in the place of the upstream's, in answers that are otherwise passed on byte
/// for byte. Only done where a mapping is forced (docs/architecture.md, "Same dialect, same bytes").
/// </summary>
internal static class ModelNames
{
    /// <summary>The name as JSON; empty for none.</summary>
    public static ReadOnlyMemory<byte> Quoted(string? name) => name is null ? default : JsonText.FromString(name).Quoted;

    /// <summary>Writes <paramref name="json"/> with <paramref name="name"/> as the value of its <c>model</c>, or as it is when that is empty or not there.</summary>
    /// <param name="json">An object.</param>
    /// <param name="container">The top-level member that holds <c>model</c>; null when it is at the top itself.</param>
    /// <param name="name">The name, quoted.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ReadOnlySpan<byte> json, string? container, ReadOnlyMemory<byte> name, IBufferWriter<byte> output)
    {
        var span = name.IsEmpty ? default : Find(json, container);
        if (!span.IsPresent)
        {
            output.Write(json);
            return;
        }

        output.Write(json[..span.Start]);
        output.Write(name.Span);
        output.Write(json[span.End..]);
    }

    /// <summary>Where the value lies; absent when there is none, or when it is no string.</summary>
    public static JsonSpan Find(ReadOnlySpan<byte> json, string? container)
    {
        var reader = new Utf8JsonReader(json, JsonWalk.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (container is not null && name == container && reader.TokenType == JsonTokenType.StartObject)
            {
                container = null;
                continue;
            }

            if (container is null && name == "model" && reader.TokenType == JsonTokenType.String)
            {
                return JsonWalk.Skip(ref reader);
            }

            reader.Skip();
        }

        return default;
    }
}
