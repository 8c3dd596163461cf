using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Faults 9 to 12, 17, 56 and 61 of accounts as clients of each dialect see them, on virtual time, through the real parts.</summary>
public sealed class AccountFaultTests
{
    private readonly ManualTimeProvider _time = new();

    /// <summary>Every client's dialect with each provider, streamed and not.</summary>
    public static TheoryData<Dialect, string, bool> Everybody { get; } = new()
    {
        { Dialect.AnthropicMessages, Asking.Claude, true },
        { Dialect.AnthropicMessages, Asking.Gpt, false },
        { Dialect.OpenAIChat, Asking.Claude, false },
        { Dialect.OpenAIChat, Asking.Gpt, true },
        { Dialect.OpenAIResponses, Asking.Claude, false },
        { Dialect.OpenAIResponses, Asking.Gpt, true },
    };

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault9_expired_token_is_refreshed_and_the_same_account_answers(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 1);
        var account = host.Sandbox.Accounts[First(model)];
        account.ExpireAccessToken();

        var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);

        ShouldBeServed(answer, by: First(model), attempts: 2);
        Calls(host, model).ShouldBe([(First(model), 401), (First(model), 200)]);
        host.Sandbox.TokenCalls.ShouldBe(1);
        ShouldBeServed(await host.AskAsync(dialect, model, "[[n=3]] and again", stream), by: First(model), attempts: 1);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault10_revoked_login_is_a_503_with_the_command_that_mends_it_and_others_go_on(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 2);
        host.Sandbox.Accounts[First(model)].RevokeTokens();
        for (var i = 0; i < 3; i++)
        {
            ShouldBeServed(await host.AskAsync(dialect, model, $"[[n=3]] hello {i}", stream), by: Second(model));
        }

        Calls(host, model).Count(c => c.Account == First(model)).ShouldBeLessThanOrEqualTo(1);
        host.Sandbox.Accounts[Second(model)].RevokeTokens();
        for (var i = 0; i < 2; i++)
        {
            var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);

            answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
            answer.Header("x-should-retry").ShouldBe("false");
            answer.Header("Retry-After").ShouldBeNull();
            ErrorOf(dialect, answer.Json).Message.ShouldContain(model == Asking.Claude ? "'accounts login claude'" : "'accounts login codex'");
            ErrorOf(dialect, answer.Json).Message.ShouldContain(model == Asking.Claude ? "--claude-login" : "--codex-login");
            answer.Body.ShouldNotContain("sandbox-access");
        }

        // One call found out about each; time does not help.
        var calls = Calls(host, model).Count(c => c.Status == 401);
        calls.ShouldBe(2);
        _time.Advance(TimeSpan.FromHours(30));
        (await host.AskAsync(dialect, model, "[[n=3]] hello", stream)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Calls(host, model).Count(c => c.Status == 401).ShouldBe(calls);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault11_account_that_its_organisation_forbids_is_left_alone_for_half_an_hour(Dialect dialect, string model, bool stream)
    {
        var policy = SandboxFault.Answer(403, model == Asking.Claude
            ? """{"type":"error","error":{"type":"permission_error","message":"OAuth authentication is currently not allowed for this organization."}}"""
            : """{"detail":{"code":"workspace_policy","message":"Your workspace does not allow this."}}""").For(Operation(model));
        await using var host = await StartAsync(accounts: 2);
        host.Sandbox.Accounts[First(model)].Script.Always = policy;
        for (var i = 0; i < 4; i++)
        {
            ShouldBeServed(await host.AskAsync(dialect, model, $"[[n=3]] hello {i}", stream), by: Second(model));
        }

        Calls(host, model).Count(c => c.Account == First(model)).ShouldBe(1);
        host.Sandbox.Accounts[Second(model)].Script.Always = policy;
        var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Header("x-should-retry").ShouldBe("false");
        ErrorOf(dialect, answer.Json).Message.ShouldContain($"{First(model)}: the provider forbids it (403");

        host.Sandbox.Accounts[First(model)].Script.Clear();
        _time.Advance(TimeSpan.FromMinutes(29));
        (await host.AskAsync(dialect, model, "[[n=3]] hello", stream)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Calls(host, model).Count(c => c.Account == First(model)).ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(2));
        ShouldBeServed(await host.AskAsync(dialect, model, "[[n=3]] hello", stream), by: First(model));
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault12_challenge_page_never_reaches_the_client_and_is_not_asked_for_again_at_once(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 2, "max-retry-interval: 0");
        var challenge = SandboxFault.Html(403).For(Operation(model));
        host.Sandbox.Accounts[First(model)].Script.Always = challenge;
        for (var i = 0; i < 3; i++)
        {
            ShouldBeServed(await host.AskAsync(dialect, model, $"[[n=3]] hello {i}", stream), by: Second(model));
        }

        Calls(host, model).Count(c => c.Account == First(model)).ShouldBe(1);
        host.Sandbox.Accounts[Second(model)].Script.Always = challenge;
        var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);
        answer.Status.ShouldBe(HttpStatusCode.BadGateway, answer.Body);
        answer.Body.ShouldNotContain("<html", Case.Insensitive);
        ErrorOf(dialect, answer.Json).Message.ShouldContain("web page");

        // Both are left alone for a moment: told with the wait, without a call.
        var before = Calls(host, model).Count;
        answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 10);
        answer.Header("x-should-retry").ShouldBeNull();
        Calls(host, model).Count.ShouldBe(before);

        host.Sandbox.Accounts[First(model)].Script.Clear();
        _time.Advance(TimeSpan.FromSeconds(11));
        ShouldBeServed(await host.AskAsync(dialect, model, "[[n=3]] hello", stream), by: First(model));
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault17_429_that_says_nothing_is_tried_once_more_after_a_second_and_then_elsewhere(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 2);
        host.Sandbox.Accounts[First(model)].Script.Always = Wordless429(model);
        var (asking, first) = (host.AskAsync(dialect, model, "[[n=3]] hello", stream), host.Sandbox.Requests.WaitForAsync(r => r.Operation == Operation(model)));
        if ((await first.WaitAsync(Deadline.Long)).Account == Second(model))
        {
            ShouldBeServed(await asking, by: Second(model), attempts: 1);
            asking = host.AskAsync(dialect, model, "[[n=3]] and again", stream);
        }

        await host.UntilTreeAsync(tree => (int)tree["router"]!["parked"]! == 1);
        Calls(host, model).Count(c => c.Status == 429).ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));

        ShouldBeServed(await asking, by: Second(model), attempts: 3);
        Calls(host, model).TakeLast(3).ShouldBe([(First(model), 429), (First(model), 429), (Second(model), 200)]);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault17_429s_everywhere_are_bounded_and_told_as_one(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 2, "max-retry-interval: 0");
        host.Sandbox.Accounts[First(model)].Script.Always = Wordless429(model);
        host.Sandbox.Accounts[Second(model)].Script.Always = Wordless429(model);

        var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        answer.Header("Retry-After").ShouldBe("1");
        ErrorOf(dialect, answer.Json).Type.ShouldBe("rate_limit_error");
        answer.Header("x-proxy-attempts").ShouldBe("5");
        Calls(host, model).Count.ShouldBe(5); // accounts + request-retry
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public async Task Fault56_all_out_is_told_with_each_reason_and_the_soonest_reset(Dialect dialect, string model, bool stream)
    {
        await using var host = await StartAsync(accounts: 2);
        host.Sandbox.Accounts[First(model)].ExhaustQuota(SandboxWindow.SevenDays, _time.GetUtcNow().AddDays(3));
        host.Sandbox.Accounts[Second(model)].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));

        var answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        ShouldTellTheReset(dialect, ErrorOf(dialect, answer.Json), model);
        answer.Header("Retry-After").ShouldBe(dialect == Dialect.OpenAIResponses ? null : "7200");
        answer.Header("x-should-retry").ShouldBe(dialect == Dialect.OpenAIResponses ? null : "false");

        // Less than a minute before the reset it is a short wait in every dialect, and after it the account serves.
        _time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(50));
        answer = await host.AskAsync(dialect, model, "[[n=3]] hello", stream);
        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests, answer.Body);
        answer.Header("Retry-After").ShouldBe("50");
        answer.Header("x-should-retry").ShouldBeNull();
        ErrorOf(dialect, answer.Json).Type.ShouldBe("rate_limit_error");
        ErrorOf(dialect, answer.Json).Message.ShouldEndWith("Please try again in 50s.");
        _time.Advance(TimeSpan.FromSeconds(51));
        ShouldBeServed(await host.AskAsync(dialect, model, "[[n=3]] hello", stream), by: Second(model));
        await host.LeavesNoLeaseAsync();
    }

    /// <summary>Headers and keep-alives are out when the last account turns out to be out: all that is left are words in the stream.</summary>
    [Theory]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude, 7200)]
    [InlineData(Dialect.OpenAIChat, Asking.Claude, 7200)]
    [InlineData(Dialect.OpenAIResponses, Asking.Claude, 7200)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt, 7200)]
    [InlineData(Dialect.OpenAIChat, Asking.Gpt, 7200)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt, 7200)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt, 50)]
    [InlineData(Dialect.OpenAIChat, Asking.Gpt, 50)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt, 50)]
    public async Task Fault56_all_out_after_keep_alives_is_told_in_the_stream(Dialect dialect, string model, int seconds)
    {
        var gate = new SandboxGate();
        var reset = _time.GetUtcNow().AddSeconds(seconds + 15);
        await using var host = await StartAsync(accounts: 1);
        host.Sandbox.Accounts[First(model)].Script.Enqueue(UsedUp(model, reset) with { Gate = gate, Place = FaultPlace.BeforeHeaders });
        var asking = host.BeginAsync(dialect, model, "hello");
        await gate.Reached.WaitAsync(Deadline.Long);
        _time.Advance(TimeSpan.FromSeconds(15));
        using var answer = await asking;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        gate.Open();

        var text = await answer.Content.ReadAsStringAsync();
        text.ShouldStartWith(": keep-alive\n\n");
        text.ShouldNotContain("[DONE]");
        text.ShouldNotContain("message_stop");
        text.ShouldNotContain("response.completed");
        var last = Turn.Events(text).ShouldHaveSingleItem();
        var error = dialect == Dialect.OpenAIResponses ? last["response"]!["error"]! : last["error"]!;
        var message = (string)error["message"]!;
        message.ShouldContain($"{First(model)}: its quota is used up");
        switch (dialect)
        {
            case Dialect.AnthropicMessages:
                text.ShouldContain("event: error\n");
                ((string?)error["type"]).ShouldBe("rate_limit_error");
                break;
            case Dialect.OpenAIChat:
                ((string?)error["type"], (string?)error["code"]).ShouldBe(("rate_limit_error", "rate_limit_exceeded"));
                break;
            default:
                text.ShouldContain("event: response.failed\n");
                ((string?)error["code"]).ShouldBe(seconds > 60 ? "usage_limit_reached" : "rate_limit_exceeded");
                ((long?)error["resets_at"]).ShouldBe(seconds > 60 ? reset.ToUnixTimeSeconds() : null);
                break;
        }

        if (seconds <= 60)
        {
            message.ShouldEndWith($"Please try again in {seconds}s.");
        }

        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Asking.Claude)]
    [InlineData(Asking.Gpt)]
    public async Task Fault61_conversation_leaves_its_exhausted_account_once_and_stays_where_it_went(string model)
    {
        await using var host = await StartAsync(accounts: 2);
        var mine = (await InSessionAsync(host, model, "mine")).By;
        var other = mine == First(model) ? Second(model) : First(model);
        (await InSessionAsync(host, model, "mine")).ShouldBe((mine, "1"));
        host.Sandbox.Accounts[mine].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(50));

        (await InSessionAsync(host, model, "mine")).ShouldBe((other, "2"));
        for (var i = 0; i < 4; i++)
        {
            (await InSessionAsync(host, model, "mine")).ShouldBe((other, "1"));
            (await InSessionAsync(host, model, $"of others {i}")).ShouldBe((other, "1"));
            _time.Advance(TimeSpan.FromMinutes(12));
        }

        // Its quota is back: new conversations go there, this one keeps the account that has its prompt cached.
        _time.Advance(TimeSpan.FromMinutes(3));
        Calls(host, model).Count(c => c == (mine, 429)).ShouldBe(1);
        (await InSessionAsync(host, model, "mine")).ShouldBe((other, "1"));
        var fresh = new[] { (await InSessionAsync(host, model, "new 1")).By, (await InSessionAsync(host, model, "new 2")).By };
        fresh.ShouldContain(mine);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Asking.Claude)]
    [InlineData(Asking.Gpt)]
    public async Task Fault61_conversation_whose_account_is_the_only_one_is_told_when_and_goes_on_after_the_reset(string model)
    {
        await using var host = await StartAsync(accounts: 1);
        (await InSessionAsync(host, model, "mine")).By.ShouldBe(First(model));
        host.Sandbox.Accounts[First(model)].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(10));
        for (var i = 0; i < 3; i++)
        {
            var refused = await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, model, "hello"), "mine");
            refused.Status.ShouldBe(HttpStatusCode.TooManyRequests, refused.Body);
            refused.Header("Retry-After").ShouldBe("600");
        }

        Calls(host, model).Count.ShouldBe(2); // the first and the one that found out
        _time.Advance(TimeSpan.FromMinutes(10.5));
        (await InSessionAsync(host, model, "mine")).ShouldBe((First(model), "1"));
    }

    private Task<HostFixture> StartAsync(int accounts, string yaml = "") => HostFixture.StartAsync(new HostFixtureOptions
    {
        Sandbox = new SandboxOptions { ClaudeAccounts = accounts, ChatGptAccounts = accounts, TokenLifetime = TimeSpan.FromDays(30) },
        Time = _time,
        Yaml = yaml,
    });

    private static string First(string model) => model == Asking.Claude ? "claude-1" : "codex-1";

    private static string Second(string model) => model == Asking.Claude ? "claude-2" : "codex-2";

    private static SandboxOperation Operation(string model) => model == Asking.Claude ? SandboxOperation.Messages : SandboxOperation.Responses;

    private static List<(string? Account, int? Status)> Calls(HostFixture host, string model) =>
        [.. host.Sandbox.Requests.Of(Operation(model)).Select(r => (r.Account, (int?)r.Status))];

    private static SandboxFault Wordless429(string model) => SandboxFault.Answer(429, model == Asking.Claude
        ? """{"type":"error","error":{"type":"rate_limit_error","message":"Error"}}"""
        : """{"detail":"Too Many Requests"}""").For(Operation(model));

    private static SandboxFault UsedUp(string model, DateTimeOffset reset) => (model == Asking.Claude
        ? SandboxFault.Answer(
            429, """{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit."}}""",
            new("anthropic-ratelimit-unified-status", "rejected"), new("anthropic-ratelimit-unified-5h-status", "rejected"),
            new("anthropic-ratelimit-unified-5h-reset", $"{reset.ToUnixTimeSeconds()}"), new("anthropic-ratelimit-unified-reset", $"{reset.ToUnixTimeSeconds()}"))
        : SandboxFault.Answer(429, $$$"""{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_at":{{{reset.ToUnixTimeSeconds()}}}}}"""))
        .For(Operation(model));

    private static void ShouldBeServed(Answered answer, string by, int? attempts = null)
    {
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldContain($"[served by {by}]");
        if (attempts is not null)
        {
            answer.Header("x-proxy-attempts").ShouldBe($"{attempts}");
        }
    }

    private static (string Message, string? Type, JsonNode Json) ErrorOf(Dialect dialect, JsonNode body)
    {
        ((string?)body["type"]).ShouldBe(dialect == Dialect.AnthropicMessages ? "error" : null);
        var error = body["error"]!;
        return ((string)error["message"]!, (string?)error["type"], error);
    }

    private void ShouldTellTheReset(Dialect dialect, (string Message, string? Type, JsonNode Json) error, string model)
    {
        error.Message.ShouldContain($"{Second(model)}: its quota is used up");
        error.Message.ShouldContain($"{First(model)}: its quota is used up");
        error.Message.IndexOf(Second(model), StringComparison.Ordinal).ShouldBeLessThan(error.Message.IndexOf(First(model), StringComparison.Ordinal)); // who is back first
        error.Message.ShouldContain("for 2 h 0 min");
        error.Message.ShouldContain("for 3 d 0 h");
        if (dialect == Dialect.OpenAIResponses)
        {
            error.Type.ShouldBe("usage_limit_reached");
            ((long)error.Json["resets_at"]!).ShouldBe(_time.GetUtcNow().AddHours(2).ToUnixTimeSeconds());
            ((long)error.Json["resets_in_seconds"]!).ShouldBe(7200);
        }
        else
        {
            error.Type.ShouldBe("rate_limit_error");
        }
    }

    private static async Task<(string By, string? Attempts)> InSessionAsync(HostFixture host, string model, string session)
    {
        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, model, "hello"), session);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return (answer.Body.Split("[served by ")[1].Split(']')[0], answer.Header("x-proxy-attempts"));
    }
}
