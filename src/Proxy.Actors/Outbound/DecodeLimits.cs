namespace Proxy.Actors.Outbound;

/// <summary>How far a compressed body may unfold.</summary>
/// <param name="MaxBytes">Most bytes after decoding; counts for bodies that are not compressed too.</param>
/// <param name="MaxRatio">Most bytes out per byte in, once more than <see cref="RatioFloor"/> bytes are out. Text of any kind stays far below 100; deflate can reach 1,032.</param>
public readonly record struct DecodeLimits(long MaxBytes, int MaxRatio = 100)
{
    /// <summary>Up to here (1 MiB) the ratio is not looked at: a small body of blanks is no attack.</summary>
    public const long RatioFloor = 1024 * 1024;

    /// <summary>No limit but the ratio: for streams, whose memory is bounded by their frames.</summary>
    public static DecodeLimits RatioOnly { get; } = new(long.MaxValue);
}

/// <summary>Why a body could not be decoded.</summary>
public enum DecodeFault
{
    /// <summary>It could.</summary>
    None,

    /// <summary>An encoding that is not known here, or zstd where the system has no library for it.</summary>
    Unsupported,

    /// <summary>The compressed data is broken or cut.</summary>
    Broken,

    /// <summary>More bytes than allowed, or a ratio that only a bomb has.</summary>
    TooLarge,
}

/// <summary>A decoded body, or why there is none.</summary>
/// <param name="Bytes">The body; the very bytes given in when nothing was to be decoded.</param>
/// <param name="Fault">Why not.</param>
public readonly record struct DecodedBody(ReadOnlyMemory<byte> Bytes, DecodeFault Fault);
