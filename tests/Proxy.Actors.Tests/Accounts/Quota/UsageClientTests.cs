using System.Net;
using Proxy.Actors.Configuration;
using Proxy.Actors.Outbound;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Accounts.Quota;

public sealed class UsageClientTests
{
    private const string Token = "sandbox-access-made-up-1";

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedUsage _provider = new();

    [Fact]
    public async Task Claudes_endpoint_gets_what_it_wants_under_our_own_name()
    {
        var (call, asking) = await AskAsync(UpstreamKind.Claude);

        call.Method.ShouldBe(HttpMethod.Get);
        call.Url.AbsoluteUri.ShouldBe("https://api.anthropic.com/api/oauth/usage");
        call.Headers["Authorization"].ShouldBe($"Bearer {Token}");
        call.Headers["anthropic-beta"].ShouldBe("oauth-2025-04-20");
        call.Headers["User-Agent"].ShouldStartWith("CliProxyActors/");
        call.Headers.ContainsKey("ChatGPT-Account-Id").ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(3));
        call.Tells(33, 13);

        var told = (await asking).ShouldBeOfType<UsageAnswer.Told>();
        told.Reading.ObservedAt.ShouldBe(_time.GetUtcNow() - TimeSpan.FromSeconds(3), "an answer may be as old as its question");
        told.Reading.Windows.Select(w => w.UsedShare).ShouldBe([0.33, 0.13]);
    }

    [Fact]
    public async Task ChatGpts_endpoint_gets_the_account_id_and_no_beta()
    {
        var (call, asking) = await AskAsync(UpstreamKind.Codex);

        call.Url.AbsoluteUri.ShouldBe("https://chatgpt.com/backend-api/wham/usage");
        call.Headers["ChatGPT-Account-Id"].ShouldBe("made-up-account");
        call.Headers.ContainsKey("anthropic-beta").ShouldBeFalse();
        call.Says(HttpStatusCode.OK, """{"plan_type":"plus","rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":3,"limit_window_seconds":18000,"reset_at":1},"secondary_window":null}}""");

        (await asking).ShouldBeOfType<UsageAnswer.Told>().Reading.Plan.ShouldBe("plus");
    }

    [Theory]
    [InlineData(401, "application/json", typeof(UsageAnswer.Unauthorized))]
    [InlineData(403, "application/json", typeof(UsageAnswer.Unavailable))]
    [InlineData(404, "application/json", typeof(UsageAnswer.Unavailable))]
    [InlineData(403, "text/html", typeof(UsageAnswer.Failed))]
    [InlineData(404, "text/html", typeof(UsageAnswer.Failed))]
    [InlineData(401, "text/html", typeof(UsageAnswer.Failed))]
    [InlineData(302, "text/html", typeof(UsageAnswer.Failed))]
    [InlineData(500, "application/json", typeof(UsageAnswer.Failed))]
    [InlineData(200, "text/html", typeof(UsageAnswer.Failed))]
    public async Task Each_status_means_what_it_means(int status, string type, Type answer)
    {
        var (call, asking) = await AskAsync(UpstreamKind.Claude);

        call.Says((HttpStatusCode)status, type.Contains("html", StringComparison.Ordinal) ? "<!DOCTYPE html>" : "{}", type);

        (await asking).ShouldBeOfType(answer);
    }

    [Fact]
    public async Task Wait_that_the_endpoint_asks_for_is_told()
    {
        var (call, asking) = await AskAsync(UpstreamKind.Claude);

        call.Says(HttpStatusCode.TooManyRequests, headers: ("Retry-After", "2895"));

        (await asking).ShouldBeOfType<UsageAnswer.Failed>().RetryAfter.ShouldBe(TimeSpan.FromSeconds(2895));
    }

    [Fact]
    public async Task Endpoint_that_does_not_answer_is_left_after_its_own_short_time()
    {
        var (_, asking) = await AskAsync(UpstreamKind.Claude);

        _time.Advance(UsageClient.Limit - TimeSpan.FromTicks(1));
        asking.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));

        (await asking.WaitAsync(AccountsWorld.FailSafe)).ShouldBeOfType<UsageAnswer.Failed>().Reason.ShouldContain("in time");
    }

    [Fact]
    public async Task Broken_connection_and_endless_answer_are_failures()
    {
        var (broken, asking) = await AskAsync(UpstreamKind.Claude);
        broken.Answer.SetException(new HttpRequestException(HttpRequestError.ResponseEnded));
        (await asking).ShouldBeOfType<UsageAnswer.Failed>();

        var (endless, again) = await AskAsync(UpstreamKind.Claude);
        endless.Says(HttpStatusCode.OK, $$"""{"five_hour":null,"filler":"{{new string('x', 300 * 1024)}}"}""");
        (await again).ShouldBeOfType<UsageAnswer.Failed>();
    }

    [Fact]
    public void Question_does_not_show_its_token() => Question(UpstreamKind.Claude).ToString().ShouldNotContain(Token);

    private static UsageQuestion Question(UpstreamKind kind) =>
        new(UsageEndpoint.For(kind, new ProxyConfiguration())!, Token, kind == UpstreamKind.Codex ? "made-up-account" : null, OutboundRoute.Direct);

    private async Task<(UsageCall Call, Task<UsageAnswer> Asking)> AskAsync(UpstreamKind kind)
    {
        var asking = _provider.Client(_time).AskAsync(Question(kind), CancellationToken.None);
        return (await _provider.NextAsync(), asking);
    }
}
