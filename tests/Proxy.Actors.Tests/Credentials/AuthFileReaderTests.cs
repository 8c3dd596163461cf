using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Tests.Credentials;

public sealed class AuthFileReaderTests
{
    [Theory]
    [InlineData("""{"type":"claude","access_token":"a","expired":"2026-01-02T03:04:05Z"}""")]
    [InlineData("""{"type":"claude","access_token":"a","expire":"2026-01-02T11:04:05+08:00"}""")]
    [InlineData("""{"type":"claude","access_token":"a","expires_at":1767323045}""")]
    [InlineData("""{"type":"claude","access_token":"a","expiresAt":1767323045000}""")]
    [InlineData("""{"type":"claude","access_token":"a","expiry":"1767323045"}""")]
    [InlineData("""{"type":"claude","access_token":"a","expires":"2026-01-02 03:04:05"}""")]
    [InlineData("""{"type":"claude","token":{"access_token":"a","expiresAt":"1767323045000"}}""")]
    [InlineData("""{"type":"claude","Token":{"access_token":"a","expired":"2026-01-02T03:04:05Z"}}""")]
    public void Every_spelling_of_expiry_is_understood(string json)
    {
        var file = Load(json);
        file.Expires.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        file.Tokens.Access.ShouldBe("a");
    }

    [Fact]
    public void All_members_are_read()
    {
        var file = Load("""
            {"type":"Codex","access_token":"a","refresh_token":"r","email":"bob@example.com","account_id":"acc","last_refresh":"2026-01-01 10:00",
             "proxy_url":"socks5://127.0.0.1:1080","prefix":" /team/ ","label":"Bob","disabled":true,"priority":7,"weight":-2,"max_concurrent":3,"headers":{"x-a":"1","n":2},
             "excluded_models":["gpt-4*",3],"model_aliases":[{"name":"gpt-5.1","alias":"best"},{"name":"x"}],"refreshInterval":"1h30m","plan_type":"plus","unknown":{"kept":true}}
            """);

        file.Provider.ShouldBe("codex");
        (file.Tokens.Refresh, file.ChatGptAccountId, file.Plan, file.Label, file.Prefix).ShouldBe(("r", "acc", "plus", "Bob", "team"));
        (file.Weight, file.MaxConcurrent).ShouldBe((-2, 3));
        (file.IsDisabled, file.Priority, file.RefreshLead, file.ProxyUrl).ShouldBe((true, 7, TimeSpan.FromMinutes(90), new Uri("socks5://127.0.0.1:1080")));
        file.Headers.ShouldBe([KeyValuePair.Create("x-a", "1")]);
        file.ExcludedModels.ShouldBe(["gpt-4*"]);
        file.ModelAliases.ShouldBe([new ModelAlias("gpt-5.1", "best")]);
        file.LastRefresh.ShouldBe(new DateTimeOffset(2026, 1, 1, 10, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Id_token_gives_account_and_plan_and_access_token_its_end()
    {
        var file = Load($$"""{"type":"codex","access_token":"{{Jwt("""{"exp":1767323045}""")}}","id_token":"{{Jwt("""{"email":"bob@example.com","https://api.openai.com/auth":{"chatgpt_account_id":"acc-9","chatgpt_plan_type":"pro"}}""")}}"}""");

        (file.Email, file.ChatGptAccountId, file.Plan).ShouldBe(("bob@example.com", "acc-9", "pro"));
        file.Expires.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1767323045));
    }

    [Theory]
    [InlineData("", AuthFileFault.Empty)]
    [InlineData(" \n", AuthFileFault.Empty)]
    [InlineData("{\"type\":\"claude\",\"access_tok", AuthFileFault.Torn)]
    [InlineData("{\"type\":\"claude\"", AuthFileFault.Torn)]
    [InlineData("{\"type\":claude}", AuthFileFault.Corrupt)]
    [InlineData("[1]", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\",\"note\":\"\\ud800\"}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\",\"\\udc00\":1}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\",\"proxy_url\":\"ftp://x\"}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\\nb\"}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"\u00e9\"}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\",\"headers\":{\"x-a\":\"1\\r\\nx-b: 2\"}}", AuthFileFault.Corrupt)]
    [InlineData("{\"type\":\"claude\",\"access_token\":\"a\",\"headers\":{\"x a:\":\"1\"}}", AuthFileFault.Corrupt)]
    [InlineData("{\"a\":1}", AuthFileFault.Foreign)]
    [InlineData("{\"type\":\"gemini\"}", AuthFileFault.Foreign)]
    [InlineData("{\"type\":\"claude\"}", AuthFileFault.NoToken)]
    [InlineData("{\"type\":\"claude\",\"access_token\":5}", AuthFileFault.NoToken)]
    public void Unusable_content_has_a_typed_fault(string content, AuthFileFault fault) =>
        AuthFileReader.Read("claude-x.json", Encoding.UTF8.GetBytes(content)).ShouldBeOfType<AuthFileReading.Faulty>().Fault.ShouldBe(fault);

    [Fact]
    public void Proxy_that_is_to_look_names_up_itself_is_one_that_can_be_used()
    {
        var proxy = Load("""{"type":"claude","access_token":"a","proxy_url":"socks5h://ann:made-up@127.0.0.1:1080"}""").ProxyUrl!;

        proxy.ShouldBe(new Uri("socks5://ann:made-up@127.0.0.1:1080"));
        Proxy.Actors.Outbound.OutboundRoute.IsSupported(proxy).ShouldBeTrue();
    }

    [Fact]
    public void Nothing_that_prints_shows_a_token()
    {
        var file = Load("""{"type":"claude","access_token":"sandbox-access","refresh_token":"sandbox-refresh"}""");

        $"{file} {file.Tokens} {new AuthFileReading.Loaded(file)}".ShouldNotContain("sandbox-");
    }

    private static AuthFile Load(string json) =>
        AuthFileReader.Read("x.json", Encoding.UTF8.GetBytes(json)).ShouldBeOfType<AuthFileReading.Loaded>().File;

    private static string Jwt(string payload) => $"e30.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.c2ln";
}
