using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Host.Doors;
using Proxy.Host.Endpoints;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Sockets;

/// <summary>The WebSocket form of <c>GET /v1/responses</c>: shakes hands and serves turns until either side leaves.</summary>
/// <param name="relay">Serves the turns.</param>
/// <param name="bodies">Bytes of request bodies in memory, those of HTTP requests included.</param>
/// <param name="pings">How often a client is asked for a sign of life, and how long it may take to give one.</param>
/// <param name="time">The one clock.</param>
/// <param name="logs">Loggers.</param>
internal sealed class SocketEndpoint(RelayEndpoint relay, Admission bodies, (TimeSpan Interval, TimeSpan Timeout) pings, TimeProvider time, ILoggerFactory logs)
{
    private readonly SocketHandshake _handshake = new(pings, logs);
    private readonly RequestIds _prepared = new();
    private readonly ILogger _log = logs.CreateLogger("Proxy.Sockets");

    /// <summary>Serves a socket.</summary>
    /// <param name="context">The offer.</param>
    /// <param name="call">What is asked on it.</param>
    /// <param name="engine">Who serves it.</param>
    /// <param name="current">The configuration in force: each turn begins with its own.</param>
    /// <param name="stopping">The proxy stops.</param>
    /// <returns>Null when the socket was served to its end, or why there is none.</returns>
    public async Task<ClientError?> ServeAsync(HttpContext context, EndpointCall call, IProxyEngine engine, Func<ProxyConfiguration> current, CancellationToken stopping)
    {
        var (socket, refusal) = await _handshake.AcceptAsync(context);
        if (socket is null)
        {
            return refusal;
        }

        using (socket)
        {
            _log.LogDebug("a socket is open for Responses");
            using var memory = new SocketMemory(current().Server.MaxRequestBody, bodies, () => current().Server.BodyBudget);
            await new ResponsesSocket(
                socket,
                memory,
                (body, sink, gone) => relay.ServeTurnAsync(context.Request, call, body, sink, engine, current(), gone),
                time,
                _prepared.Next).RunAsync(stopping);
            _log.LogDebug("a socket is closed");
        }

        return null;
    }
}
