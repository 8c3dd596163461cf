using System.IO.Compression;

namespace Proxy.Actors.Outbound;

/// <summary>
/// Decodes <c>Content-Encoding</c> of upstream answers and of clients' requests, with caps on size and ratio: gzip,
/// deflate (zlib or raw), br, zstd where the system has it, stacked ones, and gzip that nobody announced (spec/protocols.md E123).
/// </summary>
public static class BodyDecoder
{
    /// <summary>Nobody stacks more than two; each layer may multiply.</summary>
    private const int MaxLayers = 3;

    /// <summary>True when <paramref name="start"/> is the beginning of a gzip stream: no JSON and no event stream starts so.</summary>
    public static bool LooksLikeGzip(ReadOnlySpan<byte> start) => start.Length >= 2 && start[0] == 0x1f && start[1] == 0x8b;

    /// <summary>True when the header names nothing to decode.</summary>
    public static bool IsIdentity(string? contentEncoding) =>
        string.IsNullOrWhiteSpace(contentEncoding) || contentEncoding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase);

    /// <summary>Decodes a whole body.</summary>
    /// <param name="body">As it came.</param>
    /// <param name="contentEncoding">The header's value; null when there was none: then the first bytes decide.</param>
    /// <param name="limits">How far it may unfold.</param>
    public static DecodedBody Decode(ReadOnlyMemory<byte> body, string? contentEncoding, DecodeLimits limits)
    {
        var encoding = IsIdentity(contentEncoding) && LooksLikeGzip(body.Span) ? "gzip" : contentEncoding;
        if (IsIdentity(encoding))
        {
            return body.Length > limits.MaxBytes ? new DecodedBody(default, DecodeFault.TooLarge) : new DecodedBody(body, DecodeFault.None);
        }

        using var decoded = Open(new MemoryReadStream(body), encoding, limits);
        if (decoded is null)
        {
            return new DecodedBody(default, DecodeFault.Unsupported);
        }

        try
        {
            using var output = new MemoryStream((int)Math.Min(Math.Max(1024, body.Length * 4L), Math.Min(limits.MaxBytes, 1024 * 1024)));
            decoded.CopyTo(output);
            return new DecodedBody(output.GetBuffer().AsMemory(0, (int)output.Length), DecodeFault.None);
        }
        catch (DecodeLimitException)
        {
            return new DecodedBody(default, DecodeFault.TooLarge);
        }
        catch (InvalidDataException)
        {
            return new DecodedBody(default, DecodeFault.Broken);
        }
    }

    /// <summary>
    /// A stream that decodes <paramref name="source"/> and owns it. Reading it throws <see cref="InvalidDataException"/>
    /// on broken data and <see cref="DecodeLimitException"/> beyond the limits.
    /// </summary>
    /// <returns>Null when an encoding is not supported; <paramref name="source"/> is then still the caller's.</returns>
    public static Stream? Open(Stream source, string? contentEncoding, DecodeLimits limits) => Open(source, contentEncoding, limits, ZstdLibrary.OfSystem);

    internal static Stream? Open(Stream source, string? contentEncoding, DecodeLimits limits, IZstdLibrary zstd)
    {
        var layers = (contentEncoding ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.Equals("identity", StringComparison.OrdinalIgnoreCase)).ToArray();
        if (layers.Length > MaxLayers || !layers.All(l => IsSupported(l, zstd)))
        {
            return null;
        }

        // The header lists encodings in the order they were applied (RFC 9110 §8.4); they come off the other way round.
        var counted = new CountingStream(source);
        Stream decoded = counted;
        for (var i = layers.Length - 1; i >= 0; i--)
        {
            decoded = Layer(decoded, layers[i], zstd);
        }

        return new CappedStream(decoded, counted, limits);
    }

    private static bool IsSupported(string encoding, IZstdLibrary zstd) =>
        encoding.ToLowerInvariant() is var name && (name is "gzip" or "x-gzip" or "deflate" or "x-deflate" or "br" || (name is "zstd" && zstd.IsAvailable));

    private static Stream Layer(Stream source, string encoding, IZstdLibrary zstd) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GzipReadStream(source),
        "zstd" => new ZstdReadStream(source, zstd.NewDecoder()),
        "br" => new BrotliStream(source, CompressionMode.Decompress),
        _ => new DeflateReadStream(source),
    };
}

/// <summary>A body unfolds beyond its limits.</summary>
public sealed class DecodeLimitException() : IOException("a compressed body unfolds beyond its limit");
