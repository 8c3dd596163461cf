using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Takes the texts of a message's content: a string, or parts with <c>text</c>.</summary>
internal static class OpeningTexts
{
    /// <summary>Hands the texts to <paramref name="session"/>; the reader stands on the content's value.</summary>
    /// <param name="reader">Stands on the value; stands at its end afterwards.</param>
    /// <param name="session">Takes the texts.</param>
    /// <param name="areSystem">They are system texts, whatever message they stand in.</param>
    public static void Read(ref Utf8JsonReader reader, SessionCollector session, bool areSystem = false)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            Take(JsonWalk.Inside(ref reader), session, areSystem);
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (JsonWalk.NextElement(ref reader))
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (JsonWalk.NextMember(ref reader, out var name, out _))
                {
                    if (name == "text" && reader.TokenType == JsonTokenType.String)
                    {
                        Take(JsonWalk.Inside(ref reader), session, areSystem);
                    }

                    reader.Skip();
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }
    private static void Take(JsonSpan inside, SessionCollector session, bool isSystem)
    {
        if (isSystem)
        {
            session.AddSystem(inside);
        }
        else
        {
            session.AddPending(inside);
        }
    }
}
