using Proxy.Actors.Configuration;
using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Sandboxing;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;

namespace Proxy.Host.Tests.Control;

/// <summary>What a command ended with.</summary>
internal sealed record CommandRun(int Code, string Out, string Error);

/// <summary>
/// A person's directory: config.yaml, logins and state over a simulated provider. Proxies start and stop on it, and
/// commands run beside them as they would in another terminal.
/// </summary>
internal sealed class AccountsPlace : IAsyncDisposable
{
    private AccountsPlace(string directory, SandboxServer sandbox) => (Directory, Sandbox) = (directory, sandbox);

    public SandboxServer Sandbox { get; }

    public string Directory { get; }

    public string AuthDirectory => Path.Join(Directory, "auths");

    public string StateDirectory { get; private init; } = string.Empty;

    public string SocketPath => Path.Join(StateDirectory, "control.sock");

    public string ConfigurationPath => Path.Join(Directory, "config.yaml");

    /// <summary>The id of the account by API key.</summary>
    public string KeyId => Configuration().ApiKeyAccounts.Select(a => Proxy.Actors.Accounts.AccountId.For(a.Provider, a.EntryKey).Value).Single();

    public static async Task<AccountsPlace> CreateAsync(int claude = 2, int chatGpt = 1, string? stateDirectory = null, Action<SandboxServer>? prepare = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("cpa-place-").FullName;
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ClaudeAccounts = claude, ChatGptAccounts = chatGpt }, TimeProviders.Real);
        prepare?.Invoke(sandbox);
        var place = new AccountsPlace(directory, sandbox) { StateDirectory = Path.Join(directory, stateDirectory ?? "state") };
        PrivateDirectories.Create(place.AuthDirectory);
        PrivateDirectories.Create(place.StateDirectory);
        SandboxConfiguration.WriteAccounts(sandbox, place.AuthDirectory);
        await File.WriteAllTextAsync(place.ConfigurationPath, $"""
            auth-dir: ./auths
            state-dir: "{place.StateDirectory}"
            providers:
              claude:
                base-url: "{sandbox.ClaudeBaseUrl}"
                token-url: "{sandbox.ClaudeTokenUrl}"
              codex:
                base-url: "{sandbox.CodexBaseUrl}"
                token-url: "{sandbox.CodexTokenUrl}"
            openai-compatibility:
              - name: lab
                base-url: "{sandbox.CompatibleBaseUrl}"
                api-key-entries:
                  - api-key: "{sandbox.Accounts.All.Single(a => a.Kind == SandboxAccountKind.Compatible).ApiKey}"
                models:
                  - name: sandbox-chat

            """);
        return place;
    }

    /// <summary>Starts a proxy on this place, with the real engine.</summary>
    public Task<HostFixture> StartAsync() => HostFixture.StartAsync(new HostFixtureOptions { Configure = _ => Configuration(), StartEngine = RealEngine.StartAsync });

    /// <summary>Runs a command here; nobody sits at its terminal unless <paramref name="typed"/> is given.</summary>
    public async Task<CommandRun> RunAsync(string command, string? typed = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new CommandContext(TimeProviders.Real, RealEngine.StartAsync, new DefaultPlaces(Directory, AuthDirectory, StateDirectory))
        {
            In = new StringReader(typed ?? string.Empty),
            Out = output,
            Error = error,
            IsInteractive = typed is not null,
        };
        var code = await ProxyCommand.InvokeAsync([.. command.Split(' '), "--config", ConfigurationPath], context).WaitAsync(Deadline.Long);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>A file's mode; null where there are none.</summary>
    public static UnixFileMode? ModeOf(string path) => OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);

    public string FileOf(string label) =>
        System.IO.Directory.GetFiles(AuthDirectory, "*.json").Single(f => File.ReadAllText(f).Contains($"\"label\":\"{label}\"", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>What its config.yaml says.</summary>
    public ProxyConfiguration Configuration()
    {
        var reading = ConfigurationReader.Read(File.ReadAllText(ConfigurationPath), ConfigurationPath, new DefaultPlaces(Directory, AuthDirectory, StateDirectory));
        return reading.Configuration ?? throw new InvalidOperationException(string.Join('\n', reading.Report.Remarks));
    }
}
