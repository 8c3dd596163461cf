using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Host.Configuration;

namespace Proxy.Host.Serving;

/// <summary>Starts an engine; tests put a fake in its place.</summary>
internal delegate Task<IProxyEngine> EngineStart(ProxyConfiguration configuration, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation);

/// <summary>What a <see cref="ProxyHost"/> is made of.</summary>
internal sealed record ProxyHostOptions
{
    /// <summary>The configuration to start with.</summary>
    public required ProxyConfiguration Configuration { get; init; }

    /// <summary>The one clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Loggers for everything.</summary>
    public required ILoggerFactory Logs { get; init; }

    /// <summary>Starts the engine.</summary>
    public required EngineStart StartEngine { get; init; }

    /// <summary>The file to watch; null for a configuration that stands (sandbox).</summary>
    public string? ConfigurationPath { get; init; }

    /// <summary>The content that <see cref="Configuration"/> was read from.</summary>
    public string ConfigurationText { get; init; } = string.Empty;

    /// <summary>Directories that stand where the file names none.</summary>
    public DefaultPlaces Places { get; init; } = DefaultPlaces.OfUser();

    /// <summary>Beats the configuration's port; 0 = any free one.</summary>
    public int? Port { get; init; }

    /// <summary>Told when a reload changes <c>debug</c>.</summary>
    public Action<bool>? DebugChanged { get; init; }

    /// <summary>How often a WebSocket's client is asked for a sign of life, and how long it may take to give one. By the system's clock, as all of ASP.NET's own timers.</summary>
    public (TimeSpan Interval, TimeSpan Timeout) SocketPings { get; init; } = (TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30));

    /// <summary>SIGINT and SIGTERM stop the host.</summary>
    public bool HandlesSignals { get; init; }

    /// <summary>Last word on Kestrel's own timers: they go by the system's clock, so tests set them short.</summary>
    public Action<KestrelServerOptions>? Kestrel { get; init; }
}

/// <summary>The address can't be listened on: it is not this machine's, or the port needs rights that the process does not have.</summary>
internal sealed class AddressRefusedException(string host, int port, Exception inner)
    : Exception($"host: can't listen on {host} port {port}: {inner.Message.TrimEnd('.')}. Write an address of this machine and a port above 1023 in config.yaml.", inner);

/// <summary>The port is in use. The proxy never takes another one on its own.</summary>
internal sealed class PortTakenException(int port, Exception inner)
    : Exception(
        $"Port {port} is in use, perhaps by a proxy that runs already. Stop the other program (find it: ss -ltnp 'sport = :{port}'), or write another port: in config.yaml and in the clients' base URLs.",
        inner);
