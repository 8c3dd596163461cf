using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;

namespace Proxy.Host.CommandLine;

/// <summary>The way to the accounts: the running proxy, or the files where none runs.</summary>
/// <param name="Control">What answers.</param>
/// <param name="Owned">To be let go of when the command is over.</param>
internal sealed record AccountsReach(IAccountControl Control, IDisposable Owned) : IDisposable
{
    /// <summary>Finds it.</summary>
    public static Task<AccountsReach> OpenAsync(ProxyConfiguration configuration, CommandContext context, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var stored = new StoredAccounts(configuration, context.Time);
        return Task.FromResult(new AccountsReach(stored, stored));
    }

    /// <inheritdoc />
    public void Dispose() => Owned.Dispose();
}
