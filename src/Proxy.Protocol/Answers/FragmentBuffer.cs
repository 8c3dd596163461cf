using System.Buffers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>Text that is put together from fragments, still escaped: one string token in the end.</summary>
internal sealed class FragmentBuffer
{
    private ArrayBufferWriter<byte>? _quoted;

    /// <summary>True when no fragment has had a character.</summary>
    public bool IsEmpty => _quoted is null;

    /// <summary>The bytes between the quotes.</summary>
    public ReadOnlySpan<byte> Escaped => _quoted is null ? default : _quoted.WrittenSpan[1..];

    /// <summary>Appends a copy.</summary>
    public void Add(JsonText fragment)
    {
        if (fragment.IsEmpty)
        {
            return;
        }

        if (_quoted is null)
        {
            _quoted = new ArrayBufferWriter<byte>(256);
            _quoted.Write("\""u8);
        }

        _quoted.Write(fragment.Escaped);
    }

    /// <summary>Forgets all of it.</summary>
    public void Clear() => _quoted = null;

    /// <summary>The whole text as a token on memory of its own.</summary>
    public JsonText ToText()
    {
        var escaped = Escaped;
        var quoted = new byte[escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        escaped.CopyTo(quoted.AsSpan(1));
        return new JsonText(quoted);
    }
}
