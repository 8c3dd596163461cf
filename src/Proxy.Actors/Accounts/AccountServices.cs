using Microsoft.Extensions.Logging;
using Proxy.Actors.Credentials;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>What the account actors are given.</summary>
/// <param name="Time">The one clock.</param>
/// <param name="Logs">Where they log.</param>
/// <param name="Catalogue">The models.</param>
/// <param name="Transport">The way to token endpoints.</param>
/// <param name="Jitter">A number in 0..1, thread-safe: spreads refreshes.</param>
public sealed record AccountServices(TimeProvider Time, ILoggerFactory Logs, ModelCatalogue Catalogue, ITokenTransport Transport, Func<double> Jitter)
{
    /// <summary>Remembers readings and cooldowns over a restart of the process; null for none.</summary>
    public IAccountStateStore? StateStore { get; init; }

    /// <summary>Asks usage endpoints; null: nobody is asked.</summary>
    public UsageClient? Usage { get; init; }

    /// <summary>Runs their refreshes.</summary>
    public RunningRenewals Renewals { get; init; } = new();

    /// <summary>How auth files and journals are written.</summary>
    internal FileSteps FileSteps { get; init; } = FileSteps.OfSystem;
}
