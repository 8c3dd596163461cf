using Proxy.Host.Serving;

namespace Proxy.Host.Sandboxing;

/// <summary><c>--sandbox</c>: the proxy over simulated providers.</summary>
internal static class SandboxCommand
{
    /// <summary>Runs it until it is told to stop.</summary>
    public static Task<int> RunAsync(int? port, TimeProvider time, EngineStart startEngine, CancellationToken cancellation) =>
        throw new NotSupportedException("no sandbox yet");
}
