namespace Proxy.Protocol.Json;

/// <summary>A JSON value of any type as it came: its UTF-8 bytes, untouched. <c>default</c> means "absent".</summary>
public readonly record struct JsonRaw(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>True when there is a value, even <c>null</c>.</summary>
    public bool IsPresent => !Utf8.IsEmpty;

    /// <summary>True when the value is the literal <c>null</c>.</summary>
    public bool IsNull => Utf8.Span.SequenceEqual("null"u8);

    /// <summary>True when the value is an object.</summary>
    public bool IsObject => IsPresent && Utf8.Span[0] == (byte)'{';

    /// <summary>True when the value is an array.</summary>
    public bool IsArray => IsPresent && Utf8.Span[0] == (byte)'[';

    /// <summary>True when the value is a string.</summary>
    public bool IsString => IsPresent && Utf8.Span[0] == (byte)'"';

    /// <summary>The value as a string token; absent when it is not a string.</summary>
    public JsonText AsText() => IsString ? new JsonText(Utf8) : default;
}

/// <summary>A member of an object that the model does not name: kept so that nothing is lost silently.</summary>
public readonly record struct RawMember(JsonText Name, JsonRaw Value);
