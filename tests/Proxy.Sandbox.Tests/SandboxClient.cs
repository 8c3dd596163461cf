using System.Text;
using System.Text.Json.Nodes;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.Tests;

/// <summary>A running sandbox with a plain HTTP client that signs in as the accounts do.</summary>
internal sealed class SandboxClient : IAsyncDisposable
{
    private SandboxClient(SandboxServer server, TimeProvider time)
    {
        Server = server;
        Time = time;
    }

    /// <summary>Far beyond anything expected: a cause that never comes fails instead of hanging.</summary>
    public static CancellationToken FailSafe
    {
        get
        {
            var source = new CancellationTokenSource();
            source.CancelAfter(TimeSpan.FromSeconds(60));
            return source.Token;
        }
    }

    public SandboxServer Server { get; }

    public TimeProvider Time { get; }

    public HttpClient Http { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public SandboxAccount this[string account] => Server.Accounts[account];

    public static async Task<SandboxClient> StartAsync(SandboxOptions? options = null, TimeProvider? time = null)
    {
        time ??= new Proxy.Testing.ManualTimeProvider();
        return new SandboxClient(await SandboxServer.StartAsync(options ?? new SandboxOptions(), time), time);
    }

    public static string Message(string text, string more = "\"stream\":true") =>
        $$"""{"model":"claude-sonnet-4-5","max_tokens":2000,"messages":[{"role":"user","content":{{Quote(text)}}}],{{more}}}""";

    public static string Response(string text, string more = "\"store\":false,\"stream\":true") =>
        $$"""{"model":"gpt-5.1-codex","instructions":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":{{Quote(text)}}}]}],"include":["reasoning.encrypted_content"],{{more}}}""";

    public static string Chat(string text, string more = "\"stream\":true") =>
        $$"""{"model":"sandbox-chat","messages":[{"role":"user","content":{{Quote(text)}}}],{{more}}}""";

    public static string Quote(string text) => JsonValue.Create(text).ToJsonString();

    public Task<HttpResponseMessage> AnthropicAsync(string body, string account = "claude-1", string path = "/v1/messages", CancellationToken ct = default)
    {
        var request = Post(new Uri(Server.ClaudeBaseUrl, path), body);
        request.Headers.Add("anthropic-version", "2023-06-01");
        if (this[account].Kind == SandboxAccountKind.ClaudeKey)
        {
            request.Headers.Add("x-api-key", this[account].ApiKey);
        }
        else
        {
            request.Headers.Add("anthropic-beta", "oauth-2025-04-20");
            request.Headers.Authorization = new("Bearer", this[account].AccessToken);
        }

        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct == default ? FailSafe : ct);
    }

    public Task<HttpResponseMessage> ChatGptAsync(string body, string account = "codex-1", string path = "/responses", CancellationToken ct = default)
    {
        var request = Post(new Uri(Server.CodexBaseUrl + path), body);
        request.Headers.Authorization = new("Bearer", this[account].AccessToken);
        request.Headers.Add("ChatGPT-Account-Id", this[account].AccountId);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct == default ? FailSafe : ct);
    }

    public Task<HttpResponseMessage> CompatibleAsync(string body, CancellationToken ct = default)
    {
        var request = Post(new Uri(Server.CompatibleBaseUrl + "/chat/completions"), body);
        request.Headers.Authorization = new("Bearer", this["compatible-1"].ApiKey);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct == default ? FailSafe : ct);
    }

    /// <summary>Asks a usage endpoint as the account does; a header whose value is null is left out.</summary>
    public Task<HttpResponseMessage> UsageAsync(string account, params (string Name, string? Value)[] headers)
    {
        var isClaude = this[account].Kind == SandboxAccountKind.ClaudeOAuth;
        var request = new HttpRequestMessage(HttpMethod.Get, isClaude ? new Uri(Server.ClaudeBaseUrl, "/api/oauth/usage") : new Uri(Server.CodexBaseUrl, "/backend-api/wham/usage"));
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Authorization"] = $"Bearer {this[account].AccessToken}",
            [isClaude ? "anthropic-beta" : "ChatGPT-Account-Id"] = isClaude ? "oauth-2025-04-20" : this[account].AccountId,
        };
        foreach (var (name, value) in headers)
        {
            all[name] = value;
        }

        foreach (var (name, value) in all.Where(h => h.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request, FailSafe);
    }

    public Task<HttpResponseMessage> RefreshClaudeAsync(string refreshToken) =>
        Http.SendAsync(Post(Server.ClaudeTokenUrl, $$"""{"client_id":"sandbox","grant_type":"refresh_token","refresh_token":"{{refreshToken}}"}"""), FailSafe);

    public Task<HttpResponseMessage> RefreshChatGptAsync(string refreshToken) =>
        Http.PostAsync(Server.CodexTokenUrl, new FormUrlEncodedContent([new("client_id", "sandbox"), new("grant_type", "refresh_token"), new("refresh_token", refreshToken)]), FailSafe);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static HttpRequestMessage Post(Uri url, string body) =>
        new(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}
