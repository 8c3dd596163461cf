using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Engine;

/// <summary>What the engine is given by its host.</summary>
/// <param name="Hocon">The text of <c>config.hocon</c>.</param>
/// <param name="Time">The one clock.</param>
/// <param name="Logs">Where everything logs.</param>
public sealed record EngineServices(string Hocon, TimeProvider Time, ILoggerFactory Logs)
{
    /// <summary>The models.</summary>
    public ModelCatalogue Catalogue { get; init; } = ModelCatalogue.Default;

    /// <summary>A certificate to trust beside the system's: the sandbox's, in tests and under <c>--sandbox</c>; null for none.</summary>
    public X509Certificate2? AlsoTrusted { get; init; }
}
