using System.Buffers.Binary;
using System.IO.Compression;

namespace Proxy.Sandbox.Delivery;

/// <summary>Compressed bodies. zstd is written as raw blocks, which every decoder must read: the base library has no compressor for it.</summary>
internal static class ContentCoding
{
    private const int ZstdBlock = 100_000;

    public static byte[] Encode(string coding, ReadOnlySpan<byte> plain, bool broken)
    {
        var bytes = coding switch
        {
            "gzip" => Through(plain, s => new GZipStream(s, CompressionLevel.Fastest, leaveOpen: true)),
            "deflate" => Through(plain, s => new ZLibStream(s, CompressionLevel.Fastest, leaveOpen: true)),
            "br" => Through(plain, s => new BrotliStream(s, CompressionLevel.Fastest, leaveOpen: true)),
            "zstd" => Zstd(plain),
            _ => plain.ToArray(),
        };
        if (broken)
        {
            for (var i = bytes.Length / 3; i < bytes.Length; i++)
            {
                bytes[i] ^= 0xA5;
            }
        }

        return bytes;
    }

    private static byte[] Through(ReadOnlySpan<byte> plain, Func<Stream, Stream> encoder)
    {
        using var result = new MemoryStream();
        using (var stream = encoder(result))
        {
            stream.Write(plain);
        }

        return result.ToArray();
    }

    // RFC 8878 3.1.1: magic, descriptor (single segment, 4-byte content size), size, then raw blocks
    private static byte[] Zstd(ReadOnlySpan<byte> plain)
    {
        var result = new List<byte>(plain.Length + 32) { 0x28, 0xB5, 0x2F, 0xFD, 0xA0 };
        Span<byte> size = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(size, plain.Length);
        result.AddRange(size);
        for (var at = 0; at == 0 || at < plain.Length; at += ZstdBlock)
        {
            var block = plain[at..Math.Min(plain.Length, at + ZstdBlock)];
            var last = at + ZstdBlock >= plain.Length ? 1 : 0;
            BinaryPrimitives.WriteInt32LittleEndian(size, (block.Length << 3) | last);
            result.AddRange(size[..3]);
            result.AddRange(block);
        }

        return [.. result];
    }
}
