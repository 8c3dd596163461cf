using System.Buffers;
using System.Buffers.Text;

namespace Proxy.Protocol.Json;

/// <summary>Appends the small pieces that stand between prepared JSON text.</summary>
internal static class JsonPieces
{
    private static readonly byte[] NullLiteral = "null"u8.ToArray();

    /// <summary>Appends a whole number.</summary>
    public static void WriteNumber(this IBufferWriter<byte> output, long number)
    {
        var span = output.GetSpan(20);
        Utf8Formatter.TryFormat(number, span, out var written);
        output.Advance(written);
    }

    /// <summary>Appends a string token; <c>null</c> when absent.</summary>
    public static void WriteText(this IBufferWriter<byte> output, JsonText text) =>
        output.Write(text.IsPresent ? text.Quoted.Span : NullLiteral);

    /// <summary>Appends a value; <c>null</c> when absent.</summary>
    public static void WriteRaw(this IBufferWriter<byte> output, JsonRaw raw) =>
        output.Write(raw.IsPresent ? raw.Utf8.Span : NullLiteral);
}
