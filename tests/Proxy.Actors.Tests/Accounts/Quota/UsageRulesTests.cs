using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Quota;
using static Proxy.Actors.Tests.Accounts.Quota.QuotaGiven;

namespace Proxy.Actors.Tests.Accounts.Quota;

/// <summary>When a usage endpoint is asked, and what becomes of answers that tell nothing.</summary>
public sealed class UsageRulesTests
{
    private const UpstreamKind Kind = UpstreamKind.Claude;

    private static readonly ProxyConfiguration ByQuota = new() { Routing = new RoutingOptions { Strategy = "soonest-reset" } };

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Accounts_without_a_reading_are_asked_about_one_after_the_other_some_time_after_the_start(double jitter)
    {
        var state = Account(Kind, asks: true, jitter);
        var due = T0 + UsageRules.FirstAfter + (UsageRules.Spread * jitter);

        UsageRules.NextWake(state, T0).ShouldBe(due);
        UsageRules.ShouldAsk(state, due.AddTicks(-1)).ShouldBeFalse();
        UsageRules.ShouldAsk(state, due).ShouldBeTrue();
        UsageRules.ShouldAsk(state.Apply(new AccountChange.UsageAsked(due)), due).ShouldBeFalse("one at a time");
    }

    [Fact]
    public void Account_that_has_told_is_left_alone_unless_choice_goes_by_quota()
    {
        var told = Told(Account(Kind, asks: true), T0.AddMinutes(1));
        UsageRules.NextWake(told, T0.AddMinutes(2)).ShouldBeNull();

        told = Told(Account(Kind, asks: true, jitter: 1, ByQuota), T0.AddMinutes(1));
        UsageRules.NextWake(told, T0.AddMinutes(2)).ShouldBe(T0.AddMinutes(1) + (UsageRules.Rest * 1.25));

        // A reading that comes with traffic puts it off.
        var busy = told.Apply(new AccountChange.QuotaObserved(new QuotaReading(T0.AddMinutes(50), [new QuotaWindow("5h", 0.3, null, false, TimeSpan.FromHours(5), null)])));
        UsageRules.NextWake(busy, T0.AddMinutes(51)).ShouldBe(T0.AddMinutes(50) + (UsageRules.Rest * 1.25));
    }

    [Fact]
    public void Switches_switch_it_off()
    {
        var noPoll = new ProxyConfiguration { Quota = new QuotaOptions { Poll = false } };
        var quiet = Account(Kind, asks: true, 0, noPoll);
        UsageRules.NextWake(quiet, T0).ShouldBeNull();
        UsageRules.ShouldAsk(Refused(quiet, Refusal(Kind, "5h", T0.AddHours(3)), T0), T0.AddMinutes(15)).ShouldBeTrue("a blocked one is asked about in any case");

        UsageEndpoint.For(Kind, new ProxyConfiguration { Claude = new ProxyConfiguration().Claude with { HasUsage = false } }).ShouldBeNull();
        UsageEndpoint.For(UpstreamKind.Compatible, new ProxyConfiguration()).ShouldBeNull();
        UsageEndpoint.For(Kind, new ProxyConfiguration { Claude = new ProxyConfiguration().Claude with { UsageUrl = new Uri("http://example.com/usage") } }).ShouldBeNull("a token travels over TLS only");
        UsageRules.NextWake(Account(Kind), T0).ShouldBeNull();
    }

    [Fact]
    public void Addresses_move_with_the_base_url_unless_they_are_written()
    {
        var defaults = new ProxyConfiguration();
        UsageEndpoint.For(UpstreamKind.Claude, defaults)!.Url.AbsoluteUri.ShouldBe("https://api.anthropic.com/api/oauth/usage");
        UsageEndpoint.For(UpstreamKind.Codex, defaults)!.Url.AbsoluteUri.ShouldBe("https://chatgpt.com/backend-api/wham/usage");
        var moved = defaults with { Codex = defaults.Codex with { BaseUrl = new Uri("http://127.0.0.1:9/backend-api/codex") } };
        UsageEndpoint.For(UpstreamKind.Codex, moved)!.Url.AbsoluteUri.ShouldBe("http://127.0.0.1:9/backend-api/wham/usage");
        var written = moved with { Codex = moved.Codex with { UsageUrl = new Uri("https://gateway.example.com/u") } };
        UsageEndpoint.For(UpstreamKind.Codex, written)!.Url.AbsoluteUri.ShouldBe("https://gateway.example.com/u");
    }

    [Fact]
    public void Blocked_reading_is_asked_about_once_in_a_quarter_of_an_hour_and_no_client_request_is_a_probe_then()
    {
        var state = Refused(Account(Kind, asks: true), Refusal(Kind, "5h", T0.AddHours(4)), T0);
        var asked = new List<DateTimeOffset>();
        for (var minute = 1; minute <= 60; minute++)
        {
            var now = T0.AddMinutes(minute);
            state.Serves(ModelOf(Kind), now, Purpose.Probe).ShouldBeFalse();
            state.ToSnapshot(now).BlockedSince.ShouldBeNull();
            if (UsageRules.ShouldAsk(state, now))
            {
                asked.Add(now);
                state = state.Apply(new AccountChange.UsageAsked(now)).Apply(Usage(Kind, now, five: 1, week: 0.2));
            }
        }

        asked.ShouldBe([T0.AddMinutes(15), T0.AddMinutes(30), T0.AddMinutes(45), T0.AddMinutes(60)]);
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("gone")]
    [InlineData("none")]
    public void Without_an_endpoint_that_tells_a_client_request_is_the_probe(string endpoint)
    {
        var state = Refused(Account(Kind, asks: endpoint != "none"), Refusal(Kind, "5h", T0.AddHours(4)), T0);
        var now = T0.AddMinutes(15);
        state = endpoint switch
        {
            "fails" => Answer(state, new UsageAnswer.Failed("made up"), now),
            "gone" => Answer(state, new UsageAnswer.Unavailable("it answered 404"), now),
            _ => state,
        };

        state.ToSnapshot(now).BlockedSince.ShouldBe(T0);
        state.Serves(ModelOf(Kind), now, Purpose.Probe).ShouldBeTrue();
    }

    [Fact]
    public void Failures_back_off_exponentially_as_long_as_the_endpoint_says_and_never_longer_than_six_hours()
    {
        var (state, now) = (Account(Kind, asks: true), T0.AddMinutes(1));
        foreach (var minutes in new[] { 5, 10, 20, 40, 80, 160, 320, 360, 360 })
        {
            state = Answer(state, new UsageAnswer.Failed("made up"), now);
            state.Usage.NextTry.ShouldBe(now.AddMinutes(minutes));
            UsageRules.CanTell(state, now.AddMinutes(minutes - 1)).ShouldBeFalse();
            now = now.AddMinutes(minutes);
        }

        Answer(Account(Kind, asks: true), new UsageAnswer.Failed("made up", TimeSpan.FromMinutes(48)), T0).Usage.NextTry.ShouldBe(T0.AddMinutes(48));
        Answer(Account(Kind, asks: true), new UsageAnswer.Failed("made up", TimeSpan.FromDays(7)), T0).Usage.NextTry.ShouldBe(T0.AddHours(6));
        var healed = Told(state, now);
        (healed.Usage.Failures, healed.Usage.NextTry, healed.Usage.Reason).ShouldBe((0, null, null));
        state.ToSnapshot(now).Blocked.ShouldBeNull("it hurts nothing");
    }

    [Fact]
    public void Endpoint_that_is_gone_is_not_asked_again_until_a_reload_or_a_new_login()
    {
        var gone = Answer(Account(Kind, asks: true), new UsageAnswer.Unavailable("it answered 403"), T0);
        gone.Usage.IsOff.ShouldBeTrue();
        UsageRules.NextWake(gone, T0.AddDays(1)).ShouldBeNull();

        var sameAgain = WithUsage(Defined(Kind, 1, T0.AddHours(1)), Kind);
        gone.Apply(sameAgain).Usage.IsOff.ShouldBeTrue("nothing has changed");
        gone.Apply(WithUsage(Defined(Kind, 2, T0.AddHours(1)), Kind)).Usage.IsOff.ShouldBeFalse("a new login may have the scope");
        var reloaded = new ProxyConfiguration { Version = 2 };
        gone.Apply(WithUsage(Defined(Kind, 1, T0.AddHours(1), configuration: reloaded), Kind, reloaded)).Usage.IsOff.ShouldBeFalse();
    }

    [Fact]
    public void Refused_token_is_refreshed_once_and_then_the_endpoint_is_given_up_not_the_account()
    {
        var state = Answer(Account(Kind, asks: true), UsageAnswer.Unauthorized.Instance, T0);
        state.ShouldRefresh(T0, isWanted: false).ShouldBeTrue();
        UsageRules.ShouldAsk(state, T0.AddHours(2)).ShouldBeFalse("there is no token to ask with");

        state = state.Apply(new AccountChange.RefreshBegan(T0)).Apply(new AccountChange.RefreshEnded(new Proxy.Actors.Credentials.RenewalOutcome.Renewed(File(Kind, 2, T0.AddHours(9)), CalledProvider: true), T0, 0));
        UsageRules.ShouldAsk(state, T0.AddMinutes(1)).ShouldBeTrue();
        state = state.Apply(new AccountChange.UsageAsked(T0.AddMinutes(1))).Apply(new AccountChange.UsageAnswered(UsageAnswer.Unauthorized.Instance, 2, T0.AddMinutes(1)));

        state.Usage.IsOff.ShouldBeTrue();
        state.Token!.IsRejected.ShouldBeFalse();
        state.Serves(ModelOf(Kind), T0.AddMinutes(1)).ShouldBeTrue();
    }

    [Fact]
    public void Refusal_of_a_token_that_is_no_longer_current_changes_nothing()
    {
        var state = Account(Kind, asks: true).Apply(WithUsage(Defined(Kind, 2, T0), Kind));

        state = Answer(state, UsageAnswer.Unauthorized.Instance, T0);

        state.Token!.IsRejected.ShouldBeFalse();
        UsageRules.ShouldAsk(state, T0.AddMinutes(1)).ShouldBeTrue();
    }

    [Fact]
    public void Nobody_asks_with_an_expired_token_for_a_paused_account_or_twice_at_once()
    {
        var ended = Account(Kind, asks: true, left: TimeSpan.FromMinutes(5));
        UsageRules.ShouldAsk(ended, T0.AddMinutes(4)).ShouldBeTrue();
        UsageRules.ShouldAsk(ended, T0.AddMinutes(5)).ShouldBeFalse();
        UsageRules.NextWake(ended, T0.AddMinutes(5)).ShouldBeNull();

        var paused = Account(Kind, asks: true) with { PausedSince = T0 };
        UsageRules.ShouldAsk(paused, T0.AddHours(1)).ShouldBeFalse();
        UsageRules.NextWake(paused, T0.AddHours(1)).ShouldBeNull();

        var running = Account(Kind, asks: true).Apply(new AccountChange.UsageAsked(T0.AddMinutes(1)));
        UsageRules.NextWake(running, T0.AddMinutes(1)).ShouldBe(T0.AddMinutes(3), "a call that is lost is given up after that");
        UsageRules.ShouldAsk(running, T0.AddMinutes(1).AddHours(2)).ShouldBeTrue();
    }

    private static AccountState Answer(AccountState state, UsageAnswer answer, DateTimeOffset at) =>
        state.Apply(new AccountChange.UsageAsked(at)).Apply(new AccountChange.UsageAnswered(answer, 1, at));

    private static AccountState Told(AccountState state, DateTimeOffset at) =>
        state.Apply(new AccountChange.UsageAsked(at)).Apply(Usage(Kind, at, five: 0.2, week: 0.1));
}
