using System.IO.Compression;
using System.Text;
using Proxy.Actors.Outbound;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Outbound;

public sealed class BodyDecoderTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(i => $"{{\"line\":{i * 7919 % 1000}}}\n")));
    private static readonly DecodeLimits Limits = new(1024 * 1024);

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("raw-deflate")]
    [InlineData("br")]
    [InlineData("GZIP, br")]
    [InlineData("br, identity, deflate")]
    public void Fault22_known_encodings_give_the_body_back(string encoding)
    {
        var header = encoding == "raw-deflate" ? "deflate" : encoding;

        var decoded = BodyDecoder.Decode(Compress(Text, encoding), header, Limits);

        decoded.Fault.ShouldBe(DecodeFault.None);
        decoded.Bytes.ToArray().ShouldBe(Text);
    }

    [Fact]
    public void Body_without_encoding_is_not_copied()
    {
        ReadOnlyMemory<byte> body = Text;

        BodyDecoder.Decode(body, null, Limits).Bytes.ShouldBe(body);
        BodyDecoder.Decode(body, "identity", Limits).Bytes.ShouldBe(body);
    }

    [Fact]
    public void Gzip_that_nobody_announced_is_seen_by_its_first_bytes() =>
        BodyDecoder.Decode(Compress(Text, "gzip"), null, Limits).Bytes.ToArray().ShouldBe(Text);

    [Theory]
    [InlineData("compress")]
    [InlineData("gzip, lzma")]
    [InlineData("gzip, gzip, gzip, gzip")]
    public void Fault22_other_encodings_are_named_unsupported(string encoding) =>
        BodyDecoder.Decode(Text, encoding, Limits).Fault.ShouldBe(DecodeFault.Unsupported);

    [Fact]
    public void Fault22_zstd_gives_the_body_back_frame_after_frame()
    {
        var twice = (byte[])[.. ZstdSamples.Request, .. ZstdSamples.Request];

        Encoding.UTF8.GetString(BodyDecoder.Decode(ZstdSamples.Request, "zstd", Limits).Bytes.Span).ShouldBe(ZstdSamples.Text);
        Encoding.UTF8.GetString(BodyDecoder.Decode(twice, "ZSTD", Limits).Bytes.Span).ShouldBe(ZstdSamples.Text + ZstdSamples.Text);
    }

    [Fact]
    public async Task Zstd_is_decoded_as_it_comes_whatever_the_splits()
    {
        await using var source = BodyDecoder.Open(new Dribble(ZstdSamples.Request, 3), "zstd", DecodeLimits.RatioOnly)!;
        using var output = new MemoryStream();

        await source.CopyToAsync(output);

        Encoding.UTF8.GetString(output.ToArray()).ShouldBe(ZstdSamples.Text);
    }

    [Fact]
    public void Fault22_cut_or_broken_zstd_is_a_fault()
    {
        for (var length = 1; length < ZstdSamples.Request.Length; length++)
        {
            BodyDecoder.Decode(ZstdSamples.Request.AsMemory(0, length), "zstd", Limits).Fault.ShouldBe(DecodeFault.Broken, $"cut at {length}");
        }

        BodyDecoder.Decode(Text, "zstd", Limits).Fault.ShouldBe(DecodeFault.Broken);
    }

    [Fact]
    public void Fault42_zstd_bomb_is_stopped_by_its_ratio() =>
        BodyDecoder.Decode(ZstdSamples.Bomb, "zstd", new DecodeLimits(64 * 1024 * 1024)).Fault.ShouldBe(DecodeFault.TooLarge);

    [Fact]
    public void Zstd_is_unsupported_where_the_system_has_no_library() =>
        BodyDecoder.Open(new MemoryStream(ZstdSamples.Request), "zstd", Limits, new NoZstd()).ShouldBeNull();

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public void Fault22_broken_compression_is_a_fault(string encoding)
    {
        var bytes = Compress(Text, encoding);
        bytes.AsSpan(encoding == "br" ? 0 : bytes.Length / 3, 40).Fill(0xff);

        BodyDecoder.Decode(bytes, encoding, Limits).Fault.ShouldBe(DecodeFault.Broken);
    }

    [Fact]
    public void Fault22_cut_gzip_is_a_fault_at_every_length()
    {
        var bytes = Compress(Text, "gzip");
        for (var length = 1; length < bytes.Length; length++)
        {
            BodyDecoder.Decode(bytes.AsMemory(0, length), "gzip", Limits).Fault.ShouldBe(DecodeFault.Broken, $"cut at {length}");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("gzip, gzip")]
    public void Fault42_bomb_is_stopped_by_its_ratio(string encoding) =>
        BodyDecoder.Decode(Compress(new byte[20 * 1024 * 1024], encoding), encoding, new DecodeLimits(64 * 1024 * 1024)).Fault.ShouldBe(DecodeFault.TooLarge);

    [Fact]
    public void Fault42_body_beyond_the_limit_is_stopped()
    {
        var noise = new byte[200_000];
        new Random(1).NextBytes(noise);

        BodyDecoder.Decode(Compress(noise, "gzip"), "gzip", new DecodeLimits(100_000)).Fault.ShouldBe(DecodeFault.TooLarge);
        BodyDecoder.Decode(noise, null, new DecodeLimits(100_000)).Fault.ShouldBe(DecodeFault.TooLarge);
    }

    [Fact]
    public void Small_body_of_blanks_is_no_bomb() =>
        BodyDecoder.Decode(Compress(new byte[900 * 1024], "gzip"), "gzip", Limits).Fault.ShouldBe(DecodeFault.None);

    [Fact]
    public async Task Stream_is_decoded_as_it_comes_whatever_the_splits()
    {
        var bytes = Compress(Text, "deflate, gzip");
        await using var source = BodyDecoder.Open(new Dribble(bytes, 7), "deflate, gzip", DecodeLimits.RatioOnly)!;
        using var output = new MemoryStream();

        await source.CopyToAsync(output);

        output.ToArray().ShouldBe(Text);
    }

    private sealed class NoZstd : IZstdLibrary
    {
        public bool IsAvailable => false;

        public IZstdDecoder NewDecoder() => throw new InvalidOperationException();
    }

    internal static byte[] Compress(byte[] bytes, string encodings)
    {
        foreach (var encoding in encodings.Split(',', StringSplitOptions.TrimEntries))
        {
            using var output = new MemoryStream();
            using (Stream compressor = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
                "deflate" => new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true),
                "raw-deflate" => new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true),
                "br" => new BrotliStream(output, CompressionLevel.Optimal, leaveOpen: true),
                _ => new MemoryStream(),
            })
            {
                if (encoding == "identity")
                {
                    continue;
                }

                compressor.Write(bytes);
            }

            bytes = output.ToArray();
        }

        return bytes;
    }

    private sealed class Dribble(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
