using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Proxy.Actors.Credentials;
using Proxy.Actors.Credentials.Logins;
using Proxy.Actors.Outbound;
using Proxy.Actors.Tests.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials.Logins;

public sealed class LoginCallTests
{
    private static readonly LoginCode Code = new("made-up-code-1", "made-up-state-1", "made-up-verifier-1", "http://localhost:54545/callback");
    private static readonly Uri DeviceUrl = new("https://login.example/deviceauth");
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedTokens _provider = new();

    [Fact]
    public async Task Claude_code_goes_out_as_json_and_comes_back_as_a_login()
    {
        var exchanging = ExchangeAsync(UpstreamKind.Claude);
        var call = await _provider.NextAsync();
        (call.Url.ToString(), call.ContentType).ShouldBe(("https://login.example/token", "application/json"));
        using (var body = JsonDocument.Parse(call.Body))
        {
            body.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()).ShouldBe(
                new Dictionary<string, string?>
                {
                    ["grant_type"] = "authorization_code",
                    ["client_id"] = "client",
                    ["code"] = "made-up-code-1",
                    ["state"] = "made-up-state-1",
                    ["redirect_uri"] = "http://localhost:54545/callback",
                    ["code_verifier"] = "made-up-verifier-1",
                },
                ignoreOrder: true);
        }

        call.Says(HttpStatusCode.OK, """{"access_token":"at","refresh_token":"rt","expires_in":3600,"account":{"uuid":"u-1","email_address":"a@example.com"},"organization":{"uuid":"o-1","name":"One"}}""");

        var login = (await exchanging).ShouldBeOfType<ExchangeOutcome.Granted>().Login;
        (login.Tokens.Access, login.Tokens.Refresh, login.Tokens.Expires).ShouldBe(("at", "rt", _time.GetUtcNow().AddHours(1)));
        (login.Profile.Email, login.Profile.AccountUuid, login.Profile.OrganizationUuid, login.Profile.OrganizationName).ShouldBe(("a@example.com", "u-1", "o-1", "One"));
    }

    [Fact]
    public async Task Codex_code_goes_out_as_a_form_and_the_id_token_says_whose_it_is()
    {
        var exchanging = ExchangeAsync(UpstreamKind.Codex);
        var call = await _provider.NextAsync();
        call.ContentType.ShouldBe("application/x-www-form-urlencoded");
        call.Body.ShouldBe("grant_type=authorization_code&client_id=client&code=made-up-code-1&redirect_uri=http%3A%2F%2Flocalhost%3A54545%2Fcallback&code_verifier=made-up-verifier-1");
        var claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes("""{"email":"a@example.com","https://api.openai.com/auth":{"chatgpt_account_id":"ws-1","chatgpt_plan_type":"pro"}}"""));
        call.Says(HttpStatusCode.OK, $$"""{"access_token":"at","refresh_token":"rt","id_token":"e30.{{claims}}.x","expires_in":3600}""");

        var login = (await exchanging).ShouldBeOfType<ExchangeOutcome.Granted>().Login;
        (login.Profile.Email, login.Tokens.ChatGptAccountId, login.Plan).ShouldBe(("a@example.com", "ws-1", "pro"));
        $"{login} {login.Tokens} {login.Profile} {Code}".ShouldNotContain("a@example.com");
        $"{login} {Code} {new DevicePoll.Approved("made-up-code-1", "made-up-verifier-1")}".ShouldNotContain("made-up");
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"invalid_grant","error_description":"made-up-code-1 is old"}""", true)]
    [InlineData(HttpStatusCode.Forbidden, """{"error":{"code":"not_allowed"}}""", true)]
    [InlineData(HttpStatusCode.Forbidden, "<!doctype html>", false)]
    [InlineData(HttpStatusCode.TooManyRequests, """{"error":"rate_limited"}""", false)]
    [InlineData(HttpStatusCode.InternalServerError, """{"error":"server_error"}""", false)]
    [InlineData(HttpStatusCode.Found, "", false)]
    [InlineData(HttpStatusCode.OK, "<!doctype html>", false)]
    [InlineData(HttpStatusCode.OK, """{"access_token":""}""", false)]
    public async Task Refusal_is_told_from_trouble_on_the_way_and_says_no_secret(HttpStatusCode status, string body, bool isRefused)
    {
        var exchanging = ExchangeAsync(UpstreamKind.Claude);
        (await _provider.NextAsync()).Says(status, body, body.StartsWith('{') ? "application/json" : "text/html");

        var outcome = await exchanging;
        (outcome is ExchangeOutcome.Refused).ShouldBe(isRefused);
        outcome.ToString().ShouldNotContain("made-up");
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.ResponseEnded)]
    public async Task Broken_connection_is_trouble_on_the_way(HttpRequestError error)
    {
        var exchanging = ExchangeAsync(UpstreamKind.Codex);
        (await _provider.NextAsync()).Breaks(error);

        (await exchanging).ShouldBeOfType<ExchangeOutcome.Unreachable>();
    }

    [Fact]
    public async Task Silent_token_endpoint_is_given_up_in_time()
    {
        var exchanging = ExchangeAsync(UpstreamKind.Codex);
        await _provider.NextAsync();
        _time.Advance(CodeExchange.Limit);

        (await exchanging).ShouldBeOfType<ExchangeOutcome.Unreachable>().Reason.ShouldContain("30 s");
    }

    [Fact]
    public async Task Code_never_leaves_the_machine_in_the_clear()
    {
        var outcome = await new CodeExchange(_provider, _time).ExchangeAsync(new TokenEndpoint(UpstreamKind.Claude, new Uri("http://login.example/token"), "client"), Code, OutboundRoute.Direct, CancellationToken.None);

        outcome.ShouldBeOfType<ExchangeOutcome.Unreachable>();
        _provider.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"device_auth_id":"made-up-id-1","user_code":"ABCD-1234","interval":"7"}""", 7)]
    [InlineData("""{"device_auth_id":"made-up-id-1","usercode":"ABCD-1234","interval":3}""", 3)]
    [InlineData("""{"device_auth_id":"made-up-id-1","user_code":"ABCD-1234"}""", 5)]
    [InlineData("""{"device_auth_id":"made-up-id-1","user_code":"ABCD-1234","interval":99999}""", 60)]
    public async Task Device_login_begins_in_every_spelling(string body, int seconds)
    {
        var starting = new DeviceCodes(_provider, _time).StartAsync(DeviceUrl, "client", OutboundRoute.Direct, CancellationToken.None);
        var call = await _provider.NextAsync();
        (call.Url.ToString(), call.Body).ShouldBe(("https://login.example/deviceauth/usercode", """{"client_id":"client"}"""));
        call.Says(HttpStatusCode.OK, body);

        var code = (await starting).ShouldBeOfType<DeviceStart.Begun>().Code;
        (code.DeviceAuthId, code.UserCode, code.Interval).ShouldBe(("made-up-id-1", "ABCD-1234", TimeSpan.FromSeconds(seconds)));
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "{}", typeof(DeviceStart.SwitchedOff))]
    [InlineData(HttpStatusCode.Forbidden, "{}", typeof(DeviceStart.Refused))]
    [InlineData(HttpStatusCode.BadGateway, "{}", typeof(DeviceStart.Unreachable))]
    [InlineData(HttpStatusCode.OK, """{"device_auth_id":"made-up-id-1","user_code":"\u001b[2J"}""", typeof(DeviceStart.Unreachable))]
    [InlineData(HttpStatusCode.OK, "[]", typeof(DeviceStart.Unreachable))]
    public async Task Device_login_that_can_not_begin_says_which_way(HttpStatusCode status, string body, Type outcome)
    {
        var starting = new DeviceCodes(_provider, _time).StartAsync(DeviceUrl, "client", OutboundRoute.Direct, CancellationToken.None);
        (await _provider.NextAsync()).Says(status, body);

        (await starting).ShouldBeOfType(outcome);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "{}", typeof(DevicePoll.Pending))]
    [InlineData(HttpStatusCode.NotFound, "", typeof(DevicePoll.Pending))]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"authorization_pending"}""", typeof(DevicePoll.Pending))]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"slow_down"}""", typeof(DevicePoll.SlowDown))]
    [InlineData(HttpStatusCode.TooManyRequests, "{}", typeof(DevicePoll.SlowDown))]
    [InlineData(HttpStatusCode.Forbidden, """{"error":"access_denied"}""", typeof(DevicePoll.Denied))]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"expired_token"}""", typeof(DevicePoll.Expired))]
    [InlineData(HttpStatusCode.Gone, "{}", typeof(DevicePoll.Expired))]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"invalid_request"}""", typeof(DevicePoll.Refused))]
    [InlineData(HttpStatusCode.InternalServerError, "{}", typeof(DevicePoll.Unreachable))]
    [InlineData(HttpStatusCode.OK, "{}", typeof(DevicePoll.Unreachable))]
    [InlineData(HttpStatusCode.OK, """{"authorization_code":"made-up-code-1","code_verifier":"made-up-verifier-1","code_challenge":"x"}""", typeof(DevicePoll.Approved))]
    public async Task Poll_is_understood(HttpStatusCode status, string body, Type outcome)
    {
        var polling = new DeviceCodes(_provider, _time).PollAsync(DeviceUrl, new DeviceCode("made-up-id-1", "ABCD-1234", TimeSpan.FromSeconds(5)), OutboundRoute.Direct, CancellationToken.None);
        var call = await _provider.NextAsync();
        (call.Url.ToString(), call.Body).ShouldBe(("https://login.example/deviceauth/token", """{"device_auth_id":"made-up-id-1","user_code":"ABCD-1234"}"""));
        call.Says(status, body);

        (await polling).ShouldBeOfType(outcome);
    }

    private Task<ExchangeOutcome> ExchangeAsync(UpstreamKind kind) =>
        new CodeExchange(_provider, _time).ExchangeAsync(new TokenEndpoint(kind, new Uri("https://login.example/token"), "client"), Code, OutboundRoute.Direct, CancellationToken.None);
}
