using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Actors.Outbound;

/// <summary>
/// The one place that makes HTTP clients for upstreams. One handler per proxy; a handler keeps one pool of connections
/// per authority. Redirects, cookies, decompression and tracing headers are off: the relay sees what came, and sends
/// nothing that it did not write (docs/architecture.md, "Doors").
/// </summary>
/// <param name="time">The clock of the connect limit.</param>
/// <param name="connectLimit">Name, TCP and TLS together, for connections without a proxy; behind a proxy the handler's backstop alone counts.</param>
/// <param name="alsoTrusted">A certificate to trust beside the system's: the sandbox's, in tests and under <c>--sandbox</c>.</param>
public sealed class OutboundFactory(TimeProvider time, TimeSpan? connectLimit = null, X509Certificate2? alsoTrusted = null) : IDisposable
{
    /// <summary>The system clock's limit behind ours: longer than any sane setting of ours.</summary>
    private static readonly TimeSpan ConnectBackstop = TimeSpan.FromSeconds(60);

    private static readonly HttpRequestOptionsKey<CallTrace> TraceKey = new("trace");

    private readonly ConcurrentDictionary<OutboundRoute, HttpMessageInvoker> _invokers = new();
    private readonly TimeSpan _connectLimit = connectLimit ?? TimeSpan.FromSeconds(10);

    /// <summary>Who we say we are, to everybody: no other program's name (docs/provider-accounts.md).</summary>
    public static string UserAgent { get; } =
        "CliProxyActors/" + (typeof(OutboundFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    /// <summary>The client for calls to <paramref name="target"/> over <paramref name="route"/>. Kept by the factory; not to be disposed.</summary>
    public HttpMessageInvoker For(Uri target, OutboundRoute route)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(route);
        var effective = route == OutboundRoute.Environment && !GoesThroughEnvironment(target) ? OutboundRoute.Direct : route;
        return _invokers.TryGetValue(effective, out var invoker) ? invoker : _invokers.GetOrAdd(effective, Create);
    }

    /// <summary>A request with the version that fits: HTTP/2 where TLS offers it, HTTP/1.1 without TLS.</summary>
    public static HttpRequestMessage NewRequest(HttpMethod method, Uri target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new HttpRequestMessage(method, target)
        {
            Version = target.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    /// <summary>
    /// Sends a request and reads the headers of its answer. A pooled connection that the other side had closed is
    /// tried once more on another one, only if it had served a call before and no byte came back for this one.
    /// </summary>
    public static async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker, HttpRequestMessage request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(request);
        var trace = CallTrace.Begin();
        request.Options.Set(TraceKey, trace);
        try
        {
            return await invoker.SendAsync(request, cancellation);
        }
        catch (HttpRequestException) when (trace.DiedUnanswered && !cancellation.IsCancellationRequested)
        {
            return await invoker.SendAsync(request, cancellation);
        }
    }

    /// <summary>
    /// Gives an answer up that has not been read to its end. Disposing alone would wait up to two seconds for the rest of
    /// it on HTTP/1.1, while the provider goes on making it; this closes the connection at once. HTTP/2 resets the stream.
    /// </summary>
    public static void Abort(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (response.Version.Major < 2 && response.RequestMessage is { } request && request.Options.TryGetValue(TraceKey, out var trace))
        {
            trace.Abort();
        }

        response.Dispose();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var invoker in _invokers.Values)
        {
            invoker.Dispose();
        }

        _invokers.Clear();
    }

    // The environment's proxy is never used for this machine's own addresses: a compatible server on localhost.
    private static bool GoesThroughEnvironment(Uri target) =>
        !target.IsLoopback && !HttpClient.DefaultProxy.IsBypassed(target) && HttpClient.DefaultProxy.GetProxy(target) is not null;

    private HttpMessageInvoker Create(OutboundRoute route)
    {
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            UseProxy = !route.NoProxy,
            Proxy = route.Proxy is { } proxy ? ProxyAt(proxy) : null,
            ConnectTimeout = ConnectBackstop,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = 64,
            SslOptions = TlsOptions(),
            ConnectCallback = (context, cancellation) => ConnectAsync(context, isDirect: route.NoProxy, cancellation),
        };
        return new HttpMessageInvoker(handler);
    }

    private SslClientAuthenticationOptions TlsOptions() => new()
    {
        RemoteCertificateValidationCallback = alsoTrusted is null ? null : IsTrusted,
    };

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
        || (certificate is not null && certificate.GetRawCertData().AsSpan().SequenceEqual(alsoTrusted!.RawDataMemory.Span));

    /// <summary>Connects within our own limit. Without a proxy TLS is made here too, so that the limit counts for it.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, bool isDirect, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_connectLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, either.Token);
            var connection = new WatchedConnection(new NetworkStream(socket, ownsSocket: true));
            stream = connection;
            if (isDirect && context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps)
            {
                stream = await SecureAsync(connection, context, either.Token);
            }

            connection.Ready();
            return stream;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            if (failure is OperationCanceledException && limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                throw new ConnectLimitException(context.DnsEndPoint.Host, _connectLimit);
            }

            throw;
        }
    }

    private async Task<SslStream> SecureAsync(WatchedConnection connection, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var tls = new SslStream(connection);
        try
        {
            var options = TlsOptions();
            options.TargetHost = context.InitialRequestMessage.Headers.Host ?? context.DnsEndPoint.Host;
            options.ApplicationProtocols = context.InitialRequestMessage.Version.Major >= 2
                ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                : [SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellation);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private static WebProxy ProxyAt(Uri proxy)
    {
        var address = new UriBuilder(proxy) { UserName = string.Empty, Password = string.Empty }.Uri;
        var user = Uri.UnescapeDataString(proxy.UserInfo).Split(':', 2);
        return new WebProxy(address)
        {
            Credentials = proxy.UserInfo.Length == 0 ? null : new NetworkCredential(user[0], user.Length > 1 ? user[1] : string.Empty),
        };
    }
}

/// <summary>No connection within the limit.</summary>
public sealed class ConnectLimitException(string host, TimeSpan limit)
    : IOException($"no connection to {host} within {limit.TotalSeconds:0} s");
