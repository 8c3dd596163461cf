using System.Text.Json;

namespace Proxy.Protocol.Json;

/// <summary>Steps of a one-pass walk with a <see cref="Utf8JsonReader"/> over a whole body.</summary>
internal static class JsonWalk
{
    /// <summary>Tool schemas nest deeper than the default of 64.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    /// <summary>The same depth for a document: what the walk took, a document must take.</summary>
    public static readonly JsonDocumentOptions Document = new() { MaxDepth = Options.MaxDepth };

    /// <summary>Goes to the next member of the object that the reader is in. The reader then stands on its value.</summary>
    public static bool NextMember(ref Utf8JsonReader reader, out string name, out int start)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            (name, start) = (string.Empty, 0);
            return false;
        }

        name = JsonNames.Read(ref reader);
        start = (int)reader.TokenStartIndex;
        reader.Read();
        return true;
    }

    /// <summary>Goes to the next element of the array that the reader is in.</summary>
    public static bool NextElement(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Where the value lies that the reader stands on; goes to its end.</summary>
    public static JsonSpan Skip(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonSpan(start, (int)reader.BytesConsumed);
    }

    /// <summary>The bytes between the quotes of the string that the reader stands on.</summary>
    public static JsonSpan Inside(ref Utf8JsonReader reader) => new((int)reader.TokenStartIndex + 1, (int)reader.BytesConsumed - 1);
}
