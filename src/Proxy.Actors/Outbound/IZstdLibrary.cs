namespace Proxy.Actors.Outbound;

/// <summary>Makes decoders of zstd (RFC 8878), which .NET 10 has none of. Codex compresses its requests so after a ChatGPT login (spec/clients.md 2.6).</summary>
public interface IZstdLibrary
{
    /// <summary>False where the system has no libzstd: such bodies are answered with 415.</summary>
    bool IsAvailable { get; }

    /// <summary>A decoder of one body. To be disposed.</summary>
    IZstdDecoder NewDecoder();
}

/// <summary>Decodes one body, piece by piece.</summary>
public interface IZstdDecoder : IDisposable
{
    /// <summary>Decodes what fits.</summary>
    /// <param name="input">Compressed bytes.</param>
    /// <param name="output">Takes decoded bytes.</param>
    /// <param name="taken">How many of <paramref name="input"/> were used.</param>
    /// <param name="written">How many bytes of <paramref name="output"/> were filled.</param>
    /// <returns>True when a frame ended exactly here.</returns>
    /// <exception cref="InvalidDataException">The data is broken, or wants more than 8 MiB of window (RFC 9659).</exception>
    bool Decode(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int written);
}
