using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Host.Configuration;
using Proxy.Host.Sandboxing;
using Proxy.Host.Serving;
using Proxy.Sandbox;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Hosting;

/// <summary>What a <see cref="HostFixture"/> is started with.</summary>
internal sealed record HostFixtureOptions
{
    /// <summary>More lines of <c>config.yaml</c>, behind those of the fixture.</summary>
    public string Yaml { get; init; } = string.Empty;

    /// <summary>Last word on the configuration.</summary>
    public Func<ProxyConfiguration, ProxyConfiguration>? Configure { get; init; }

#pragma warning disable RS0030 // the default of tests whose subject is a real socket
    /// <summary>The one clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
#pragma warning restore RS0030

    /// <summary>The engine; a <see cref="FakeEngine"/> unless told otherwise.</summary>
    public EngineStart? StartEngine { get; init; }

    /// <summary>Kestrel's own timers.</summary>
    public Action<KestrelServerOptions>? Kestrel { get; init; }

    /// <summary>Signs of life of WebSockets; the product's where null.</summary>
    public (TimeSpan Interval, TimeSpan Timeout)? SocketPings { get; init; }

    /// <summary>Called with the auth directory before the start: writes account files.</summary>
    public Action<string>? WriteAccounts { get; init; }

    /// <summary>Puts a sandbox in the place of all providers, its accounts into the auth directory, and the real engine behind the doors.</summary>
    public SandboxOptions? Sandbox { get; init; }

    /// <summary>Ask the sandbox's usage endpoints. Off, so that tests of other things can count calls.</summary>
    public bool AsksUsage { get; init; }

    /// <summary>Called with the sandbox before the host starts: adds accounts, scripts faults.</summary>
    public Action<SandboxServer>? PrepareSandbox { get; init; }
}

/// <summary>A real host in this process, on a port of its own, over a directory of its own.</summary>
internal sealed class HostFixture : IAsyncDisposable
{
    private readonly SandboxServer? _sandbox;
    private readonly TestScope _scope = TestScope.Current;

    private HostFixture(ProxyHost host, string directory, LogLines logs, FakeEngine fake, SandboxServer? sandbox)
    {
        Host = host;
        _sandbox = sandbox;
        if (sandbox is not null)
        {
            _scope.Register(sandbox.ControlToken);
        }

        Directory = directory;
        Logs = logs;
        Fake = fake;
        BaseUrl = host.Addresses[0];
        Client = new HttpClient(new WatchedClient(_scope, new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })) { BaseAddress = BaseUrl, Timeout = Deadline.Long };
    }

    public ProxyHost Host { get; }

    /// <summary>Holds config.yaml, auths and state.</summary>
    public string Directory { get; }

    public string ConfigurationPath => Path.Join(Directory, "config.yaml");

    public string AuthDirectory => Path.Join(Directory, "auths");

    public LogLines Logs { get; }

    /// <summary>The engine behind the doors, unless the options named another.</summary>
    public FakeEngine Fake { get; }

    /// <summary>The simulated providers, where the options asked for them.</summary>
    public SandboxServer Sandbox => _sandbox ?? throw new InvalidOperationException("started without a sandbox");

    public Uri BaseUrl { get; }

    public HttpClient Client { get; }

    public static async Task<HostFixture> StartAsync(HostFixtureOptions? options = null)
    {
        options ??= new HostFixtureOptions();
        var directory = System.IO.Directory.CreateTempSubdirectory("cpa-host-").FullName;
        var path = Path.Join(directory, "config.yaml");
        var text = $"auth-dir: ./auths\nstate-dir: ./state\n{options.Yaml}\n";
        await File.WriteAllTextAsync(path, text);
        PrivateDirectories.Create(Path.Join(directory, "auths"));
        PrivateDirectories.Create(Path.Join(directory, "state"));
        options.WriteAccounts?.Invoke(Path.Join(directory, "auths"));
        var reading = ConfigurationReader.Read(text, path, new DefaultPlaces(directory, directory, directory));
        var configuration = reading.Configuration ?? throw new ArgumentException(string.Join('\n', reading.Report.Remarks), nameof(options));
        var sandbox = options.Sandbox is null ? null : await SandboxServer.StartAsync(options.Sandbox, options.Time);
        if (sandbox is not null)
        {
            options.PrepareSandbox?.Invoke(sandbox);
            SandboxConfiguration.WriteAccounts(sandbox, configuration.AuthDirectory);
            configuration = SandboxConfiguration.Over(sandbox, configuration);
            configuration = sandbox.TlsBaseUrl is { } tls ? OverTls(configuration, tls) : configuration;
            configuration = configuration with
            {
                Claude = configuration.Claude with { HasUsage = options.AsksUsage },
                Codex = configuration.Codex with { HasUsage = options.AsksUsage },
            };
        }

        var logs = new LogLines();
        var fake = new FakeEngine();
        var settings = new ProxyHostOptions
        {
            Configuration = options.Configure?.Invoke(configuration) ?? configuration,
            ConfigurationPath = path,
            ConfigurationText = text,
            Places = new DefaultPlaces(directory, directory, directory),
            Time = options.Time,
            Logs = logs,
            StartEngine = options.StartEngine ?? (sandbox is null ? (_, _, _, _) => Task.FromResult<IProxyEngine>(fake) : Real(sandbox)),
            Port = 0,
            Kestrel = options.Kestrel,
        };
        var host = await ProxyHost.StartAsync(options.SocketPings is { } pings ? settings with { SocketPings = pings } : settings);
        return new HostFixture(host, directory, logs, fake, sandbox);
    }

    /// <summary>The engine that serves; the sandbox's certificate is trusted by it and by nobody else.</summary>
    private static EngineStart Real(SandboxServer sandbox) => sandbox.Certificate is null ? RealEngine.StartAsync : async (configuration, time, logs, cancellation) =>
        await ProxyEngine.StartAsync(
            configuration,
            new EngineServices(await File.ReadAllTextAsync(Path.Join(AppContext.BaseDirectory, "config.hocon"), cancellation), time, logs) { AlsoTrusted = sandbox.Certificate },
            cancellation);

    private static ProxyConfiguration OverTls(ProxyConfiguration configuration, Uri tls) => configuration with
    {
        Claude = configuration.Claude with { BaseUrl = tls, TokenUrl = new Uri(tls, "/v1/oauth/token") },
        Codex = configuration.Codex with { BaseUrl = new Uri(tls, "/backend-api/codex"), TokenUrl = new Uri(tls, "/oauth/token") },
    };

    /// <summary>Sends raw bytes on a connection of their own and reads until the host closes it or <paramref name="until"/> is seen.</summary>
    public async Task<string> RawAsync(string request, string? until = null, bool half = false)
    {
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(BaseUrl.Host, BaseUrl.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        if (half)
        {
            socket.Client.Shutdown(SocketShutdown.Send);
        }

        var answer = await ReadAsync(stream, until);
        _scope.Show(answer, ShownIn.Answer);
        return answer;
    }

    /// <summary>Reads until the end of the stream, or until <paramref name="until"/> is seen.</summary>
    public static async Task<string> ReadAsync(Stream stream, string? until = null)
    {
        var text = new StringBuilder();
        var buffer = new byte[8192];
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        try
        {
            while (until is null || !text.ToString().Contains(until, StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(buffer, deadline.Token);
                if (read == 0)
                {
                    break;
                }

                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            text.Append("<reset>");
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await ShowStateAsync();
        await Host.DisposeAsync();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>What the debug endpoint would show in the end is searched for secrets, in every test that has a host.</summary>
    private async Task ShowStateAsync()
    {
        using var patience = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        try
        {
            _scope.Show((await Host.Engine.DescribeAsync(patience.Token)).ToJsonString(), ShownIn.Debug);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // an engine that a test has stopped, or whose clock stands still, has nothing to show
        }
    }
}

/// <summary>The system's clock, for fail-safe deadlines only.</summary>
internal static class TimeProviders
{
#pragma warning disable RS0030
    public static TimeProvider Real { get; } = TimeProvider.System;
#pragma warning restore RS0030
}
