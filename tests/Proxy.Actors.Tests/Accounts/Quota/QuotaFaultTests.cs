using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;
using static Proxy.Actors.Tests.Accounts.Quota.QuotaGiven;

namespace Proxy.Actors.Tests.Accounts.Quota;

/// <summary>Faults 13 to 16, 59 and 60 of spec/faults.md on the account's state, in the words of both providers.</summary>
public sealed class QuotaFaultTests
{
    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault13_five_hour_quota_blocks_the_account_until_its_reset(UpstreamKind kind)
    {
        var state = Refused(Account(kind), Refusal(kind, "5h", T0.AddHours(3)), T0);

        state.ToSnapshot(T0).Blocked.ShouldNotBeNull().Kind.ShouldBe(IneligibilityKind.QuotaExhausted);
        state.Serves(OtherOf(kind), T0.AddHours(3).AddSeconds(-1)).ShouldBeFalse("the account has no quota for any model");
        state.Serves(ModelOf(kind), T0.AddHours(3)).ShouldBeTrue();
        state.Quota.All.Single(w => w.Window is { Name: "5h", Model: null }).Window.IsRejected.ShouldBeTrue();
        state.Quota.All.Single(w => w.Window is { Name: "7d", Model: null }).Window.IsRejected.ShouldBeFalse();
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault14_weekly_quota_blocks_the_account_for_days_and_no_longer_than_its_reset(UpstreamKind kind)
    {
        var state = Refused(Account(kind), Refusal(kind, "7d", T0.AddDays(4)), T0);

        state.ToSnapshot(T0).Blocked.ShouldNotBeNull().Until.ShouldBe(T0.AddDays(4));
        state.Serves(OtherOf(kind), T0.AddDays(3.9)).ShouldBeFalse();
        state.Serves(OtherOf(kind), T0.AddDays(4)).ShouldBeTrue();
        state.Quota.Outlook.Weekly.ShouldNotBeNull().ResetsAt.ShouldBe(T0.AddDays(4));
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault15_model_window_blocks_its_family_alone_and_no_other_model(UpstreamKind kind)
    {
        var state = Refused(Account(kind), Refusal(kind, "model", T0.AddDays(2)), T0);

        state.ToSnapshot(T0).Blocked.ShouldBeNull();
        state.Serves(ModelOf(kind), T0.AddDays(1)).ShouldBeFalse();
        state.Serves(SiblingOf(kind), T0.AddDays(1)).ShouldBeFalse("it draws on the same window");
        state.Serves(OtherOf(kind), T0).ShouldBeTrue();
        state.Serves(ModelOf(kind), T0.AddDays(2)).ShouldBeTrue();

        // The success of another model says nothing of this one; its own does.
        (state, var other) = Grant(state, T0.AddHours(1), OtherOf(kind));
        state = state.Apply(new AccountChange.LeaseEnded(other.Id, AttemptOutcome.Success, T0.AddHours(1)));
        state.Serves(ModelOf(kind), T0.AddDays(1)).ShouldBeFalse();
        state.Serves(ModelOf(kind), T0.AddHours(1), Purpose.Probe).ShouldBeTrue();
        (state, var probe) = Grant(state, T0.AddHours(1), SiblingOf(kind), Purpose.Probe);
        state = state.Apply(new AccountChange.LeaseEnded(probe.Id, AttemptOutcome.Success, T0.AddHours(1)));
        state.Serves(ModelOf(kind), T0.AddHours(1)).ShouldBeTrue();
    }

    [Fact]
    public void Fault15_bucket_that_is_not_named_for_its_model_blocks_the_model_that_was_refused()
    {
        var error = Refusal(UpstreamKind.Claude, "model", T0.AddDays(2));
        var headers = error.Headers.ToDictionary(h => h.Key.Replace("7d_opus", "7d_oi", StringComparison.Ordinal), h => h.Value, StringComparer.OrdinalIgnoreCase);

        var state = Refused(Account(UpstreamKind.Claude), error with { Headers = headers }, T0, "claude-fable-5");

        state.Serves("claude-fable-5", T0.AddDays(1)).ShouldBeFalse();
        state.Serves("claude-opus-4-6", T0.AddDays(1)).ShouldBeTrue();
        state.Quota.All.Single(w => w.Window.Model == "fable").Window.IsRejected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault16_limit_per_minute_is_no_quota_and_passes_with_its_wait(UpstreamKind kind)
    {
        var state = Refused(Account(kind, asks: true), PerMinute(kind, "7"), T0);

        state.ToSnapshot(T0).Blocked.ShouldNotBeNull().Kind.ShouldBe(IneligibilityKind.CoolingDown);
        state.Serves(ModelOf(kind), T0.AddSeconds(7).AddTicks(-1)).ShouldBeFalse();
        state.Serves(ModelOf(kind), T0.AddSeconds(7)).ShouldBeTrue();
        state.Quota.All.ShouldAllBe(w => !w.Window.IsRejected);
        state.Cooldowns.All.ShouldAllBe(c => c.Cause == CooldownCause.RateLimit);
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault59_window_that_the_plan_no_longer_has_blocks_no_longer(UpstreamKind kind)
    {
        var state = Refused(Account(kind, asks: true), Refusal(kind, "5h", T0.AddHours(5)), T0);

        state = state.Apply(Usage(kind, T0.AddMinutes(15), five: null, week: 0.3));

        state.Quota.All.Where(w => w.Window.Model is null).ShouldHaveSingleItem().Window.Name.ShouldBe("7d");
        state.Quota.Outlook.FiveHours.ShouldBeNull();
        state.Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeTrue();
    }

    [Fact]
    public void Fault59_weekly_window_that_moves_to_the_first_place_stays_the_weekly_window()
    {
        static QuotaReading Headers(int minute, params (string Name, string Value)[] headers) =>
            QuotaReadings.FromHeaders(UpstreamKind.Codex, headers.Select(h => KeyValuePair.Create(h.Name, h.Value)), T0.AddMinutes(minute)).ShouldNotBeNull();

        var state = Account(UpstreamKind.Codex).Apply(new AccountChange.QuotaObserved(Headers(
            0, ("x-codex-primary-used-percent", "98"), ("x-codex-primary-window-minutes", "300"), ("x-codex-secondary-used-percent", "40"), ("x-codex-secondary-window-minutes", "10080"))));

        state = state.Apply(new AccountChange.QuotaObserved(Headers(5, ("x-codex-primary-used-percent", "42"), ("x-codex-primary-window-minutes", "10080"))));

        var weekly = state.Quota.All.ShouldHaveSingleItem();
        (weekly.Window.Name, weekly.Window.UsedShare, weekly.History.Points.Length).ShouldBe(("7d", 0.42, 2));
    }

    [Fact]
    public void Fault59_other_plan_begins_with_its_own_windows()
    {
        var state = Account(UpstreamKind.Codex).Apply(new AccountChange.QuotaObserved(Reading(0, "plus", "30d")));
        state.Apply(new AccountChange.QuotaObserved(Reading(1, "plus", "7d"))).Quota.All.Length.ShouldBe(2);

        state.Apply(new AccountChange.QuotaObserved(Reading(1, "pro", "7d"))).Quota.All.ShouldHaveSingleItem().Window.Name.ShouldBe("7d");

        static QuotaReading Reading(int minute, string plan, string window) => new(T0.AddMinutes(minute), [new QuotaWindow(window, 0.5, null, false, null, null)]) { Plan = plan };
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, "5h")]
    [InlineData(UpstreamKind.Claude, "7d")]
    [InlineData(UpstreamKind.Codex, "5h")]
    [InlineData(UpstreamKind.Codex, "7d")]
    public void Fault60_quota_that_came_back_early_ends_the_block_at_the_next_look(UpstreamKind kind, string window)
    {
        var state = Refused(Account(kind, asks: true), Refusal(kind, window, T0.AddHours(4)), T0);

        state = state.Apply(Usage(kind, T0.AddMinutes(15), five: 0.02, week: 0.01));

        state.Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeTrue();
        state.Cooldowns.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault60_model_window_that_came_back_ends_its_block_and_no_other(UpstreamKind kind)
    {
        var state = Refused(Account(kind, asks: true), Refusal(kind, "model", T0.AddDays(2)), T0);
        state.Apply(Usage(kind, T0.AddMinutes(15), five: 0.1, week: 0.1, model: 1)).Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeFalse("its own window is still full");

        state.Apply(Usage(kind, T0.AddMinutes(15), five: 0.1, week: 0.1, model: 0.1)).Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeTrue();
        state.Apply(Usage(kind, T0.AddMinutes(15), five: 0.1, week: 0.1, model: null)).Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeTrue("the plan has no such window any more");

        var account = Refused(Account(kind, asks: true), Refusal(kind, "5h", T0.AddHours(4)), T0);
        account.Apply(Usage(kind, T0.AddMinutes(15), five: 1, week: 0.1, model: 0.1)).Serves(ModelOf(kind), T0.AddMinutes(16)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault60_answer_that_still_refuses_makes_the_block_young_and_corrects_its_end(UpstreamKind kind)
    {
        var state = Refused(Account(kind, asks: true), Refusal(kind, "5h", T0.AddHours(2)), T0);

        state = state.Apply(Usage(kind, T0.AddMinutes(15), five: 1, week: 0.2, refuses: true));

        var cooldown = state.Cooldowns.All.Single();
        cooldown.Since.ShouldBe(T0.AddMinutes(15));
        cooldown.Until.ShouldBe(T0.AddMinutes(15).AddHours(5));
        UsageRules.NextWake(state, T0.AddMinutes(16)).ShouldBe(T0.AddMinutes(30));
    }

    [Fact]
    public void Fault60_refusal_without_a_full_window_is_no_evidence_of_room()
    {
        var state = Refused(Account(UpstreamKind.Codex, asks: true), Refusal(UpstreamKind.Codex, "5h", T0.AddHours(2)), T0);

        state.Apply(Usage(UpstreamKind.Codex, T0.AddMinutes(15), five: 0.5, week: 0.2, refuses: true)).Serves(ModelOf(UpstreamKind.Codex), T0.AddMinutes(16)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public void Fault60_answer_that_was_asked_for_before_the_refusal_is_overtaken_by_it(UpstreamKind kind)
    {
        var state = Refused(Account(kind, asks: true), Refusal(kind, "5h", T0.AddHours(2)), T0);

        state = state.Apply(Usage(kind, T0.AddSeconds(-1), five: 0.1, week: 0.1, later: TimeSpan.FromSeconds(5)));

        state.Serves(ModelOf(kind), T0.AddSeconds(5)).ShouldBeFalse();
        state.Quota.All.Single(w => w.Window is { Name: "5h", Model: null }).Window.IsRejected.ShouldBeTrue("older never overwrites newer");
    }

    [Fact]
    public void Fault60_headers_of_a_probe_end_the_block_before_its_stream_does_and_those_of_older_leases_do_not()
    {
        var kind = UpstreamKind.Claude;
        var (state, older) = Grant(Account(kind), T0, ModelOf(kind));
        state = Refused(state, Refusal(kind, "5h", T0.AddHours(4)), T0);
        var room = QuotaReadings.FromHeaders(kind, [KeyValuePair.Create("anthropic-ratelimit-unified-5h-status", "allowed"), KeyValuePair.Create("anthropic-ratelimit-unified-5h-utilization", "0.1")], T0.AddMinutes(20)).ShouldNotBeNull();

        state.Apply(new AccountChange.QuotaObserved(room) { At = room.ObservedAt, Lease = older.Id }).Serves(ModelOf(kind), T0.AddMinutes(20)).ShouldBeFalse();

        (state, var probe) = Grant(state, T0.AddMinutes(20), ModelOf(kind), Purpose.Probe);
        state = state.Apply(new AccountChange.QuotaObserved(room) { At = room.ObservedAt, Lease = probe.Id });
        state.Serves(ModelOf(kind), T0.AddMinutes(20)).ShouldBeTrue();
        state.Leases.ShouldContainKey(probe.Id);
    }

    [Fact]
    public void Fault60_readings_of_the_future_do_not_keep_newer_ones_out_after_the_clock_was_set_back()
    {
        var state = Account(UpstreamKind.Claude).Apply(Read(T0.AddHours(1), 0.9));
        state.Apply(Read(T0, 0.1)).Quota.Outlook.FiveHours!.UsedShare.ShouldBe(0.1);
        state.Apply(Read(T0.AddMinutes(59).AddSeconds(30), 0.1)).Quota.Outlook.FiveHours!.UsedShare.ShouldBe(0.9);

        static AccountChange Read(DateTimeOffset at, double share) =>
            new AccountChange.QuotaObserved(new QuotaReading(at, [new QuotaWindow("5h", share, null, false, TimeSpan.FromHours(5), null)])) { At = at };
    }

    [Fact]
    public void Readings_survive_restart_and_token_refresh()
    {
        var kind = UpstreamKind.Claude;
        var state = Refused(Account(kind), Refusal(kind, "model", T0.AddDays(2)), T0);
        state = state.Apply(new AccountChange.QuotaObserved(new QuotaReading(T0.AddMinutes(1), [new QuotaWindow("7d", 0.31, T0.AddDays(3), false, TimeSpan.FromDays(7), null)]) { Source = QuotaSource.Event, Plan = "max" }));

        var refreshed = state.Apply(new AccountChange.RefreshBegan(T0.AddHours(1)))
            .Apply(new AccountChange.RefreshEnded(new Proxy.Actors.Credentials.RenewalOutcome.Renewed(File(kind, 2, T0.AddHours(9)), CalledProvider: true), T0.AddHours(1), 0));
        refreshed.Token!.Generation.ShouldBe(2);
        refreshed.Quota.ShouldBe(state.Quota);
        refreshed.Cooldowns.ShouldBe(state.Cooldowns);

        var recalled = AccountStateJson.Recall(Account(kind), AccountStateJson.Write(state));
        recalled.Quota.All.ShouldBe(state.Quota.All);
        recalled.Quota.Outlook.ShouldBe(state.Quota.Outlook);
        recalled.Serves(SiblingOf(kind), T0.AddDays(1)).ShouldBeFalse();
        recalled.Cooldowns.All.ShouldBe(state.Cooldowns.All);
    }
}
