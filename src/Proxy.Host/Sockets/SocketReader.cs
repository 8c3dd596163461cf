using System.Buffers;
using System.Net.WebSockets;

namespace Proxy.Host.Sockets;

/// <summary>Why a socket gave no message.</summary>
internal enum SocketEnd
{
    /// <summary>It gave one.</summary>
    None,

    /// <summary>The client said goodbye.</summary>
    Closed,

    /// <summary>The connection is gone.</summary>
    Lost,

    /// <summary>A message was no text.</summary>
    NotText,

    /// <summary>A message was larger than a request may be.</summary>
    TooLarge,

    /// <summary>All requests together are as large as they may be.</summary>
    NoRoom,
}

/// <summary>What a socket gave.</summary>
/// <param name="Text">A message, UTF-8; empty when there was none.</param>
/// <param name="End">Why not.</param>
internal readonly record struct SocketReading(ReadOnlyMemory<byte> Text, SocketEnd End);

/// <summary>Puts a client's messages together from their fragments.</summary>
internal static class SocketReader
{
    private const int Piece = 16 * 1024;

    /// <summary>Waits for the next message. Answers pings meanwhile.</summary>
    /// <param name="socket">The client's socket.</param>
    /// <param name="memory">What it may hold; a message that was read stays counted until the next is asked for.</param>
    public static async Task<SocketReading> ReadAsync(WebSocket socket, SocketMemory memory)
    {
        memory.Message.TryHold(0);
        var message = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(message.GetMemory(Piece), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return new SocketReading(default, SocketEnd.Closed);
                }

                message.Advance(read.Count);
                if (read.MessageType != WebSocketMessageType.Text)
                {
                    return new SocketReading(default, SocketEnd.NotText);
                }

                if (message.WrittenCount > memory.Limit)
                {
                    return new SocketReading(default, SocketEnd.TooLarge);
                }

                if (!memory.Message.TryHold(message.WrittenCount))
                {
                    return new SocketReading(default, SocketEnd.NoRoom);
                }

                if (read.EndOfMessage)
                {
                    return new SocketReading(message.WrittenMemory, SocketEnd.None);
                }
            }
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException)
        {
            return new SocketReading(default, SocketEnd.Lost);
        }
    }
}
