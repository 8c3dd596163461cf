using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Engine;

namespace Proxy.Host.Control;

/// <summary>
/// Serves the control socket: a small server of its own, which has no other listener, so that nothing it serves can be
/// reached over TCP whatever a request says of itself.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private readonly ControlPlace _place;
    private readonly WebApplication _web;

    private ControlServer(ControlPlace place, WebApplication web) => (_place, _web) = (place, web);

    /// <summary>Opens it. Called by who holds the state directory's lock.</summary>
    /// <returns>Null when it can't be had: the log says why, and the proxy serves without.</returns>
    public static async Task<ControlServer?> StartAsync(string stateDirectory, IProxyEngine engine, ILogger log, CancellationToken cancellation)
    {
        var place = ControlPlace.Of(stateDirectory);
        WebApplication? web = null;
        try
        {
            web = await BuildAsync(place, new ControlApi(engine, log), cancellation);
            await web.StartAsync(cancellation);
            return new ControlServer(place, web);
        }
        catch (Exception refused) when (refused is ControlUnavailableException or IOException or UnauthorizedAccessException)
        {
            await (web?.DisposeAsync() ?? ValueTask.CompletedTask);
            log.LogWarning("No control socket: {Reason}. The accounts command works on the files alone", refused.Message);
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        if (_place.Pipe is null)
        {
            File.Delete(_place.Path);
        }
    }

    private static async Task<WebApplication> BuildAsync(ControlPlace place, ControlApi api, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "cliproxyactors-control" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Limit);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        if (place.Pipe is { } pipe && OperatingSystem.IsWindows())
        {
            builder.WebHost.UseNamedPipes(pipes => pipes.CurrentUserOnly = true).ConfigureKestrel(k => k.ListenNamedPipe(pipe, Http1));
        }
        else
        {
            var socket = await place.BindAsync(cancellation);
            builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => socket).ConfigureKestrel(k => k.ListenUnixSocket(place.Path, Http1));
        }

        var web = builder.Build();
        web.Run(api.HandleAsync);
        return web;
    }

    private static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = ControlApi.MaxBody;
        kestrel.Limits.MaxConcurrentConnections = 64;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8192;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
    }

    // It ends with its proxy, not by signals of its own.
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
