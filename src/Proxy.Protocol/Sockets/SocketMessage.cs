using System.Text.Json;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Sockets;

/// <summary>
/// One message of a client on a Responses WebSocket (spec/accounts.md 8.16, spec/clients.md 5): <c>response.create</c> with the
/// members of a request, and <c>previous_response_id</c> where the input only goes on. Slices of the message's bytes.
/// </summary>
public sealed class SocketMessage
{
    private readonly List<RawMember> _members;

    private SocketMessage(List<RawMember> members) => _members = members;

    /// <summary>The response that the input goes on from; null for a whole input.</summary>
    public string? PreviousResponseId { get; private init; }

    /// <summary>False for a message that only prepares (<c>generate: false</c>): nothing is asked of a model.</summary>
    public bool Generates { get; private init; } = true;

    /// <summary>The model as the client wrote it; empty when it is missing.</summary>
    public string Model { get; private init; } = string.Empty;

    /// <summary>The input as it came: a text, or an array of items.</summary>
    internal JsonRaw Input { get; private init; }

    /// <summary>Reads a message.</summary>
    /// <param name="text">The message, UTF-8.</param>
    /// <param name="problem">Why it is none; null when it is one.</param>
    public static SocketMessage? Read(ReadOnlyMemory<byte> text, out RequestProblem? problem)
    {
        problem = null;
        try
        {
            var cursor = new JsonCursor(text);
            if (!cursor.EnterObject())
            {
                problem = new RequestProblem("a message must be a JSON object");
                return null;
            }

            var message = ReadMembers(ref cursor, out problem);
            cursor.Finish();
            return message;
        }
        catch (JsonException)
        {
            problem = new RequestProblem("the message is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            problem = new RequestProblem("the message holds a string that is not valid UTF-8");
        }

        return null;
    }

    /// <summary>The members that an HTTP request would have, but for the input.</summary>
    internal IReadOnlyList<RawMember> Members => _members;

    private static SocketMessage? ReadMembers(ref JsonCursor cursor, out RequestProblem? problem)
    {
        var members = new List<RawMember>();
        JsonText type = default, previous = default, model = default;
        JsonRaw input = default;
        var generates = true;
        while (cursor.NextMember())
        {
            if (cursor.NameIs("type"u8))
            {
                type = cursor.Text();
            }
            else if (cursor.NameIs("previous_response_id"u8))
            {
                previous = cursor.Text();
            }
            else if (cursor.NameIs("generate"u8))
            {
                generates = cursor.Boolean() ?? true;
            }
            else if (cursor.NameIs("input"u8))
            {
                input = cursor.RawOrAbsent();
            }
            else if (!cursor.NameIs("stream"u8))
            {
                model = cursor.NameIs("model"u8) ? cursor.Text() : model;
                members.Add(cursor.Member());
            }
        }

        problem = !type.ValueEquals("response.create"u8) ? new RequestProblem("a message must be of type response.create", "type", "invalid_value")
            : input.IsPresent && !input.IsArray && !input.IsString ? new RequestProblem("input must be a string or an array", "input", "invalid_type")
            : null;
        return problem is not null ? null : new SocketMessage(members)
        {
            PreviousResponseId = previous.IsEmpty ? null : previous.ToString(),
            Generates = generates,
            Model = model.ToString(),
            Input = input,
        };
    }
}
