using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Tests.Accounts;

/// <summary><c>disable-cooling</c>, <c>transient-error-cooldown-seconds</c>, <c>request-scoped-errors</c> and failing proxies, on an account's state.</summary>
public sealed class AccountRetryTests
{
    private const string Model = "claude-sonnet-4-5";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Disabled_cooling_puts_no_account_aside_whatever_fails()
    {
        foreach (var kind in Enum.GetValues<FailureClass>())
        {
            var after = Fail(Account(o => o with { DisableCooling = true }), kind);

            after.Cooldowns.All.ShouldBeEmpty($"{kind}");
            after.Counters.Failures[kind.ToString()].ShouldBe(1);
        }
    }

    [Fact]
    public void Disabled_cooling_still_has_a_refused_token_refreshed()
    {
        var after = Fail(Account(o => o with { DisableCooling = true }), FailureClass.Unauthorized);

        after.Token!.IsRejected.ShouldBeTrue();
        after.ShouldRefresh(Now, isWanted: false).ShouldBeTrue();
    }

    [Theory]
    [InlineData("true", false, 0)]
    [InlineData("false", true, 10)]
    public void Credentials_own_word_on_cooling_wins(string own, bool ofAll, int seconds) =>
        SecondsOut(Fail(Account(o => o with { DisableCooling = ofAll }, $",\"disable_cooling\":{own}"), FailureClass.Transient)).ShouldBe(seconds);

    [Theory]
    [InlineData(0, 10, 20)]
    [InlineData(45, 45, 45)]
    [InlineData(-1, 0, 0)]
    public void Passing_error_cools_for_the_told_time_doubling_by_default_or_not_at_all(int told, int first, int second)
    {
        var after = Fail(Account(o => o with { TransientErrorCooldownSeconds = told }), FailureClass.Transient);
        SecondsOut(after).ShouldBe(first);
        SecondsOut(Fail(after, FailureClass.Transient)).ShouldBe(second);
        SecondsOut(Fail(Account(o => o with { TransientErrorCooldownSeconds = told }), FailureClass.Forbidden)).ShouldBe(30 * 60);
    }

    [Theory]
    [InlineData(FailureRuling.Stop, FailureClass.QuotaExhausted, 0)]
    [InlineData(FailureRuling.Continue, FailureClass.Forbidden, 0)]
    [InlineData(FailureRuling.Continue, FailureClass.Unauthorized, 0)]
    [InlineData(FailureRuling.StopAndCooldown, FailureClass.Request, 10)]
    [InlineData(FailureRuling.ContinueAndCooldown, FailureClass.Unauthorized, 10)]
    [InlineData(FailureRuling.ContinueAndCooldown, FailureClass.Overloaded, 10)]
    [InlineData(FailureRuling.ContinueAndCooldown, FailureClass.Forbidden, 30 * 60)]
    public void Rule_of_the_owner_says_whether_the_account_cools(FailureRuling ruling, FailureClass kind, int seconds)
    {
        var after = Fail(Account(), kind, failure => failure with { Ruling = ruling });

        SecondsOut(after).ShouldBe(seconds);
        after.Token!.IsRejected.ShouldBeFalse();
    }

    [Fact]
    public void Own_proxy_that_fails_cools_the_account_ever_longer_and_a_shared_one_does_not()
    {
        var own = Account(file: ",\"proxy_url\":\"http://127.0.0.1:3128\"");
        var after = Fail(own, FailureClass.Network, Proxied);
        SecondsOut(after).ShouldBe(10);
        after.ToSnapshot(Now).Blocked!.Kind.ShouldBe(IneligibilityKind.Failing);
        SecondsOut(Fail(after, FailureClass.Network, Proxied)).ShouldBe(20);
        SecondsOut(Fail(own, FailureClass.Network, f => f with { Network = NetworkFault.Connect })).ShouldBe(0);
        SecondsOut(Fail(Account(), FailureClass.Network, Proxied)).ShouldBe(0);

        static Failure Proxied(Failure failure) => failure with { Network = NetworkFault.ProxyUrl };
    }

    [Theory]
    [InlineData("request_retry", "disable_cooling", "request_scoped_errors", "match_regexr")]
    [InlineData("request-retry", "disable-cooling", "request-scoped-errors", "match-regexr")]
    public void Auth_file_says_it_in_both_spellings(string retry, string cooling, string errors, string pattern)
    {
        var file = File($$""","{{retry}}":2,"{{cooling}}":true,"{{errors}}":[{"status":400,"match":["made up"],"{{pattern}}":"^{","action":"stop"},{"match":"x","action":"continue-and-cooldown"}]""")
            .ShouldBeOfType<AuthFileReading.Loaded>().File.Retry;

        (file.RequestRetry, file.DisableCooling).ShouldBe((2, true));
        file.ErrorRules.Select(r => (r.Status, r.Ruling)).ShouldBe([(400, FailureRuling.Stop), (null, FailureRuling.ContinueAndCooldown)]);
        file.ErrorRules[0].Patterns.ShouldHaveSingleItem();
    }

    [Fact]
    public void Rule_of_an_auth_file_that_can_not_be_read_breaks_the_account_with_a_reason_that_says_which()
    {
        var reading = File(""","request_scoped_errors":[{"status":400,"action":"stop"},{"match_regexr":"(","action":"stop"}]""").ShouldBeOfType<AuthFileReading.Faulty>();

        reading.Reason.ShouldStartWith("request_scoped_errors[1] has the match-regexr");
        reading.Reason.ShouldNotContain("sandbox-access");
    }

    [Fact]
    public void Rules_of_the_provider_come_after_the_files_own_and_go_with_the_lease()
    {
        var provider = ErrorRule.Create(403, [], [], "continue", out _)!;
        var account = Account(file: ""","request_scoped_errors":[{"status":400,"action":"stop"}]""", provider: [provider]);

        account.Profile.Retry.ErrorRules.Select(r => r.Status).ShouldBe([400, 403]);
        account.ToLease(LeaseId.Next(), new AccountCommands.Acquire(account.Profile.Id, new TicketId(1), Model, Purpose.Inference, Now, Now), Model).ErrorRules.ShouldBe(account.Profile.Retry.ErrorRules);
    }

    private static AuthFileReading File(string more) => AuthFileReader.Read("claude-ann.json", Encoding.UTF8.GetBytes(
        $$"""{"type":"claude","access_token":"sandbox-access-claude-1-g1","refresh_token":"sandbox-refresh-claude-1-g1","expired":"2026-02-01T00:00:00Z"{{more}}}"""));

    private static AccountState Account(Func<RoutingOptions, RoutingOptions>? routing = null, string file = "", IReadOnlyList<ErrorRule>? provider = null)
    {
        var configuration = new ProxyConfiguration();
        configuration = configuration with
        {
            Routing = routing?.Invoke(configuration.Routing) ?? configuration.Routing,
            Claude = configuration.Claude with { ErrorRules = provider ?? [] },
        };
        var definition = AccountDefinition.OfFile("claude", UpstreamKind.Claude, "claude-ann.json", File(file).ShouldBeOfType<AuthFileReading.Loaded>(), configuration);
        return AccountState.From(AccountChange.Defined.By(definition, ModelCatalogue.Default, Now, jitter: 0));
    }

    private static AccountState Fail(AccountState state, FailureClass kind, Func<Failure, Failure>? change = null)
    {
        var lease = new LeaseInFlight(LeaseId.Next(), new TicketId(1), Model, Purpose.Inference, state.Token!.Generation, Now, Now.AddHours(1), state.Cooldowns.Sequence);
        var failure = new Failure { Class = kind, Scope = FailureScope.Account, Status = 400, Message = "made up" };
        return state.Apply(new AccountChange.LeaseGranted(lease)).Apply(new AccountChange.LeaseEnded(lease.Id, new AttemptOutcome(change?.Invoke(failure) ?? failure, Committed: false, Cancelled: false), Now));
    }

    private static double SecondsOut(AccountState state) => state.Cooldowns.ForAccount(Now) is { } cooldown ? (cooldown.Until - Now).TotalSeconds : 0;
}
