using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Host.Configuration;
using Proxy.Host.Control;
using Proxy.Host.Doors;
using Proxy.Host.Logging;

namespace Proxy.Host.Serving;

/// <summary>The running proxy: Kestrel in front, the engine behind, the control socket beside, the configuration file watched.</summary>
internal sealed class ProxyHost : IAsyncDisposable
{
    private readonly ProxyHostOptions _options;
    private readonly ILogger _log;
    private readonly LiveConfiguration _live;
    private readonly TaskCompletionSource<IProxyEngine> _engine = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _web;
    private ConfigurationWatcher? _watcher;
    private ControlServer? _control;

    private ProxyHost(ProxyHostOptions options)
    {
        _options = options;
        _log = options.Logs.CreateLogger("Proxy");
        _live = new LiveConfiguration(options.Configuration);
        Pipeline = new RequestPipeline(_live, _engine.Task, options, _stopping.Token);
        _web = Build();
    }

    /// <summary>The way of the requests.</summary>
    public RequestPipeline Pipeline { get; }

    /// <summary>The engine, once the start is over.</summary>
    public IProxyEngine Engine => _engine.Task.GetAwaiter().GetResult();

    /// <summary>The configuration in force.</summary>
    public ProxyConfiguration Configuration => _live.Current;

    /// <summary>Where it listens, with the real port.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>Starts listening, then the engine: two proxies must not refresh the same tokens, and the port tells them apart.</summary>
    /// <exception cref="PortTakenException">The port is in use.</exception>
    /// <exception cref="AddressRefusedException">The address can't be listened on.</exception>
    public static async Task<ProxyHost> StartAsync(ProxyHostOptions options, CancellationToken cancellation = default)
    {
        var host = new ProxyHost(options);
        try
        {
            await host.OpenAsync(cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends when the process is told to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _web.WaitForShutdownAsync(cancellation);

    /// <summary>Stops as at SIGTERM: takes no more requests, says goodbye to idle sockets, and lets those in flight end for a while.</summary>
    public Task StopAsync(CancellationToken cancellation) => _web.StopAsync(cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null)
        {
            await _watcher.DisposeAsync();
        }

        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        await _web.DisposeAsync();
        if (_engine.Task.IsCompletedSuccessfully)
        {
            await (await _engine.Task).DisposeAsync();
        }

        _engine.TrySetCanceled(CancellationToken.None);
        _stopping.Dispose();
        if (Addresses.Count > 0)
        {
            _log.LogInformation("Stopped");
        }
    }

    /// <summary>Takes a new content of the configuration file, or says why not and keeps the last good one.</summary>
    internal async Task ReloadAsync(string text)
    {
        var reading = ConfigurationReader.Read(text, _options.ConfigurationPath!, _options.Places);
        if (reading.Configuration is not { } accepted)
        {
            var errors = reading.Report.Remarks.Where(r => r.Severity == Severity.Error).ToList();
            _log.LogError("Not applied, the last good configuration stays in force: {Remark}{More}", errors[0].ToString(), errors.Count > 1 ? $" (and {errors.Count - 1} more)" : string.Empty);
            return;
        }

        var change = _live.Replace(accepted);
        _options.DebugChanged?.Invoke(change.Configuration.Debug);
        await (await _engine.Task).ReconfigureAsync(change.Configuration, CancellationToken.None);
        _log.LogInformation(
            "{File} applied: {Changed}{Restart}", reading.Report.File,
            change.Changed.Count == 0 ? "nothing changed" : string.Join(", ", change.Changed),
            change.NeedRestart.Count == 0 ? string.Empty : $"; needs a restart: {string.Join(", ", change.NeedRestart)}");
        if (change.NeedRestart.Count > 0)
        {
            _log.LogWarning("{File}: {Keys} will count after a restart of the proxy; until then the old value stays in force", reading.Report.File, string.Join(", ", change.NeedRestart));
        }

        ConsoleLog.Tell(_log, reading.Report);
    }

    private static bool HasIPv6()
    {
        try
        {
            using var probe = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetworkV6, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            await _web.StartAsync(cancellation);
        }
        catch (IOException trouble) when (trouble.InnerException is AddressInUseException)
        {
            throw new PortTakenException(_options.Port ?? _live.Current.Server.Port, trouble);
        }

        catch (System.Net.Sockets.SocketException refused)
        {
            throw new AddressRefusedException(_live.Current.Server.Host is { Length: > 0 } host ? host : "localhost", _options.Port ?? _live.Current.Server.Port, refused);
        }

        var addresses = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Addresses = [.. addresses.Select(a => new Uri(a))];
        _web.Lifetime.ApplicationStopping.Register(() =>
        {
            _log.LogInformation("Stopping; {Requests} requests in flight", Pipeline.Inside);
            _stopping.Cancel();
        });
        var engine = await _options.StartEngine(_live.Current, _options.Time, _options.Logs, cancellation);
        _engine.SetResult(engine);
        _control = await ControlServer.StartAsync(_live.Current.StateDirectory, engine, _log, cancellation);
        if (_options.ConfigurationPath is { } path)
        {
            _watcher = new ConfigurationWatcher(path, _options.ConfigurationText, _options.Time, ReloadAsync, _log);
        }
    }

    private WebApplication Build()
    {
        // An empty builder reads no environment: neither ASPNETCORE_URLS nor the forwarded-headers switch has a say.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "cliproxyactors" });
        builder.WebHost.UseKestrelCore().UseSockets(Sockets).ConfigureKestrel(Listen);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
        if (!_options.HandlesSignals)
        {
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        }

        var web = builder.Build();
        web.Run(Pipeline.HandleAsync);
        return web;
    }

    // Without it each flush is handed to another thread of the pool, which for a stream means each event. Nothing here
    // blocks, so what runs on the thread that found a socket ready never holds others up for long (docs/performance.md).
    private static void Sockets(SocketTransportOptions sockets) => sockets.UnsafePreferInlineScheduling = true;

    private void Listen(KestrelServerOptions kestrel)
    {
        var server = _live.Current.Server;
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;

        // BodyReader holds the limit: it can change while the proxy runs, and its refusals speak the caller's dialect.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxConcurrentConnections = server.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = server.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = server.RequestHeadersTimeout;
        _options.Kestrel?.Invoke(kestrel);

        var port = _options.Port ?? server.Port;
        var addresses = BindAddresses.Of(server.Host) ?? throw new InvalidOperationException($"{server.Host} was not checked");
        foreach (var address in addresses)
        {
            // A dynamic port is one port: the second address could not share it.
            if (address.Equals(IPAddress.IPv6Loopback) && addresses.Count > 1 && (port == 0 || !HasIPv6()))
            {
                continue;
            }

            kestrel.Listen(address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(PeerAddress.Note);
            });
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
