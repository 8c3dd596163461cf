using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Sockets;

/// <summary>A client of the WebSocket form, as Codex is one.</summary>
internal sealed class SocketClient : IDisposable
{
    private SocketClient(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    public static async Task<SocketClient> OpenAsync(HostFixture host)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("openai-beta", "responses_websockets=2026-02-06");
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        await socket.ConnectAsync(new UriBuilder(host.BaseUrl) { Scheme = "ws", Path = "/v1/responses" }.Uri, deadline.Token);
        return new SocketClient(socket);
    }

    public Task SendAsync(string text) => Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public Task CreateAsync(JsonArray input, string? previous = null, bool generate = true, string model = "gpt-5.1", string more = "{}")
    {
        var message = new JsonObject { ["type"] = "response.create", ["model"] = model, ["store"] = false, ["input"] = input };
        if (previous is not null)
        {
            message["previous_response_id"] = previous;
        }

        if (!generate)
        {
            message["generate"] = false;
        }

        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
        {
            message[name] = value?.DeepClone();
        }

        return SendAsync(message.ToJsonString());
    }

    /// <summary>The next event; null when the other side closes.</summary>
    public async Task<JsonNode?> NextAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        var text = new MemoryStream();
        var buffer = new byte[8192];
        while (true)
        {
            var read = await Socket.ReceiveAsync(buffer, deadline.Token);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            read.MessageType.ShouldBe(WebSocketMessageType.Text);
            text.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return JsonNode.Parse(text.ToArray());
            }
        }
    }

    /// <summary>All events of one answer, its terminal one last.</summary>
    public async Task<IReadOnlyList<JsonNode>> AnswerAsync()
    {
        var events = new List<JsonNode>();
        while (await NextAsync() is { } one)
        {
            events.Add(one);
            if ((string?)one["type"] is "response.completed" or "response.incomplete" or "response.failed" or "error")
            {
                return events;
            }
        }

        throw new InvalidOperationException("the socket was closed inside of an answer");
    }

    public void Dispose() => Socket.Dispose();
}
