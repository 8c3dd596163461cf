namespace Proxy.Protocol.Json;

/// <summary>Where a value or member lies in a body: [<paramref name="Start"/>, <paramref name="End"/>). <c>default</c> means "absent".</summary>
public readonly record struct JsonSpan(int Start, int End)
{
    /// <summary>How many bytes.</summary>
    public int Length => End - Start;

    /// <summary>True when there is something.</summary>
    public bool IsPresent => End > Start;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> body) => body[Start..End];

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> In(ReadOnlyMemory<byte> body) => body[Start..End];
}

/// <summary>A member of an object: its name, where it starts (the name's quote) and where its value lies.</summary>
public readonly record struct JsonMember(string Name, int Start, JsonSpan Value)
{
    /// <summary>Name and value.</summary>
    public JsonSpan Whole => new(Start, Value.End);
}
