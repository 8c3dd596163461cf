using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Proxy.Actors.Configuration;
using Proxy.Host.Routes;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Doors;

/// <summary>Who may come in, by one configuration. Every route passes here, also those that do not exist.</summary>
internal sealed class Door(ProxyConfiguration configuration)
{
    private readonly HostNames _hosts = new(configuration.Server.AllowedHosts);
    private readonly ClientKeys _keys = new(configuration.Server.ApiKeys);

    /// <summary>The configuration it stands for; a request keeps it.</summary>
    public ProxyConfiguration Configuration { get; } = configuration;

    /// <summary>Why the request may not come in; null when it may.</summary>
    public ClientError? Refuse(HttpContext context, ServedRoute route)
    {
        var request = context.Request;
        if (!_hosts.Accepts(context))
        {
            return new ClientError(
                StatusCodes.Status421MisdirectedRequest,
                $"This proxy does not answer to the host name \"{request.Host.Host}\". Use localhost or 127.0.0.1, or add the name to allowed-hosts in config.yaml.");
        }

        if (RefuseBrowser(request) is { } foreign)
        {
            return foreign;
        }

        if (route.LoopbackOnly && !PeerAddress.IsDirectFromLoopback(context))
        {
            return new ClientError(StatusCodes.Status403Forbidden, "This address is served to this machine alone, and not through another proxy.");
        }

        if (route.NeedsKey && RefuseKey(request) is { } stranger)
        {
            return stranger;
        }

        return RefuseForm(request, route);
    }

    /// <summary>Pages of other origins have no business here, and no CORS header invites them.</summary>
    private static ClientError? RefuseBrowser(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && !IsOwn(origin, request))
        {
            return new ClientError(StatusCodes.Status403Forbidden, "Requests from web pages of other origins are refused.");
        }

        var site = request.Headers["Sec-Fetch-Site"];
        return site.Count > 0 && site.ToString().Trim().ToLowerInvariant() is not ("none" or "same-origin" or "")
            ? new ClientError(StatusCodes.Status403Forbidden, "Requests from web pages of other sites are refused.")
            : null;
    }

    private static bool IsOwn(StringValues origin, HttpRequest request) =>
        origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);

    private ClientError? RefuseKey(HttpRequest request) => _keys.Check(request) switch
    {
        ClientKeys.Finding.Missing => new ClientError(
            StatusCodes.Status401Unauthorized, "No API key was sent. Send one of the keys in api-keys of the proxy's config.yaml, as x-api-key or Authorization: Bearer."),
        ClientKeys.Finding.Wrong => new ClientError(
            StatusCodes.Status401Unauthorized, "The API key is not one of api-keys in the proxy's config.yaml."),
        _ => null,
    };

    private static ClientError? RefuseForm(HttpRequest request, ServedRoute route)
    {
        if (route.Kind == RouteKind.Unknown)
        {
            return new ClientError(StatusCodes.Status404NotFound, $"There is nothing at {request.Method} {request.Path.Value}.", "invalid_request_error", "not_found");
        }

        if (!route.Allows(request.Method))
        {
            return new ClientError(StatusCodes.Status405MethodNotAllowed, $"{request.Path.Value} is served by {route.Allow} only.", "invalid_request_error", "method_not_allowed");
        }

        return route.Posts && !IsJson(request)
            ? new ClientError(StatusCodes.Status415UnsupportedMediaType, "Send the body as Content-Type: application/json.", "invalid_request_error", "unsupported_media_type")
            : null;
    }

    /// <summary>A form or text type is what a page of another origin can send without asking first.</summary>
    private static bool IsJson(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        if (type.IsWhiteSpace())
        {
            return request.Headers.Origin.Count == 0;
        }

        var semicolon = type.IndexOf(';');
        type = (semicolon < 0 ? type : type[..semicolon]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }
}
