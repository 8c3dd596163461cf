using System.Buffers;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Sockets;

/// <summary>
/// What one socket remembers, so that a client may send only what is new: the input and output items of its last responses.
/// Upstreams are asked over HTTP and keep nothing, so each turn is sent whole, and may go to another account. Not thread-safe.
/// </summary>
/// <param name="limit">The most bytes that a turn may come to, history included.</param>
public sealed class SocketTranscript(long limit)
{
    /// <summary>A client goes on from its last response, or, after a broken turn, from one of the few before it.</summary>
    private const int MostRemembered = 8;

    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Bytes that are remembered. Beyond the limit the oldest responses are forgotten.</summary>
    public long Held { get; private set; }

    /// <summary>Writes the body that the message amounts to over HTTP.</summary>
    /// <param name="message">The client's message.</param>
    /// <param name="body">Takes the body.</param>
    /// <returns>Null, or why there is none.</returns>
    public RequestProblem? WriteBody(SocketMessage message, IBufferWriter<byte> body)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!TryFind(message, out var before))
        {
            return new RequestProblem(
                $"Previous response with id '{message.PreviousResponseId}' not found. This socket knows its own last {MostRemembered} responses; send the whole input without previous_response_id.",
                "previous_response_id",
                "previous_response_not_found");
        }

        if ((before?.Length ?? 0) + message.Input.Utf8.Length > limit)
        {
            return new RequestProblem($"The conversation on this socket is larger than {limit} bytes.", "input", "message_too_big");
        }

        body.Write("{"u8);
        foreach (var member in message.Members)
        {
            body.Write(member.Name.Quoted.Span);
            body.Write(":"u8);
            body.Write(member.Value.Utf8.Span);
            body.Write(","u8);
        }

        body.Write("\"stream\":true,\"input\":["u8);
        var isFirst = true;
        foreach (var turn in Line(before))
        {
            WriteItems(turn.Input, body, ref isFirst);
            WriteItems(turn.Output, body, ref isFirst);
        }

        WriteItems(ItemsOf(message.Input), body, ref isFirst);
        body.Write("]}"u8);
        return null;
    }

    /// <summary>Remembers a turn under the id of its response.</summary>
    /// <param name="message">What was asked.</param>
    /// <param name="responseId">The response's id.</param>
    /// <param name="output">The response's output: a JSON array; empty for none.</param>
    public void Remember(SocketMessage message, string responseId, ReadOnlySpan<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (TryFind(message, out var before) && _turns.TryAdd(responseId, new Turn(before, ItemsOf(message.Input).ToArray(), Inside(output).ToArray())))
        {
            _order.Enqueue(responseId);
            Held = Weigh();
            while (_order.Count > MostRemembered || (Held > limit && _order.Count > 1))
            {
                _turns.Remove(_order.Dequeue());
                Held = Weigh();
            }
        }
    }

    /// <summary>Remembers nothing any more.</summary>
    public void Forget()
    {
        _turns.Clear();
        _order.Clear();
        Held = 0;
    }

    /// <summary>Responses that go on from each other share what came before.</summary>
    private long Weigh()
    {
        var bytes = 0L;
        var counted = new HashSet<Turn>(ReferenceEqualityComparer.Instance);
        foreach (var last in _turns.Values)
        {
            for (var turn = last; turn is not null && counted.Add(turn); turn = turn.Before)
            {
                bytes += turn.Input.Length + turn.Output.Length;
            }
        }

        return bytes;
    }

    private bool TryFind(SocketMessage message, out Turn? before)
    {
        before = null;
        return message.PreviousResponseId is null || _turns.TryGetValue(message.PreviousResponseId, out before);
    }

    private static Stack<Turn> Line(Turn? last)
    {
        var line = new Stack<Turn>();
        for (var turn = last; turn is not null; turn = turn.Before)
        {
            line.Push(turn);
        }

        return line;
    }

    private static void WriteItems(ReadOnlyMemory<byte> items, IBufferWriter<byte> body, ref bool isFirst)
    {
        if (!items.IsEmpty)
        {
            body.Write(isFirst ? default : ","u8);
            body.Write(items.Span);
            isFirst = false;
        }
    }

    /// <summary>The items of an input without its brackets; a text is one message of the user.</summary>
    private static ReadOnlyMemory<byte> ItemsOf(JsonRaw input)
    {
        if (!input.IsString)
        {
            return input.IsPresent ? Inside(input.Utf8) : default;
        }

        var item = new ArrayBufferWriter<byte>(input.Utf8.Length + 96);
        item.Write("{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"u8);
        item.Write(input.Utf8.Span);
        item.Write("}]}"u8);
        return item.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Inside(ReadOnlyMemory<byte> array) => array[1..^1].Trim(" \t\r\n"u8);

    private static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> array) => array.Length < 2 ? default : array[1..^1].Trim(" \t\r\n"u8);

    private sealed class Turn(Turn? before, ReadOnlyMemory<byte> input, ReadOnlyMemory<byte> output)
    {
        public Turn? Before => before;

        public ReadOnlyMemory<byte> Input => input;

        public ReadOnlyMemory<byte> Output => output;

        /// <summary>In bytes, of all turns up to this one.</summary>
        public long Length { get; } = (before?.Length ?? 0) + input.Length + output.Length;
    }
}
