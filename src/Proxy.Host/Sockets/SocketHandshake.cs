using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Sockets;

/// <summary>
/// Turns an offer into a WebSocket (RFC 6455 §4). Only offers come this way: ASP.NET's middleware in front of every request
/// would cost each of them an object.
/// </summary>
internal sealed class SocketHandshake((TimeSpan Interval, TimeSpan Timeout) pings, ILoggerFactory logs)
{
    private readonly WebSocketMiddleware _middleware = new(
        static _ => Task.CompletedTask,
        Options.Create(new WebSocketOptions { KeepAliveInterval = pings.Interval, KeepAliveTimeout = pings.Timeout }),
        logs);

    /// <summary>True for a request that offers to become a WebSocket, be the offer good or bad.</summary>
    public static bool IsOffer(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the offer.</summary>
    /// <returns>The socket, or why there is none.</returns>
    public async Task<(WebSocket? Socket, ClientError? Refusal)> AcceptAsync(HttpContext context)
    {
        var version = context.Request.Headers.SecWebSocketVersion.ToString();
        if (version != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            return (null, new ClientError(StatusCodes.Status426UpgradeRequired, $"WebSocket version \"{version}\" is not served; version 13 is.", "invalid_request_error", "upgrade_not_supported"));
        }

        await _middleware.Invoke(context);
        return context.WebSockets.IsWebSocketRequest
            ? (await context.WebSockets.AcceptWebSocketAsync(), null)
            : (null, new ClientError(StatusCodes.Status400BadRequest, "The WebSocket handshake is not valid: Connection, Upgrade or Sec-WebSocket-Key is missing or malformed (RFC 6455 §4.1).", "invalid_request_error", "invalid_handshake"));
    }
}
