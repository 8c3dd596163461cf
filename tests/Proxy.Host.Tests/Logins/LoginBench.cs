using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Proxy.Actors.Configuration;
using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Sandboxing;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Logins;

/// <summary>The command line over simulated providers, in a directory of its own or in that of a running host.</summary>
internal sealed class LoginBench : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string _configuration;
    private readonly bool _isOwner;

    private LoginBench(SandboxServer sandbox, string directory, ProxyConfiguration configuration, TimeProvider time, bool isOwner)
    {
        Sandbox = sandbox;
        Time = time;
        AuthDirectory = configuration.AuthDirectory;
        _directory = directory;
        _configuration = Path.Join(directory, "login.yaml");
        _isOwner = isOwner;
        File.WriteAllText(_configuration, SandboxConfiguration.Yaml(configuration));
    }

    public SandboxServer Sandbox { get; }

    public TimeProvider Time { get; }

    public string AuthDirectory { get; }

    /// <summary>The files of all accounts.</summary>
    public string[] Files => Directory.Exists(AuthDirectory) ? Directory.GetFiles(AuthDirectory, "*.json") : [];

    /// <summary>Says whether a browser can be opened; null counts as none to be seen.</summary>
    public Func<Uri, bool> OpenBrowser { get; set; } = _ => false;

    public static async Task<LoginBench> StartAsync(TimeProvider? time = null)
    {
        time ??= TimeProviders.Real;
        var directory = Directory.CreateTempSubdirectory("cpa-login-").FullName;
        var sandbox = await SandboxServer.StartAsync(new SandboxOptions(), time);
        var configuration = SandboxConfiguration.Over(sandbox, new ProxyConfiguration { AuthDirectory = Path.Join(directory, "auths"), StateDirectory = Path.Join(directory, "state") });
        return new LoginBench(sandbox, directory, configuration, time, isOwner: true);
    }

    /// <summary>Logins beside a running host: they share its directories and its providers, and nothing else.</summary>
    public static LoginBench Beside(HostFixture host) => new(host.Sandbox, host.Directory, host.Host.Configuration, TimeProviders.Real, isOwner: false);

    /// <summary>Starts a command with this bench's configuration.</summary>
    public LoginRun Run(params string[] arguments) => RunPlain([.. arguments, "--config", _configuration]);

    /// <summary>Starts a login that listens on any free port: the registered ones are the machine's, not a test's.</summary>
    public LoginRun Login(string option, params string[] more) => Run([option, "--oauth-callback-port", "0", .. more]);

    /// <summary>Starts a command.</summary>
    public LoginRun RunPlain(params string[] arguments)
    {
        var (typed, shown, errors) = (new TypedLines(), new LoginTerminal(), new LoginTerminal());
        var places = new DefaultPlaces(_directory, AuthDirectory, Path.Join(_directory, "state"));
        var context = new CommandContext(Time, (_, _, _, _) => throw new InvalidOperationException("nothing is served here"), places) { In = typed, Out = shown, Error = errors, OpenBrowser = OpenBrowser };
        return new LoginRun(ProxyCommand.InvokeAsync(arguments, context), typed, shown, errors);
    }

    /// <summary>Makes canaries of the codes and verifiers that went to token endpoints so far.</summary>
    public void RememberSecrets()
    {
        foreach (var call in Sandbox.Requests.All.Where(r => r.Operation == SandboxOperation.Token))
        {
            foreach (Match secret in Regex.Matches(call.BodyText, "(?:code|code_verifier)(?:=|\":\")([^&\"]+)"))
            {
                TestScope.Current.Register(secret.Groups[1].Value);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        RememberSecrets();
        if (_isOwner)
        {
            await Sandbox.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
    }
}

/// <summary>A command that runs.</summary>
internal sealed partial record LoginRun(Task<int> Exit, TypedLines Typed, LoginTerminal Out, LoginTerminal Error)
{
    /// <summary>Its exit code.</summary>
    public Task<int> Code => Exit.WaitAsync(Deadline.Long);

    /// <summary>The address that a person is to open; it is there once the login waits.</summary>
    public async Task<Uri> AddressAsync()
    {
        await Task.WhenAny(Out.UntilAsync("Waiting for the answer"), Exit);
        Exit.IsCompleted.ShouldBeFalse(Error.ToString());
        return new Uri(Address().Match(Out.ToString()).Value.Trim());
    }

    /// <summary>A browser on this machine.</summary>
    public async Task<Person> PersonAsync(IPAddress? over = null) =>
        new(await AddressAsync(), int.Parse(Port().Match(Out.ToString()).Groups[1].Value, CultureInfo.InvariantCulture), over ?? IPAddress.Loopback);

    /// <summary>The code that a person is to type.</summary>
    public async Task<string> UserCodeAsync()
    {
        await Task.WhenAny(Out.UntilAsync("Waiting, for"), Exit);
        Exit.IsCompleted.ShouldBeFalse(Error.ToString());
        return UserCode().Match(Out.ToString()).Groups[1].Value;
    }

    [GeneratedRegex("^  http\\S+$", RegexOptions.Multiline)]
    private static partial Regex Address();

    [GeneratedRegex("on port (\\d+) of")]
    private static partial Regex Port();

    [GeneratedRegex("code: (\\S+)")]
    private static partial Regex UserCode();
}
