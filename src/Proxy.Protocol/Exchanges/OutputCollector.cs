using System.Buffers;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Keeps the finished output items of a Responses stream: the ChatGPT backend may end with an empty <c>output</c>
/// (spec/protocols.md 2.5, E108), and some SDKs read nothing else. Bounded; beyond the bound nothing is rebuilt.
/// </summary>
internal sealed class OutputCollector
{
    private const int LargestTotal = 32 * 1024 * 1024;

    private readonly List<(long Index, byte[] Item)> _items = [];
    private long _total;

    /// <summary>Takes the item of an output_item.done event.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        var index = long.MaxValue;
        JsonSpan item = default;
        var reader = new Utf8JsonReader(data, JsonWalk.Options);
        reader.Read();
        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "output_index" && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var at))
            {
                index = at;
            }
            else if (name == "item" && reader.TokenType == JsonTokenType.StartObject)
            {
                item = JsonWalk.Skip(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        _total += item.Length;
        if (_total > LargestTotal)
        {
            _items.Clear();
        }
        else if (item.IsPresent)
        {
            _items.Add((index, item.In(data).ToArray()));
        }
    }

    /// <summary>The id of the item at an output_index, as a JSON string token; empty when it is not known (E108).</summary>
    public ReadOnlySpan<byte> IdAt(long index)
    {
        foreach (var (at, item) in _items)
        {
            if (at == index)
            {
                var reader = new Utf8JsonReader(item, JsonWalk.Options);
                reader.Read();
                while (JsonWalk.NextMember(ref reader, out var name, out _))
                {
                    if (name == "id" && reader.TokenType == JsonTokenType.String)
                    {
                        return item.AsSpan((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
                    }

                    reader.Skip();
                }
            }
        }

        return default;
    }

    /// <summary>The items as a JSON array, by output_index, those without one last; null when there are none.</summary>
    public byte[]? ToArray()
    {
        if (_items.Count == 0)
        {
            return null;
        }

        var output = new ArrayBufferWriter<byte>((int)_total + _items.Count + 2);
        output.Write("["u8);
        var isFirst = true;
        foreach (var (_, item) in _items.OrderBy(i => i.Index))
        {
            output.Write(isFirst ? default : ","u8);
            output.Write(item);
            isFirst = false;
        }

        output.Write("]"u8);
        return output.WrittenSpan.ToArray();
    }
}
