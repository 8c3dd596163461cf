using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Host.Control;

namespace Proxy.Host.CommandLine;

/// <summary>The way to the accounts: the running proxy, or the files where none runs.</summary>
/// <param name="Control">What answers.</param>
/// <param name="Owned">To be let go of when the command is over.</param>
internal sealed record AccountsReach(IAccountControl Control, IDisposable Owned) : IDisposable
{
    /// <summary>Finds it.</summary>
    /// <exception cref="ControlUnavailableException">A proxy is there, but can't be reached.</exception>
    public static async Task<AccountsReach> OpenAsync(ProxyConfiguration configuration, CommandContext context, CancellationToken cancellation)
    {
        if (await ControlClient.ConnectAsync(configuration.StateDirectory, context.Time, cancellation) is { } running)
        {
            return new AccountsReach(running, running);
        }

        var stored = new StoredAccounts(configuration, context.Time);
        return new AccountsReach(stored, stored);
    }

    /// <inheritdoc />
    public void Dispose() => Owned.Dispose();
}
