using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Tests.OAuth;

/// <summary>The pages of a login judge every parameter, and a code is worth something once, to the one who asked.</summary>
public sealed class LoginTests
{
    private const string Verifier = "made-up-verifier-made-up-verifier-made-up-verifier-1";
    private static readonly string Challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
    private readonly Proxy.Testing.ManualTimeProvider _time = new();

    [Theory]
    [InlineData("client_id", "another", 400, null)]
    [InlineData("redirect_uri", "http://localhost:54546/callback", 400, null)]
    [InlineData("redirect_uri", "http://127.0.0.1:54545/callback", 400, null)]
    [InlineData("redirect_uri", "http://localhost:54545/callback/", 400, null)]
    [InlineData("redirect_uri", "https://evil.example/callback", 400, null)]
    [InlineData("response_type", "token", 302, "unsupported_response_type")]
    [InlineData("scope", "user:profile", 302, "invalid_scope")]
    [InlineData("state", "short", 302, "invalid_request")]
    [InlineData("code_challenge_method", "plain", 302, "invalid_request")]
    [InlineData("code_challenge", "tooshort", 302, "invalid_request")]
    [InlineData("code", null, 302, "invalid_request")]
    [InlineData("stray", "1", 302, "invalid_request")]
    public async Task Claude_page_refuses_what_is_not_exactly_right(string name, string? value, int status, string? error)
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var query = Claude();
        query[name] = value!;
        using var answer = await sandbox.Http.GetAsync(Url(sandbox.Server.ClaudeAuthorizeUrl, query), SandboxClient.FailSafe);

        ((int)answer.StatusCode).ShouldBe(status);
        if (error is not null)
        {
            var sent = answer.Headers.Location.ShouldNotBeNull();
            sent.ToString().ShouldStartWith("http://localhost:54545/callback?");
            HttpUtility.ParseQueryString(sent.Query)["error"].ShouldBe(error);
        }
    }

    [Theory]
    [InlineData("redirect_uri", "http://localhost:1455/callback", 400)]
    [InlineData("prompt", null, 302)]
    [InlineData("codex_cli_simplified_flow", "false", 302)]
    [InlineData("id_token_add_organizations", null, 302)]
    [InlineData("scope", "openid email profile", 302)]
    public async Task ChatGpt_page_refuses_what_is_not_exactly_right(string name, string? value, int status)
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var query = ChatGpt();
        query[name] = value!;
        using var answer = await sandbox.Http.GetAsync(Url(sandbox.Server.CodexAuthorizeUrl, query), SandboxClient.FailSafe);

        ((int)answer.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Consent_of_a_new_account_gives_a_code_once_and_the_account_serves()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        using var page = await sandbox.Http.GetAsync(Url(sandbox.Server.ClaudeAuthorizeUrl, Claude()), SandboxClient.FailSafe);
        (await page.Content.ReadAsStringAsync()).ShouldContain("name=\"decision\" value=\"allow\"");
        var code = await ConsentAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, Claude(), "second-max");

        var (status, json) = await ClaudeTokenAsync(sandbox, code).JsonAsync();
        status.ShouldBe(200);
        json["account"]!["email_address"]!.GetValue<string>().ShouldBe("second-max@sandbox.example");
        (await sandbox.AnthropicAsync(SandboxClient.Message("hi", "\"stream\":false"), "second-max").JsonAsync()).Json.ToJsonString().ShouldContain("second-max");
        (await ClaudeTokenAsync(sandbox, code).JsonAsync()).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Code_is_bound_to_verifier_address_state_client_and_ten_minutes()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        foreach (var (name, wrong) in new[] { ("code_verifier", Verifier + "x"), ("redirect_uri", "http://localhost:54545/other"), ("state", "another-state-another"), ("client_id", "another") })
        {
            var code = await ConsentAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, Claude(), "claude-1");
            var (status, json) = await ClaudeTokenAsync(sandbox, code, (name, wrong)).JsonAsync();
            (status, (string?)json["error"]).ShouldBe((400, "invalid_grant"), name);
        }

        var old = await ConsentAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, Claude(), "claude-1");
        _time.Advance(TimeSpan.FromMinutes(10));
        (await ClaudeTokenAsync(sandbox, old).JsonAsync()).Status.ShouldBe(400);
    }

    [Fact]
    public async Task ChatGpt_code_is_traded_with_a_form()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var code = await ConsentAsync(sandbox, sandbox.Server.CodexAuthorizeUrl, ChatGpt(), "codex-2");

        var (status, json) = await ChatGptTokenAsync(sandbox, code, "http://localhost:1455/auth/callback", Verifier).JsonAsync();
        status.ShouldBe(200);
        json["access_token"]!.GetValue<string>().ShouldBe(sandbox["codex-2"].AccessToken);
        (await ChatGptTokenAsync(sandbox, code, "http://localhost:1455/auth/callback", Verifier).JsonAsync()).Status.ShouldBe(400);
    }

    [Fact]
    public async Task No_is_told_to_the_client_and_a_stranger_hears_nothing()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        using var denied = await DecideAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, Claude(), "claude-1", "deny");
        var sent = HttpUtility.ParseQueryString(denied.Headers.Location.ShouldNotBeNull().Query);
        (sent["error"], sent["state"], sent["code"]).ShouldBe(("access_denied", "made-up-state-made-up", null));

        var stranger = Claude();
        stranger["redirect_uri"] = "https://evil.example/";
        using var refused = await DecideAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, stranger, "claude-1", "allow");
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Consent_page_escapes_what_the_client_sent()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var query = Claude();
        query["state"] = "\"><script>alert(1)</script>";
        using var page = await sandbox.Http.GetAsync(Url(sandbox.Server.ClaudeAuthorizeUrl, query), SandboxClient.FailSafe);

        var html = await page.Content.ReadAsStringAsync();
        html.ShouldNotContain("<script");
        html.ShouldContain("name=\"request\"");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
    }

    [Theory]
    [InlineData("codex-1")]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("<b>")]
    public async Task Account_of_another_provider_or_with_no_proper_name_can_not_be_chosen(string name)
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var before = sandbox.Server.Accounts.All.Count;
        using var answer = await DecideAsync(sandbox, sandbox.Server.ClaudeAuthorizeUrl, Claude(), name, "allow");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        sandbox.Server.Accounts.All.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Device_login_waits_for_its_person_and_wants_patience()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var (_, begun) = await DeviceAsync(sandbox, "usercode", new JsonObject { ["client_id"] = "app_EMoamEEZ73f0CkXaXp7hrann" }).JsonAsync();
        var poll = new JsonObject { ["device_auth_id"] = (string?)begun["device_auth_id"], ["user_code"] = (string?)begun["user_code"] };
        begun["interval"]!.GetValue<string>().ShouldBe("5");

        (await DeviceAsync(sandbox, "token", poll).JsonAsync()).Status.ShouldBe(403);
        (await DeviceAsync(sandbox, "token", poll).JsonAsync()).Status.ShouldBe(429);
        _time.Advance(TimeSpan.FromSeconds(5));
        using (var approved = await sandbox.Http.PostAsync(new Uri(sandbox.Server.CodexDeviceUrl, "/codex/device"),
            new FormUrlEncodedContent([new("user_code", (string)begun["user_code"]!), new("account", "codex-1"), new("decision", "allow")]), SandboxClient.FailSafe))
        {
            approved.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var (status, grant) = await DeviceAsync(sandbox, "token", poll).JsonAsync();
        status.ShouldBe(200);
        var redirect = new Uri(sandbox.Server.CodexDeviceUrl, "/deviceauth/callback").ToString();
        (await ChatGptTokenAsync(sandbox, (string)grant["authorization_code"]!, redirect, (string)grant["code_verifier"]!).JsonAsync()).Status.ShouldBe(200);
        (await DeviceAsync(sandbox, "token", poll).JsonAsync()).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Device_code_ends_after_fifteen_minutes()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        var (_, begun) = await DeviceAsync(sandbox, "usercode", new JsonObject { ["client_id"] = "app_EMoamEEZ73f0CkXaXp7hrann" }).JsonAsync();
        _time.Advance(TimeSpan.FromMinutes(15));

        var (status, json) = await DeviceAsync(sandbox, "token", new JsonObject { ["device_auth_id"] = (string?)begun["device_auth_id"], ["user_code"] = (string?)begun["user_code"] }).JsonAsync();
        (status, (string?)json["error"]!["code"]).ShouldBe((400, "expired_token"));
    }

    [Fact]
    public async Task Pages_and_device_calls_go_wrong_as_scripted_before_an_account_is_known()
    {
        await using var sandbox = await SandboxClient.StartAsync(time: _time);
        sandbox.Server.LoginFaults.Enqueue(SandboxFault.Answer(503, "{}").For(SandboxOperation.Device));

        (await DeviceAsync(sandbox, "usercode", new JsonObject { ["client_id"] = "app_EMoamEEZ73f0CkXaXp7hrann" }).JsonAsync()).Status.ShouldBe(503);
        (await DeviceAsync(sandbox, "usercode", new JsonObject { ["client_id"] = "app_EMoamEEZ73f0CkXaXp7hrann" }).JsonAsync()).Status.ShouldBe(200);
    }

    private static Dictionary<string, string> Claude() => new()
    {
        ["code"] = "true",
        ["client_id"] = "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        ["response_type"] = "code",
        ["redirect_uri"] = "http://localhost:54545/callback",
        ["scope"] = "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
        ["code_challenge"] = Challenge,
        ["code_challenge_method"] = "S256",
        ["state"] = "made-up-state-made-up",
    };

    private static Dictionary<string, string> ChatGpt() => new()
    {
        ["client_id"] = "app_EMoamEEZ73f0CkXaXp7hrann",
        ["response_type"] = "code",
        ["redirect_uri"] = "http://localhost:1455/auth/callback",
        ["scope"] = "openid email profile offline_access",
        ["code_challenge"] = Challenge,
        ["code_challenge_method"] = "S256",
        ["id_token_add_organizations"] = "true",
        ["codex_cli_simplified_flow"] = "true",
        ["prompt"] = "login",
        ["state"] = "made-up-state-made-up",
    };

    private static string Query(Dictionary<string, string> query) => string.Join('&', query.Where(p => p.Value is not null).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));

    private static Uri Url(Uri page, Dictionary<string, string> query) => new($"{page}?{Query(query)}");

    private static Task<HttpResponseMessage> DecideAsync(SandboxClient sandbox, Uri page, Dictionary<string, string> query, string account, string decision) =>
        sandbox.Http.PostAsync(new Uri(page, "/oauth/consent"), new FormUrlEncodedContent([new("request", "?" + Query(query)), new("account", account), new("decision", decision)]), SandboxClient.FailSafe);

    private static async Task<string> ConsentAsync(SandboxClient sandbox, Uri page, Dictionary<string, string> query, string account)
    {
        using var answer = await DecideAsync(sandbox, page, query, account, "allow");
        var sent = HttpUtility.ParseQueryString(answer.Headers.Location.ShouldNotBeNull().Query);
        sent["state"].ShouldBe("made-up-state-made-up");
        return sent["code"].ShouldNotBeNull();
    }

    private static Task<HttpResponseMessage> ClaudeTokenAsync(SandboxClient sandbox, string code, (string Name, string Value)? wrong = null)
    {
        var body = new JsonObject
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
            ["code"] = code,
            ["state"] = "made-up-state-made-up",
            ["redirect_uri"] = "http://localhost:54545/callback",
            ["code_verifier"] = Verifier,
        };
        if (wrong is var (name, value))
        {
            body[name] = value;
        }

        return sandbox.Http.PostAsync(sandbox.Server.ClaudeTokenUrl, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), SandboxClient.FailSafe);
    }

    private static Task<HttpResponseMessage> ChatGptTokenAsync(SandboxClient sandbox, string code, string redirect, string verifier) =>
        sandbox.Http.PostAsync(sandbox.Server.CodexTokenUrl, new FormUrlEncodedContent(
            [new("grant_type", "authorization_code"), new("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"), new("code", code), new("redirect_uri", redirect), new("code_verifier", verifier)]), SandboxClient.FailSafe);

    private static Task<HttpResponseMessage> DeviceAsync(SandboxClient sandbox, string leaf, JsonObject body) =>
        sandbox.Http.PostAsync(new Uri($"{sandbox.Server.CodexDeviceUrl}/{leaf}"), new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), SandboxClient.FailSafe);
}
