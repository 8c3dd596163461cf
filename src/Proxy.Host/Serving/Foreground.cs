using Proxy.Actors.Engine;

namespace Proxy.Host.Serving;

/// <summary>A proxy in the foreground of a terminal or service.</summary>
internal static class Foreground
{
    /// <summary>Starts a host, says so, and waits until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ProxyHostOptions options, Action<ProxyHost> started, CancellationToken cancellation)
    {
        try
        {
            await using var host = await ProxyHost.StartAsync(options, cancellation);
            started(host);
            await host.WaitForShutdownAsync(cancellation);
            return ExitCodes.Done;
        }
        catch (PortTakenException taken)
        {
            await Console.Error.WriteLineAsync(taken.Message);
            return ExitCodes.PortTaken;
        }
        catch (AddressRefusedException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCodes.Configuration;
        }
        catch (EngineStartException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return ExitCodes.Failed;
        }
    }
}
