using Microsoft.Extensions.Logging;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;

namespace Proxy.Host.Serving;

/// <summary>The engine that serves.</summary>
internal static class RealEngine
{
    /// <summary>Starts it.</summary>
    public static Task<IProxyEngine> StartAsync(ProxyConfiguration configuration, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation) =>
        throw new NotSupportedException("no engine yet");
}
