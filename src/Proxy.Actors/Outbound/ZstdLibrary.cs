using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Proxy.Actors.Outbound;

/// <summary>The system's libzstd, looked for once.</summary>
public sealed class ZstdLibrary : IZstdLibrary
{
    // RFC 9659: a decoder of the zstd content coding need not offer a larger window, and must not be made to.
    private const int WindowLogMaxParameter = 100;
    private const int LargestWindowLog = 23;

    private static readonly string[] Names = ["libzstd.so.1", "libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "/usr/local/lib/libzstd.1.dylib", "libzstd.dll", "zstd"];
    private readonly Entry? _entry = Load();

    private ZstdLibrary()
    {
    }

    /// <summary>The one of this machine.</summary>
    public static IZstdLibrary OfSystem { get; } = new ZstdLibrary();

    /// <inheritdoc />
    public bool IsAvailable => _entry is not null;

    /// <inheritdoc />
    public IZstdDecoder NewDecoder() => new Decoder(_entry ?? throw new InvalidOperationException("there is no libzstd on this machine"));

    private static Entry? Load()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, out var library) && Entry.TryBind(library) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The functions of zstd.h that streaming decompression needs; all of them are in its stable part.</summary>
    private sealed unsafe class Entry(
        delegate* unmanaged[Cdecl]<nint> create,
        delegate* unmanaged[Cdecl]<nint, nuint> free,
        delegate* unmanaged[Cdecl]<nint, int, int, nuint> set,
        delegate* unmanaged[Cdecl]<nint, Buffer*, Buffer*, nuint> decode,
        delegate* unmanaged[Cdecl]<nuint, uint> isError)
    {
        public static Entry? TryBind(nint library) =>
            NativeLibrary.TryGetExport(library, "ZSTD_createDCtx", out var create)
            && NativeLibrary.TryGetExport(library, "ZSTD_freeDCtx", out var free)
            && NativeLibrary.TryGetExport(library, "ZSTD_DCtx_setParameter", out var set)
            && NativeLibrary.TryGetExport(library, "ZSTD_decompressStream", out var decode)
            && NativeLibrary.TryGetExport(library, "ZSTD_isError", out var isError)
                ? new Entry(
                    (delegate* unmanaged[Cdecl]<nint>)create,
                    (delegate* unmanaged[Cdecl]<nint, nuint>)free,
                    (delegate* unmanaged[Cdecl]<nint, int, int, nuint>)set,
                    (delegate* unmanaged[Cdecl]<nint, Buffer*, Buffer*, nuint>)decode,
                    (delegate* unmanaged[Cdecl]<nuint, uint>)isError)
                : null;

        public nint Create()
        {
            var context = create();
            if (context == 0 || isError(set(context, WindowLogMaxParameter, LargestWindowLog)) != 0)
            {
                throw new InvalidOperationException("libzstd gives no decoder");
            }

            return context;
        }

        public void Free(nint context) => _ = free(context);

        public bool Decode(nint context, ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int written)
        {
            fixed (byte* source = input, target = output)
            {
                var from = new Buffer { Bytes = source, Size = (nuint)input.Length };
                var to = new Buffer { Bytes = target, Size = (nuint)output.Length };
                var hint = decode(context, &to, &from);
                if (isError(hint) != 0)
                {
                    throw new InvalidDataException("a zstd body is broken, or wants a larger window than 8 MiB");
                }

                (taken, written) = ((int)from.Position, (int)to.Position);
                return hint == 0;
            }
        }
    }

    /// <summary><c>ZSTD_inBuffer</c> and <c>ZSTD_outBuffer</c>, which have the same form.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Buffer
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }

    private sealed class Decoder(Entry entry) : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true), IZstdDecoder
    {
        private bool _isMade;

        public bool Decode(ReadOnlySpan<byte> input, Span<byte> output, out int taken, out int written)
        {
            if (!_isMade)
            {
                SetHandle(entry.Create());
                _isMade = true;
            }

            var isHeld = false;
            try
            {
                DangerousAddRef(ref isHeld);
                return entry.Decode(handle, input, output, out taken, out written);
            }
            finally
            {
                if (isHeld)
                {
                    DangerousRelease();
                }
            }
        }

        protected override bool ReleaseHandle()
        {
            entry.Free(handle);
            return true;
        }
    }
}
