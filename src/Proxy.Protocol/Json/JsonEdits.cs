using System.Buffers;

namespace Proxy.Protocol.Json;

/// <summary>One change of a body: <paramref name="Length"/> bytes at <paramref name="Offset"/> become <paramref name="Replacement"/>.</summary>
public readonly record struct JsonEdit(int Offset, int Length, ReadOnlyMemory<byte> Replacement);

/// <summary>
/// Changes of a body, applied in one pass of copies. What no edit names keeps its bytes; no edits, same bytes
/// (docs/architecture.md, "Same dialect, same bytes").
/// </summary>
public sealed class JsonEdits
{
    private readonly List<JsonEdit> _edits = [];
    private bool _sorted = true;

    /// <summary>How many edits there are.</summary>
    public int Count => _edits.Count;

    /// <summary>The edits in the order in which they were added.</summary>
    public IReadOnlyList<JsonEdit> Added => _edits;

    /// <summary>The edits in the order of their offsets; at one offset in the order in which they were added.</summary>
    public IReadOnlyList<JsonEdit> Ordered => _sorted ? _edits : [.. _edits.Select((edit, order) => (edit, order)).OrderBy(x => x.edit.Offset).ThenBy(x => x.order).Select(x => x.edit)];

    /// <summary>Replaces <paramref name="length"/> bytes at <paramref name="offset"/>.</summary>
    public void Replace(int offset, int length, ReadOnlyMemory<byte> replacement) => Add(new JsonEdit(offset, length, replacement));

    /// <summary>Replaces a value.</summary>
    public void Replace(JsonSpan span, ReadOnlyMemory<byte> replacement) => Replace(span.Start, span.Length, replacement);

    /// <summary>Adds an edit.</summary>
    public void Add(JsonEdit edit)
    {
        _sorted = _sorted && (_edits.Count == 0 || _edits[^1].Offset <= edit.Offset);
        _edits.Add(edit);
    }

    /// <summary>Removes <paramref name="length"/> bytes at <paramref name="offset"/>.</summary>
    public void Remove(int offset, int length) => Replace(offset, length, default);

    /// <summary>Puts bytes in front of <paramref name="offset"/>.</summary>
    public void Insert(int offset, ReadOnlyMemory<byte> bytes) => Replace(offset, 0, bytes);

    /// <summary>Writes <paramref name="body"/> with the edits applied.</summary>
    /// <exception cref="InvalidOperationException">Two edits overlap: a bug of whoever made them.</exception>
    public void Apply(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var ordered = Ordered;
        var grown = 0;
        for (var i = 0; i < ordered.Count; i++)
        {
            grown += ordered[i].Replacement.Length;
        }

        // one request for the whole: the copies below then never make a growing writer move what is already there
        output.GetSpan(Math.Max(1, body.Length + grown));
        var at = 0;
        for (var i = 0; i < ordered.Count; i++)
        {
            var edit = ordered[i];
            if (edit.Offset < at)
            {
                throw new InvalidOperationException($"edit at {edit.Offset} overlaps the one before it, which ends at {at}");
            }

            output.Write(body[at..edit.Offset]);
            output.Write(edit.Replacement.Span);
            at = edit.Offset + edit.Length;
        }

        output.Write(body[at..]);
    }
}
