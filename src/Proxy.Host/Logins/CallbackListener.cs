using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Proxy.Host.Doors;

namespace Proxy.Host.Logins;

/// <summary>An answer that came in, and the browser that waits for the outcome.</summary>
internal sealed class Arrival(ProviderAnswer answer)
{
    private readonly TaskCompletionSource<CallbackPage> _page = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer.</summary>
    public ProviderAnswer Answer => answer;

    /// <summary>What the browser shows in the end.</summary>
    public Task<CallbackPage> Page => _page.Task;

    /// <summary>Tells the browser how the login ended.</summary>
    public void Tell(CallbackPage page) => _page.TrySetResult(page);
}

/// <summary>
/// Waits on loopback for the one answer of the provider. Whatever does not carry this login's state changes nothing: a
/// page that guesses the address can neither end the login nor slip a code of its own into it. The first right answer
/// counts, and later ones are shown how it ended.
/// </summary>
internal sealed class CallbackListener : IAsyncDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly HostNames _names = new([]);
    private readonly TaskCompletionSource<Arrival> _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _path;
    private readonly LoginState _state;
    private readonly WebApplication _web;

    private CallbackListener(CallbackSockets sockets, string path, LoginState state)
    {
        _path = path;
        _state = state;
        _web = Build(sockets);
    }

    /// <summary>The answer of the provider to this login, once it is in.</summary>
    public Task<Arrival> Arrived => _arrived.Task;

    /// <summary>Begins to answer on <paramref name="sockets"/>, which it owns from now on.</summary>
    public static async Task<CallbackListener> StartAsync(CallbackSockets sockets, string path, LoginState state, CancellationToken cancellation)
    {
        var listener = new CallbackListener(sockets, path, state);
        await listener._web.StartAsync(cancellation);
        return listener;
    }

    /// <summary>Shuts the port, after the browser has got its page.</summary>
    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync(CancellationToken.None);
        await _web.DisposeAsync();
    }

    private WebApplication Build(CallbackSockets sockets)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "cliproxyactors-login" });
        builder.WebHost.UseKestrelCore()
            .UseSockets(options => options.CreateBoundListenSocket = endpoint => sockets.All.First(s => s.LocalEndPoint!.Equals(endpoint)))
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = 32;
                kestrel.Limits.MaxRequestBodySize = 0;
                kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
                foreach (var socket in sockets.All)
                {
                    kestrel.Listen(socket.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
                }
            });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = LastWords);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var web = builder.Build();
        web.Run(HandleAsync);
        return web;
    }

    private async Task HandleAsync(HttpContext context)
    {
        var page = Judge(context, out var arrival) ?? await arrival!.Page.WaitAsync(context.RequestAborted);
        var response = context.Response;
        response.StatusCode = page.Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = CallbackPage.SecurityPolicy;
        response.Headers["Referrer-Policy"] = "no-referrer"; // the address holds the code
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.Connection = "close";
        if (page.Status == StatusCodes.Status405MethodNotAllowed)
        {
            response.Headers.Allow = "GET";
        }

        await response.WriteAsync(page.ToHtml(), context.RequestAborted);
    }

    private CallbackPage? Judge(HttpContext context, out Arrival? arrival)
    {
        arrival = null;
        if (!_names.Accepts(context))
        {
            return CallbackPage.WrongHost;
        }

        if (!context.Request.Path.Equals(_path, StringComparison.Ordinal))
        {
            return CallbackPage.NotFound;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            return CallbackPage.OnlyGet;
        }

        var answer = ProviderAnswer.FromQuery(context.Request.QueryString.Value ?? string.Empty);
        if (!_state.Matches(answer.State))
        {
            return CallbackPage.WrongState;
        }

        if (answer is { Code: null, Error: null })
        {
            return CallbackPage.NoCode;
        }

        _arrived.TrySetResult(new Arrival(answer));
        arrival = _arrived.Task.Result;
        return null;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
