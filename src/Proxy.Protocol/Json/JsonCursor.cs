using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>
/// One forward pass over a JSON text in memory that hands out slices of it. After each <see cref="NextMember"/> or
/// <see cref="NextElement"/> the value may be taken once, entered, or left alone (it is then skipped). A container that
/// was entered must be walked to its end.
/// </summary>
/// <exception cref="JsonException">From every method: the text is not JSON.</exception>
internal ref struct JsonCursor
{
    /// <summary>2^53 − 1.</summary>
    public const long LargestCount = 9_007_199_254_740_991;

    private readonly ReadOnlyMemory<byte> _json;
    private Utf8JsonReader _reader;
    private ReadOnlySpan<byte> _name;
    private int _nameStart;
    private int _nameLength;
    private bool _isContainerAhead;

    /// <summary>Stands on the text's one value.</summary>
    public JsonCursor(ReadOnlyMemory<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json.Span, JsonWalk.Options);
        Advance();
    }

    /// <summary>True when the value is the literal <c>null</c>.</summary>
    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    /// <summary>True when the value is an object that has not been entered.</summary>
    public readonly bool IsObject => _reader.TokenType == JsonTokenType.StartObject;

    /// <summary>True when the value is an array that has not been entered.</summary>
    public readonly bool IsArray => _reader.TokenType == JsonTokenType.StartArray;

    /// <summary>True when the value is a string.</summary>
    public readonly bool IsString => _reader.TokenType == JsonTokenType.String;

    /// <summary>Where the value starts; with <see cref="Through"/> gives it whole after it was walked.</summary>
    public readonly int Position => (int)_reader.TokenStartIndex;

    /// <summary>The member's name as it came.</summary>
    public readonly JsonText Name => new(_json.Slice(_nameStart, _nameLength + 2));

    /// <summary>Enters the object; false when the value is none.</summary>
    public bool EnterObject() => Enter(JsonTokenType.StartObject);

    /// <summary>Enters the array; false when the value is none.</summary>
    public bool EnterArray() => Enter(JsonTokenType.StartArray);

    /// <summary>Stands on the value of the object's next member; false at its end.</summary>
    public bool NextMember()
    {
        SkipContainer();
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        _nameStart = (int)_reader.TokenStartIndex;
        _nameLength = _reader.ValueSpan.Length;
        _name = _reader.ValueIsEscaped ? Unescaped() : _reader.ValueSpan;
        Advance();
        return true;
    }

    /// <summary>Stands on the array's next element; false at its end.</summary>
    public bool NextElement()
    {
        SkipContainer();
        Advance();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>True when the member's name is <paramref name="name"/>.</summary>
    public readonly bool NameIs(ReadOnlySpan<byte> name) => _name.SequenceEqual(name);

    /// <summary>The value as a string token; absent when it is not a string.</summary>
    public readonly JsonText Text() => _reader.TokenType == JsonTokenType.String ? new JsonText(Slice((int)_reader.TokenStartIndex)) : default;

    /// <summary>The value as a whole number; null when it is none.</summary>
    public readonly long? Int64()
    {
        if (_reader.TokenType != JsonTokenType.Number)
        {
            return null;
        }

        return _reader.TryGetInt64(out var whole) ? whole
            : _reader.TryGetDouble(out var real) && Math.Abs(real) < long.MaxValue ? (long)real
            : null;
    }

    /// <summary>The value as a count, of tokens or of seconds: from 0 to the largest that a client in JavaScript can hold; null when it is no number.</summary>
    public readonly long? Count() => Int64() is { } number ? Math.Clamp(number, 0, LargestCount) : null;

    /// <summary>The value as a boolean; null when it is none.</summary>
    public readonly bool? Boolean() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };

    /// <summary>The value as a number as written; absent when it is none.</summary>
    public readonly JsonRaw Number() => _reader.TokenType == JsonTokenType.Number ? new JsonRaw(Slice((int)_reader.TokenStartIndex)) : default;

    /// <summary>The value whole; absent when it is <c>null</c>.</summary>
    public JsonRaw RawOrAbsent() => IsNull ? default : Raw();

    /// <summary>The member, whole.</summary>
    public RawMember Member() => new(Name, Raw());

    /// <summary>The value that started at <paramref name="position"/>, whole, whether it was walked or not.</summary>
    public JsonRaw Through(int position)
    {
        SkipContainer();
        return new JsonRaw(Slice(position));
    }

    /// <summary>The value whole.</summary>
    public JsonRaw Raw()
    {
        var start = (int)_reader.TokenStartIndex;
        SkipContainer();
        return new JsonRaw(Slice(start));
    }

    /// <summary>Makes sure that nothing follows the value.</summary>
    public void Finish()
    {
        SkipContainer();
        while (_reader.Read())
        {
        }
    }

    private readonly ReadOnlyMemory<byte> Slice(int start) => _json[start..(int)_reader.BytesConsumed];

    private bool Enter(JsonTokenType start)
    {
        if (_reader.TokenType != start)
        {
            return false;
        }

        _isContainerAhead = false;
        return true;
    }

    private void Advance()
    {
        _reader.Read();
        _isContainerAhead = _reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
    }

    private void SkipContainer()
    {
        if (_isContainerAhead)
        {
            _reader.Skip();
            _isContainerAhead = false;
        }
    }

    private readonly ReadOnlySpan<byte> Unescaped()
    {
        try
        {
            var bytes = new byte[_reader.ValueSpan.Length];
            return bytes.AsSpan(0, _reader.CopyString(bytes));
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair: no name that anybody asks for
            return _reader.ValueSpan;
        }
    }
}
