using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>
/// Where the things lie in a body that same-dialect relaying may edit. Filled by the one pass of
/// <see cref="ClientRequestReader"/>, so that an attempt need not scan the body again.
/// </summary>
internal abstract class RequestLayout(ReadOnlyMemory<byte> body)
{
    /// <summary>The body that the offsets are for.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Offset of the body's opening brace.</summary>
    public int RootStart { get; private set; }

    /// <summary>The top-level members in order.</summary>
    public List<JsonMember> Members { get; } = [];

    /// <summary>The model; null when it is missing or not a string.</summary>
    public string? Model { get; private set; }

    /// <summary>The client wants a stream.</summary>
    public bool Stream { get; private set; }

    /// <summary>There is reasoning that is bound to an account or provider.</summary>
    public bool HasReasoning { get; protected set; }

    /// <summary>What the body tells of its conversation.</summary>
    public SessionCollector Session { get; } = new();

    /// <summary>The first thing wrong; null when all is well.</summary>
    public RequestProblem? Problem { get; private set; }

    /// <summary>The last top-level member of that name; default when absent.</summary>
    public JsonMember Member(string name)
    {
        for (var i = Members.Count - 1; i >= 0; i--)
        {
            if (Members[i].Name == name)
            {
                return Members[i];
            }
        }

        return default;
    }

    /// <summary>Walks the body once.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public void Scan()
    {
        var reader = new Utf8JsonReader(Body.Span, JsonWalk.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Fail("the body must be a JSON object", null);
            return;
        }

        RootStart = (int)reader.TokenStartIndex;
        while (JsonWalk.NextMember(ref reader, out var name, out var start))
        {
            var valueStart = (int)reader.TokenStartIndex;
            switch (name)
            {
                case "model":
                    ReadModel(ref reader);
                    break;
                case "stream":
                    ReadStream(ref reader);
                    break;
                default:
                    ReadMember(name, ref reader);
                    break;
            }

            Members.Add(new JsonMember(name, start, new JsonSpan(valueStart, (int)reader.BytesConsumed)));
        }

        // anything behind the object is an error of the reader
        reader.Read();
        if (Model is null)
        {
            Fail("model is required", "model");
        }

        Check();
    }

    /// <summary>Reads a top-level member; leaves the reader at the end of its value.</summary>
    protected abstract void ReadMember(string name, ref Utf8JsonReader reader);

    /// <summary>Looks whether what the dialect demands is there.</summary>
    protected abstract void Check();

    /// <summary>Keeps the first problem.</summary>
    protected void Fail(string message, string? parameter) => Problem ??= new RequestProblem(message, parameter);

    /// <summary>Reads a string value; null for a value of another type.</summary>
    protected static string? ReadString(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        reader.Skip();
        return text;
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            Fail("model must be a string", "model");
        }

        Model = ReadString(ref reader) ?? string.Empty;
        if (Model.Length == 0)
        {
            Fail("model must not be empty", "model");
        }
    }

    private void ReadStream(ref Utf8JsonReader reader)
    {
        Stream = reader.TokenType == JsonTokenType.True;
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
        {
            Fail("stream must be true or false", "stream");
        }

        reader.Skip();
    }
}
