using System.Net;
using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.Secrets;

/// <summary>Tokens, keys and addresses of a person: where they must not be seen, whatever goes wrong (spec/faults.md 70).</summary>
public sealed class SecretTests
{
    private const string ClientKey = "made-up-client-key";
    private static readonly string[] Models = ["claude-sonnet-4-5-20250929", "gpt-5.4", "sandbox-chat"];

    [Fact]
    public async Task Fault70_no_secret_shows_anywhere()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions(),
            Yaml = $$"""
                debug: true
                request-retry: 0
                max-retry-interval: 1s
                routing: { max-attempts: 2, first-attempt-wait: 1s }
                api-keys: [{{ClientKey}}]
                claude-api-key:
                  - api-key: made-up-claude-key
                    base-url: "http://127.0.0.1:1"
                    prefix: dead
                    proxy-url: "http://user:made-up-password@127.0.0.1:1"
                    headers: { X-Team: made-up-header }
                """,
        });
        var secrets = new HashSet<string> { ClientKey, "made-up-claude-key", "made-up-password", "made-up-header", "a private prompt", host.Sandbox.ControlToken };
        void Remember() => secrets.UnionWith(host.Sandbox.Accounts.All.SelectMany(a => new[] { a.AccessToken, a.RefreshToken, a.ApiKey, a.IdToken, a.Email }).Where(s => s.Length > 0));
        var shown = new StringBuilder();
        async Task AskAll()
        {
            Remember();
            foreach (var path in new[] { "/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/messages/count_tokens" })
            {
                foreach (var model in path == "/v1/messages" ? Models.Append("dead/claude-sonnet-4-5-20250929") : Models)
                {
                    using var request = Request($"{path}?key={ClientKey}", model);
                    using var answer = await host.Client.SendAsync(request);
                    foreach (var header in answer.Headers)
                    {
                        shown.Append(header.Key).Append(": ").AppendJoin(' ', header.Value).Append('\n');
                    }

                    if (!answer.IsSuccessStatusCode)
                    {
                        shown.Append(await answer.Content.ReadAsStringAsync()).Append('\n');
                    }
                }
            }

            shown.Append(await host.Client.GetStringAsync("/debug/actors"));
        }

        await AskAll();
        Script(host, a => SandboxFault.Answer(400, $$"""{"type":"error","error":{"type":"invalid_request_error","code":"invalid_value","message":"no: {{CredentialOf(a)}} {{a.Email}}" } }"""));
        await AskAll();
        Script(host, a => SandboxFault.Answer(401, $$"""{"error":{"type":"authentication_error","message":"Incorrect API key provided: {{CredentialOf(a)}}" } }"""));
        await AskAll();
        Script(host, _ => null);
        foreach (var account in host.Sandbox.Accounts.All.Where(a => a.Kind is SandboxAccountKind.ClaudeOAuth or SandboxAccountKind.ChatGpt))
        {
            account.RevokeTokens();
        }

        await AskAll();
        using var wrong = Request("/v1/messages", Models[0]);
        wrong.Headers.Add("x-api-key", ClientKey + "-wrong");
        using var refused = await host.Client.SendAsync(wrong);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        shown.Append(await refused.Content.ReadAsStringAsync()).AppendJoin('\n', host.Logs.All);
        var reading = ConfigurationReader.Read(await File.ReadAllTextAsync(host.ConfigurationPath), host.ConfigurationPath, DefaultPlaces.OfUser());
        shown.Append(EffectiveConfiguration.Print(reading.Configuration.ShouldNotBeNull(), reading.Report)).Append(reading.Configuration).AppendJoin(' ', reading.Configuration.ApiKeyAccounts);

        host.Logs.All.ShouldContain(l => l.Contains("needs a new login", StringComparison.Ordinal));
        var all = shown.ToString();
        foreach (var secret in secrets)
        {
            var at = all.IndexOf(secret, StringComparison.Ordinal);
            at.ShouldBe(-1, at < 0 ? string.Empty : $"{secret} in …{all[Math.Max(0, at - 200)..Math.Min(all.Length, at + 60)]}");
        }
    }

    [Fact]
    public async Task No_credential_of_a_client_goes_out()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        foreach (var model in Models)
        {
            foreach (var path in new[] { "/v1/messages", "/v1/chat/completions", "/v1/responses" })
            {
                using var request = Request($"{path}?key=inbound-query-key", model);
                foreach (var name in new[] { "Authorization", "Proxy-Authorization", "x-api-key", "x-goog-api-key", "Cookie", "X-Forwarded-For", "User-Agent", "Referer", "traceparent", "chatgpt-account-id", "openai-organization" })
                {
                    request.Headers.TryAddWithoutValidation(name, "inbound-secret").ShouldBeTrue();
                }

                using var answer = await host.Client.SendAsync(request);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            }
        }

        host.Sandbox.Requests.All.Count.ShouldBe(9);
        foreach (var call in host.Sandbox.Requests.All)
        {
            $"{call.Path} {string.Join('\n', call.Headers)} {call.BodyText}".ShouldNotContain("inbound");
            call.Headers.Where(h => h.Key.Equals("User-Agent", StringComparison.OrdinalIgnoreCase)).ShouldHaveSingleItem().Value.ShouldStartWith("CliProxyActors/");
        }
    }

    [Theory]
    [InlineData("anthropic-beta", "/v1/messages", "claude-sonnet-4-5-20250929")]
    [InlineData("session_id", "/v1/responses", "gpt-5.4")]
    [InlineData("x-codex-turn-state", "/v1/responses", "gpt-5.4")]
    public async Task A_header_that_cannot_be_sent_on_stays_here_and_fails_no_account(string name, string path, string model)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        var body = await Request(path, model).Content!.ReadAsStringAsync();
        var answer = await host.RawAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{name}: caf\u00c3\u00a9\r\n\r\n{body}");
        answer.ShouldStartWith("HTTP/1.1 200 ");
        host.Sandbox.Requests.All.ShouldHaveSingleItem().Headers.ShouldAllBe(h => !h.Value.Contains("caf"));
    }

    [Fact]
    public async Task A_header_of_a_provider_that_cannot_be_sent_on_breaks_no_answer()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });
        Script(host, _ => SandboxFault.None with { Headers = [new("x-codex-note", "a\tb"), new("x-codex-plan", "fine"), new("Set-Cookie", "s=1"), new("openai-organization", "org-made-up")] });
        using var answer = await host.Client.SendAsync(Request("/v1/responses", "gpt-5.4"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("x-codex-plan").ShouldBe(["fine"]);
        foreach (var name in new[] { "x-codex-note", "Set-Cookie", "openai-organization" })
        {
            answer.Headers.Contains(name).ShouldBeFalse(name);
        }
    }

    private static string CredentialOf(SandboxAccount account) =>
        account.Kind is SandboxAccountKind.ClaudeOAuth or SandboxAccountKind.ChatGpt ? account.AccessToken : account.ApiKey;

    private static void Script(HostFixture host, Func<SandboxAccount, SandboxFault?> fault)
    {
        foreach (var account in host.Sandbox.Accounts.All)
        {
            account.Script.Always = fault(account);
        }
    }

    private static HttpRequestMessage Request(string path, string model) => new(HttpMethod.Post, path)
    {
        Content = new StringContent(
            path.StartsWith("/v1/responses", StringComparison.Ordinal)
                ? $$"""{"model":"{{model}}","input":"a private prompt"}"""
                : $$"""{"model":"{{model}}","max_tokens":500,"messages":[{"role":"user","content":"a private prompt"}]}""",
            Encoding.UTF8, "application/json"),
    };
}
