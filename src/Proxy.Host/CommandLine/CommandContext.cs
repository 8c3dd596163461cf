using System.CommandLine;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Logins;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary>What every command works with: the clock, the terminal, and the configuration that <c>--config</c> names.</summary>
/// <param name="time">The one clock.</param>
/// <param name="startEngine">Starts the engine of a served proxy.</param>
/// <param name="places">Where things stand that no file names.</param>
internal sealed class CommandContext(TimeProvider time, EngineStart startEngine, DefaultPlaces places)
{
    /// <summary><c>--config</c>, for all commands.</summary>
    public Option<string?> Config { get; } = new("--config", "-c")
    {
        Description = "The configuration file. Default: config.yaml in the current directory.",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>The one clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Starts the engine of a served proxy.</summary>
    public EngineStart StartEngine => startEngine;

    /// <summary>Where things stand that no file names.</summary>
    public DefaultPlaces Places => places;

    /// <summary>What the person types.</summary>
    public TextReader In { get; init; } = Console.In;

    /// <summary>What the person asked for.</summary>
    public TextWriter Out { get; init; } = Console.Out;

    /// <summary>What went wrong, and hints.</summary>
    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>A person sits at <see cref="In"/> and can be asked.</summary>
    public bool IsInteractive { get; init; } = !Console.IsInputRedirected;

    /// <summary>The environment of the person who runs the command.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Opens an address in the person's browser; false where there is none.</summary>
    public Func<Uri, bool> OpenBrowser { get; init; } = address => BrowserOpener.TryOpen(address, System.Environment.GetEnvironmentVariable);

    /// <summary>
    /// The configuration for a command that works on accounts and state. Where <c>--config</c> names no file and none
    /// lies in the current directory, the defaults count: a first login needs no file.
    /// </summary>
    /// <returns>Null when there is none: what is wrong stands on <see cref="Error"/>, the exit code is <see cref="ExitCodes.Configuration"/>.</returns>
    public ProxyConfiguration? Configure(ParseResult parsed)
    {
        var given = parsed.GetValue(Config);
        var path = Path.GetFullPath(given ?? ConfigurationFile.DefaultName);
        if (given is null && !File.Exists(path))
        {
            return new ProxyConfiguration { AuthDirectory = places.AuthDirectory, StateDirectory = places.StateDirectory };
        }

        return ConfigurationLoader.Load(path, places, Error)?.Reading.Configuration;
    }
}
