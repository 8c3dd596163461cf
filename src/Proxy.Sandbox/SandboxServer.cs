using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Amp;
using Proxy.Sandbox.Anthropic;
using Proxy.Sandbox.ChatGpt;
using Proxy.Sandbox.Compatible;
using Proxy.Sandbox.Control;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.OAuth;
using Proxy.Sandbox.Recording;
using Proxy.Sandbox.Scripts;
using Proxy.Sandbox.Tls;

namespace Proxy.Sandbox;

/// <summary>
/// Simulated Anthropic, ChatGPT, OpenAI-compatible and ampcode.com servers in this process, on loopback ports of their own.
/// They validate like the real ones, rotate tokens, count quota, and go wrong as scripted.
/// </summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<Door, ListenOptions> _doors;

    private SandboxServer(WebApplication app, Dictionary<Door, ListenOptions> doors, SandboxAccounts accounts, RequestLog requests, FaultScript loginFaults, string controlToken, X509Certificate2? certificate)
    {
        _app = app;
        _doors = doors;
        Accounts = accounts;
        Requests = requests;
        LoginFaults = loginFaults;
        ControlToken = controlToken;
        Certificate = certificate;
    }

    private enum Door
    {
        Anthropic,
        ChatGpt,
        Compatible,
        Amp,
        Control,
        Tls,
    }

    /// <summary>Base URL of the simulated Anthropic.</summary>
    public Uri ClaudeBaseUrl => UrlOf(Door.Anthropic);

    /// <summary>Its OAuth token endpoint.</summary>
    public Uri ClaudeTokenUrl => new(ClaudeBaseUrl, "/v1/oauth/token");

    /// <summary>Its profile endpoint.</summary>
    public Uri ClaudeProfileUrl => new(ClaudeBaseUrl, "/api/oauth/profile");

    /// <summary>The page on which a person lets a login in, Claude's.</summary>
    public Uri ClaudeAuthorizeUrl => new(ClaudeBaseUrl, ConsentPages.AuthorizePath);

    /// <summary>The page on which a person lets a login in, ChatGPT's.</summary>
    public Uri CodexAuthorizeUrl => new(UrlOf(Door.ChatGpt), ConsentPages.AuthorizePath);

    /// <summary>Where a login with a code for another device is asked for: <c>…/usercode</c>, <c>…/token</c>.</summary>
    public Uri CodexDeviceUrl => new(UrlOf(Door.ChatGpt), DevicePages.ApiPath);

    /// <summary>Faults of a login's pages and device calls before an account is known; afterwards the account's own script counts.</summary>
    public FaultScript LoginFaults { get; }

    /// <summary>Base URL of the simulated ChatGPT backend, without slash at the end: <c>…/backend-api/codex</c>.</summary>
    public Uri CodexBaseUrl => new(UrlOf(Door.ChatGpt), "/backend-api/codex");

    /// <summary>Its OAuth token endpoint.</summary>
    public Uri CodexTokenUrl => new(UrlOf(Door.ChatGpt), "/oauth/token");

    /// <summary>Base URL of the OpenAI-compatible server: <c>…/v1</c>.</summary>
    public Uri CompatibleBaseUrl => new(UrlOf(Door.Compatible), "/v1");

    /// <summary>Base URL of the simulated ampcode.com.</summary>
    public Uri AmpUrl => UrlOf(Door.Amp);

    /// <summary>Where faults and quotas are set over HTTP: POST /control, GET /state.</summary>
    public Uri ControlUrl => UrlOf(Door.Control);

    /// <summary>The bearer token that the control port wants.</summary>
    public string ControlToken { get; }

    /// <summary>HTTPS (HTTP/1.1 and HTTP/2) with the Anthropic and ChatGPT routes; null unless asked for.</summary>
    public Uri? TlsBaseUrl => _doors.ContainsKey(Door.Tls) ? UrlOf(Door.Tls) : null;

    /// <summary>The certificate of <see cref="TlsBaseUrl"/>, to be trusted by tests only.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>The accounts.</summary>
    public SandboxAccounts Accounts { get; }

    /// <summary>What came in.</summary>
    public RequestLog Requests { get; }

    /// <summary>Calls of the token endpoints so far.</summary>
    public long TokenCalls => Requests.TokenCalls;

    /// <summary>Starts all servers on free ports of 127.0.0.1.</summary>
    /// <param name="options">What to start with.</param>
    /// <param name="time">The clock of quotas, tokens and pace.</param>
    /// <param name="ct">Gives the start up.</param>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, TimeProvider time, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var accounts = DefaultAccounts(options, time);
        var requests = new RequestLog(options.KeepRequests, options.KeepBytes);
        var certificate = options.Tls ? SandboxCertificate.Make(time.GetUtcNow()) : null;
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var doors = new Dictionary<Door, ListenOptions>();
        var app = Build(options, certificate, requests, doors);
        var loginFaults = new FaultScript();
        Route(app, options, accounts, requests, loginFaults, time, token);
        await app.StartAsync(ct);
        return new SandboxServer(app, doors, accounts, requests, loginFaults, token, certificate);
    }

    /// <summary>Writes auth files for all OAuth accounts (<see cref="SandboxAccount.WriteAuthFile"/>) and returns their paths.</summary>
    public IReadOnlyList<string> WriteAuthFiles(string directory, DateTimeOffset? expired = null) =>
        [.. Accounts.All.Where(a => a.Kind is SandboxAccountKind.ClaudeOAuth or SandboxAccountKind.ChatGpt).Select(a => a.WriteAuthFile(directory, expired))];

    /// <summary>Drops every connection and frees the ports.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // asked for: open streams are cut, not waited for
        }

        await _app.DisposeAsync();
        Certificate?.Dispose();
    }

    private static SandboxAccounts DefaultAccounts(SandboxOptions options, TimeProvider time)
    {
        var accounts = new SandboxAccounts(time, options.TokenLifetime, options.SharePerRequest);
        for (var i = 1; i <= options.ClaudeAccounts; i++)
        {
            accounts.AddClaude($"claude-{i}");
        }

        for (var i = 1; i <= options.ChatGptAccounts; i++)
        {
            accounts.AddChatGpt($"codex-{i}");
        }

        accounts.AddClaudeKey("claude-key-1");
        accounts.AddCompatible("compatible-1");
        return accounts;
    }

    private static WebApplication Build(SandboxOptions options, X509Certificate2? certificate, RequestLog requests, Dictionary<Door, ListenOptions> doors)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.UseKestrelHttpsConfiguration();
        if (options.WaitsForSocket)
        {
            builder.WebHost.UseSockets(s => s.MaxWriteBufferSize = 1);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = true;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxResponseBufferSize = options.WaitsForSocket ? 0 : 64 * 1024;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (var door in Enum.GetValues<Door>())
            {
                if (door == Door.Tls && certificate is null)
                {
                    continue;
                }

                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    doors[door] = listen;
                    listen.Protocols = door == Door.Tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                    if (door != Door.Control)
                    {
                        listen.Use(next => async connection =>
                        {
                            requests.ConnectionOpened();
                            try
                            {
                                await next(connection);
                            }
                            finally
                            {
                                requests.ConnectionClosed();
                            }
                        });
                    }

                    listen.Use(next => connection =>
                    {
                        connection.Items[typeof(Door)] = door;
                        return next(connection);
                    });
                    if (door == Door.Tls)
                    {
                        listen.UseHttps(certificate!);
                    }
                });
            }
        });
        return builder.Build();
    }

    private static void Route(WebApplication app, SandboxOptions options, SandboxAccounts accounts, RequestLog requests, FaultScript loginFaults, TimeProvider time, string token)
    {
        var codes = new LoginCodes(time);
        var cache = new PromptCache();
        var planner = new AnswerPlanner(cache);
        var anthropic = new AnthropicService(accounts, planner, codes);
        var chatGpt = new ChatGptService(accounts, planner, codes, new DeviceLogins(codes, time), options.EmptyCompletedOutput);
        var compatible = new CompatibleService(accounts, planner);
        var amp = new AmpService();
        var control = new ControlEndpoint(accounts, requests, loginFaults, cache, time, token);
        var pipeline = new RequestPipeline(requests, loginFaults, time);
        app.Run(http => DoorOf(http) switch
        {
            Door.Anthropic => pipeline.RunAsync(http, anthropic),
            Door.ChatGpt => pipeline.RunAsync(http, chatGpt),
            Door.Compatible => pipeline.RunAsync(http, compatible),
            Door.Amp => pipeline.RunAsync(http, amp),
            Door.Control => control.RunAsync(http),
            _ => pipeline.RunAsync(http, http.Request.Path.StartsWithSegments("/backend-api") || http.Request.Path == "/oauth/token" ? chatGpt : anthropic),
        });
    }

    private static Door DoorOf(HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(typeof(Door), out var door) == true && door is Door known
            ? known
            : throw new InvalidOperationException("A connection came through no door.");

    private Uri UrlOf(Door door) => new($"{(door == Door.Tls ? "https" : "http")}://127.0.0.1:{_doors[door].IPEndPoint!.Port}");
}
