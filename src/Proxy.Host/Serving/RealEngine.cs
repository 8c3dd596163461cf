using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;

namespace Proxy.Host.Serving;

/// <summary>The engine that serves.</summary>
internal static class RealEngine
{
    /// <summary>Starts it, with the actor settings that lie beside the program.</summary>
    public static async Task<IProxyEngine> StartAsync(ProxyConfiguration configuration, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation)
    {
        var hocon = await File.ReadAllTextAsync(Path.Join(AppContext.BaseDirectory, "config.hocon"), cancellation);
        return await ProxyEngine.StartAsync(configuration, new EngineServices(hocon, time, logs), cancellation);
    }
}
