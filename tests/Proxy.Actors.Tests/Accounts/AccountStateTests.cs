using FsCheck;
using FsCheck.Fluent;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Tests.Accounts;

public sealed class AccountStateTests
{
    [Fact]
    public void Cooldowns_of_models_that_clients_make_up_are_bounded()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var cooldowns = Cooldowns.None;
        for (var i = 0; i < 1000; i++)
        {
            cooldowns = cooldowns.Begin($"made-up-{i}", CooldownCause.ModelUnavailable, now.AddSeconds(i), cooldowns.Sequence, _ => now.AddHours(12).AddSeconds(i), "made up");
        }

        cooldowns.All.Length.ShouldBe(256);
        cooldowns.ForModel("made-up-999", now.AddSeconds(999)).ShouldNotBeNull();
        cooldowns.Begin("made-up", CooldownCause.Quota, now.AddDays(2), cooldowns.Sequence, _ => now.AddDays(3), "made up").All.ShouldHaveSingleItem();
    }

    private const string Model = "claude-sonnet-4-5";
    private const string Other = "claude-haiku-4-5";
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AccountState Fresh = Account(TimeSpan.FromHours(8));

    [Theory]
    [InlineData(FailureClass.Request, 0)]
    [InlineData(FailureClass.IdentityRefused, 0)]
    [InlineData(FailureClass.ForeignReasoning, 0)]
    [InlineData(FailureClass.Throttled, 0)]
    [InlineData(FailureClass.Overloaded, 0)]
    [InlineData(FailureClass.Network, 0)]
    [InlineData(FailureClass.Truncated, 0)]
    [InlineData(FailureClass.Forbidden, 30 * 60)]
    [InlineData(FailureClass.Challenge, 10)]
    [InlineData(FailureClass.Transient, 10)]
    [InlineData(FailureClass.RateLimited, 10)]
    [InlineData(FailureClass.QuotaExhausted, 5 * 60)]
    public void Failure_blocks_the_whole_account_as_long_as_its_row_says(FailureClass kind, int seconds)
    {
        var after = Fail(Fresh, kind, T0);

        if (seconds == 0)
        {
            after.ToSnapshot(T0).Blocked.ShouldBeNull();
        }
        else
        {
            after.ToSnapshot(T0).Blocked!.Until.ShouldBe(T0.AddSeconds(seconds));
            after.ToSnapshot(T0).WhyNot(Other, T0.AddSeconds(seconds - 1)).ShouldNotBeNull();
        }

        after.Decide(Model, Purpose.Inference, T0.AddSeconds(seconds)).ShouldBeOfType<AcquireDecision.Grant>();
        after.Counters.Failures[kind.ToString()].ShouldBe(1);
    }

    [Fact]
    public void Model_that_is_unavailable_blocks_itself_alone_for_twelve_hours()
    {
        var after = Fail(Fresh, FailureClass.ModelUnavailable, T0, FailureScope.AccountModel);

        after.ToSnapshot(T0).Blocked.ShouldBeNull();
        after.ToSnapshot(T0).WhyNot(Model, T0.AddHours(11))!.Kind.ShouldBe(IneligibilityKind.ModelUnavailable);
        after.Decide(Other, Purpose.Inference, T0).ShouldBeOfType<AcquireDecision.Grant>();
        Fail(Account(TimeSpan.FromHours(30)), FailureClass.ModelUnavailable, T0, FailureScope.AccountModel).Decide(Model, Purpose.Inference, T0.AddHours(12)).ShouldBeOfType<AcquireDecision.Grant>();
    }

    [Fact]
    public void Short_cooldowns_double_up_to_a_minute_and_a_success_ends_them()
    {
        var (state, now) = (Fresh, T0);
        foreach (var seconds in new[] { 10, 20, 40, 60, 60 })
        {
            state = Fail(state, FailureClass.Transient, now);
            state.ToSnapshot(now).Blocked!.Until.ShouldBe(now.AddSeconds(seconds));
            now = now.AddSeconds(seconds);
        }

        state = Succeed(state, now);
        Fail(state, FailureClass.Transient, now).ToSnapshot(now).Blocked!.Until.ShouldBe(now.AddSeconds(10));
    }

    [Fact]
    public void Failures_of_one_bad_moment_count_once()
    {
        var (state, leases) = (Fresh, new List<LeaseInFlight>());
        for (var i = 0; i < 5; i++)
        {
            (state, var lease) = Grant(state, T0);
            leases.Add(lease);
        }

        foreach (var lease in leases)
        {
            state = End(state, lease, FailureClass.Transient, T0);
        }

        state.ToSnapshot(T0).Blocked!.Until.ShouldBe(T0.AddSeconds(10));
    }

    [Fact]
    public void Success_of_a_lease_from_before_the_refusal_does_not_end_it()
    {
        var (state, older) = Grant(Fresh, T0);
        state = Fail(state, FailureClass.QuotaExhausted, T0, until: T0.AddHours(2));

        state = state.Apply(new AccountChange.LeaseEnded(older.Id, AttemptOutcome.Success, T0));

        state.Decide(Model, Purpose.Inference, T0.AddMinutes(1)).ShouldBeOfType<AcquireDecision.Refuse>();
    }

    [Fact]
    public void Quota_without_a_told_reset_goes_by_the_rejected_window_and_believes_no_reset_beyond_a_week()
    {
        var known = Fresh.Apply(new AccountChange.QuotaObserved(new QuotaReading(T0, [new QuotaWindow("5h", 1, T0.AddHours(3), IsRejected: true, TimeSpan.FromHours(5), null)])));

        Fail(known, FailureClass.QuotaExhausted, T0).ToSnapshot(T0).Blocked!.Until.ShouldBe(T0.AddHours(3));
        Fail(Fresh, FailureClass.QuotaExhausted, T0, until: T0.AddYears(10)).ToSnapshot(T0).Blocked!.Until.ShouldBe(T0 + FailureRules.FarthestReset);
        Fail(Fresh, FailureClass.RateLimited, T0, until: T0.AddSeconds(-5)).ToSnapshot(T0).Blocked!.Until.ShouldBe(T0.AddSeconds(10));
    }

    [Fact]
    public void Short_failure_never_ends_a_long_block()
    {
        var (state, other) = Grant(Fresh, T0);
        state = Fail(state, FailureClass.QuotaExhausted, T0, until: T0.AddHours(2));

        state = End(state, other, FailureClass.Transient, T0);

        state.ToSnapshot(T0).Blocked!.Until.ShouldBe(T0.AddHours(2));
    }

    [Fact]
    public void Probe_is_let_through_once_per_quarter_of_an_hour_and_its_success_ends_the_block()
    {
        var state = Fail(Fresh, FailureClass.QuotaExhausted, T0, until: T0.AddHours(5));
        state.ToSnapshot(T0).BlockedSince.ShouldBe(T0);
        state.Decide(Model, Purpose.Probe, T0.AddMinutes(14)).ShouldBeOfType<AcquireDecision.Refuse>();
        var now = T0.AddMinutes(15);
        state.Decide(Model, Purpose.Probe, now).ShouldBeOfType<AcquireDecision.Grant>();
        (state, var probe) = Grant(state, now, Purpose.Probe);
        state.Decide(Model, Purpose.Probe, now).ShouldBeOfType<AcquireDecision.Refuse>();
        state.ToSnapshot(now).BlockedSince.ShouldBe(now);

        state = state.Apply(new AccountChange.LeaseEnded(probe.Id, AttemptOutcome.Success, now));

        state.ToSnapshot(now).Blocked.ShouldBeNull();
    }

    [Fact]
    public void Token_count_moves_no_health()
    {
        var (state, lease) = Grant(Fresh, T0, Purpose.CountTokens);
        End(state, lease, FailureClass.QuotaExhausted, T0).ToSnapshot(T0).Blocked.ShouldBeNull();

        var blocked = Fail(Fresh, FailureClass.Transient, T0);
        (blocked, lease) = Grant(blocked, T0.AddSeconds(10), Purpose.CountTokens);
        blocked.Apply(new AccountChange.LeaseEnded(lease.Id, AttemptOutcome.Success, T0.AddSeconds(10))).Cooldowns.All.ShouldNotBeEmpty();
    }

    [Fact]
    public void Unauthorized_asks_for_a_refresh_once_and_a_second_one_on_the_fresh_token_is_final()
    {
        var (state, old) = Grant(Fresh, T0);
        (state, var lease) = Grant(state, T0);
        state = End(state, lease, FailureClass.Unauthorized, T0);
        state.ShouldRefresh(T0, isWanted: false).ShouldBeTrue();
        state.Decide(Model, Purpose.Inference, T0).ShouldBeOfType<AcquireDecision.Wait>();

        state = Refreshed(state, 2, T0);
        state.Token!.Generation.ShouldBe(2);
        state = End(state, old, FailureClass.Unauthorized, T0);
        state.Decide(Model, Purpose.Inference, T0).ShouldBeOfType<AcquireDecision.Grant>();

        (state, lease) = Grant(state, T0);
        state = End(state, lease, FailureClass.Unauthorized, T0);
        state.ShouldRefresh(T0.AddMinutes(1), isWanted: false).ShouldBeFalse();
        state.ToSnapshot(T0).Blocked!.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
    }

    [Fact]
    public void Refused_refresh_needs_a_login_only_when_the_token_has_ended()
    {
        var state = Fresh.Apply(new AccountChange.RefreshBegan(T0)).Apply(new AccountChange.RefreshEnded(new RenewalOutcome.Refused("refused"), T0, 0));

        state.Decide(Model, Purpose.Inference, T0).ShouldBeOfType<AcquireDecision.Grant>();
        state.ToSnapshot(T0.AddHours(9)).Blocked!.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        state.ShouldRefresh(T0.AddHours(9), isWanted: true).ShouldBeFalse();
        state.Apply(Defined(File(5, T0.AddHours(20)), T0.AddHours(9))).Decide(Model, Purpose.Inference, T0.AddHours(9)).ShouldBeOfType<AcquireDecision.Grant>();
    }

    [Fact]
    public void Api_key_that_is_refused_needs_a_login_at_once()
    {
        var definition = AccountDefinition.OfEntry(new ApiKeyAccount { Provider = "claude", Kind = UpstreamKind.Claude, ApiKey = "made-up", BaseUrl = new Uri("http://127.0.0.1:1"), EntryKey = "k" }, new ProxyConfiguration());
        var state = AccountState.From(AccountChange.Defined.By(definition, ModelCatalogue.Default, T0, 0));

        Fail(state, FailureClass.Unauthorized, T0).ToSnapshot(T0).Blocked!.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
    }

    [Fact]
    public void Own_older_pair_in_a_file_is_not_taken_again_and_new_content_clears_no_cooldown()
    {
        var state = Refreshed(Fail(Fresh, FailureClass.Forbidden, T0), 2, T0);

        var stale = state.Apply(Defined(File(1, T0.AddHours(8)), T0));
        stale.Token!.Generation.ShouldBe(2);
        var edited = state.Apply(Defined(File(3, T0.AddHours(8)), T0));
        edited.Token!.Generation.ShouldBe(3);
        edited.ToSnapshot(T0).Blocked!.Kind.ShouldBe(IneligibilityKind.Forbidden);
    }

    [Fact]
    public void Fault60_older_reading_never_overwrites_a_newer_one()
    {
        static AccountChange Read(int minute, double share) => new AccountChange.QuotaObserved(new QuotaReading(T0.AddMinutes(minute), [new QuotaWindow("5h", share, null, false, null, null)]));

        var state = Fresh.Apply(Read(5, 0.1)).Apply(Read(3, 0.9));

        state.Quota.All.Single().Window.UsedShare.ShouldBe(0.1);
        state.Apply(Read(6, 0.2)).Quota.All.Single().Window.UsedShare.ShouldBe(0.2);
    }

    [Theory]
    [InlineData(8, 4)] // Claude: lead 4 h, at most half of the life
    [InlineData(24, 20)]
    [InlineData(1, 0.5)]
    public void Refresh_is_due_a_lead_before_the_end_but_not_before_half_of_the_life(double lifeHours, double dueHours) =>
        Account(TimeSpan.FromHours(lifeHours)).Token!.RefreshDue.ShouldBe(T0.AddHours(dueHours));

    [Fact]
    public void Lease_that_outlives_its_request_is_a_bug()
    {
        var (state, _) = Grant(Fresh, T0);
        state = state.Apply(new AccountChange.TimePassed(T0.AddHours(1)));
        state.Leases.Count.ShouldBe(1);
        state = state.Apply(new AccountChange.TimePassed(T0.AddHours(1) + AccountState.LeaseGrace));
        (state.Leases.Count, state.Counters.Bugs).ShouldBe((0, 1));
    }

    [Fact]
    public void State_survives_as_json_and_a_broken_memory_is_forgotten()
    {
        var state = Fail(Fresh, FailureClass.QuotaExhausted, T0, until: T0.AddHours(2)).Apply(new AccountChange.QuotaObserved(new QuotaReading(T0, [new QuotaWindow("5h", 0.5, T0.AddHours(1), false, TimeSpan.FromHours(5), null)]) { Plan = "max" }));

        var recalled = AccountStateJson.Recall(Fresh, AccountStateJson.Write(state));

        recalled.ToSnapshot(T0).Blocked.ShouldBe(state.ToSnapshot(T0).Blocked);
        recalled.Quota.All.ShouldBe(state.Quota.All);
        AccountStateJson.Recall(Fresh, "{\"quota\":").ShouldBe(Fresh);
    }

    [Fact]
    public void No_grant_follows_a_refusal_in_any_interleaving()
    {
        Prop.ForAll<byte[]>(steps =>
        {
            var (state, open, isRefused) = (Fresh, new Queue<LeaseInFlight>(), false);
            foreach (var step in steps)
            {
                switch (step % 4)
                {
                    case 0 when state.Decide(Model, Purpose.Inference, T0) is AcquireDecision.Grant:
                        if (isRefused)
                        {
                            return false;
                        }

                        (state, var lease) = Grant(state, T0);
                        open.Enqueue(lease);
                        break;
                    case 1 when open.TryDequeue(out var done):
                        state = state.Apply(new AccountChange.LeaseEnded(done.Id, AttemptOutcome.Success, T0));
                        break;
                    case 2 when open.TryDequeue(out var done):
                        state = End(state, done, FailureClass.QuotaExhausted, T0, T0.AddHours(2));
                        isRefused = true;
                        break;
                    case 3:
                        state = state.Apply(Defined(File(1 + (step / 64), T0.AddHours(8)), T0)).Apply(new AccountChange.TimePassed(T0));
                        break;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Pair_that_a_look_at_the_file_took_first_is_not_given_up_for_the_one_it_replaced()
    {
        var state = Fresh.Apply(new AccountChange.RefreshBegan(T0));
        state = state.Apply(Defined(File(2, T0.AddHours(16)), T0)); // written, and seen before the refresh has told of it
        state = state.Apply(new AccountChange.RefreshEnded(new RenewalOutcome.Renewed(File(2, T0.AddHours(16)), CalledProvider: true), T0, 0));

        state = state.Apply(Defined(File(1, T0.AddHours(8)), T0)); // a look that began before the write

        (state.Token!.Access!.Reveal(), state.Token.Generation).ShouldBe(("sandbox-access-g2", 2));
    }

    [Fact]
    public void Failure_of_a_pair_that_is_no_longer_in_use_changes_nothing()
    {
        RenewalOutcome[] failures = [new RenewalOutcome.Refused("made up"), new RenewalOutcome.Temporary("made up"), new RenewalOutcome.Lost("made up")];
        foreach (var failure in failures)
        {
            var state = Fresh.Apply(new AccountChange.RefreshBegan(T0)).Apply(Defined(File(2, T0.AddHours(8)), T0));

            state = state.Apply(new AccountChange.RefreshEnded(failure, T0, 0));

            (state.Refresh.Phase, state.Counters.FailedRefreshes).ShouldBe((RefreshPhase.Idle, 0));
            state.ToSnapshot(T0.AddHours(9)).Blocked?.Kind.ShouldNotBe(IneligibilityKind.LoginNeeded);
        }
    }

    [Theory]
    [InlineData(null, 8, 4)] // the provider's lead of four hours
    [InlineData(null, 1, 0.5)] // at most half of a short life
    [InlineData(1.0, 8, 1)] // an interval counts from the last refresh
    [InlineData(7.0, 8, 4)] // and before the end, at most half of the life
    public void Refresh_is_due_by_the_providers_lead_or_the_owners_interval(double? interval, double life, double dueAfter)
    {
        var file = File(1, T0.AddHours(life)) with { RefreshLead = interval is { } hours ? TimeSpan.FromHours(hours) : null };

        RefreshSchedule.DueAt(file, T0, jitter: 0).ShouldBe(T0.AddHours(dueAfter));
        RefreshSchedule.DueAt(file, T0, jitter: 1).ShouldNotBeNull().ShouldBeLessThan(T0.AddHours(life));
    }

    [Fact]
    public void Codex_tokens_are_refreshed_five_days_ahead_and_accounts_made_together_part()
    {
        var file = File(1, T0.AddDays(10)) with { Kind = UpstreamKind.Codex };

        RefreshSchedule.DueAt(file, T0, jitter: 0).ShouldBe(T0.AddDays(5));
        RefreshSchedule.DueAt(file, T0, jitter: 1).ShouldBe(T0.AddDays(5.5));
    }

    private static AccountState Account(TimeSpan left) => AccountState.From(Defined(File(1, T0 + left), T0));

    private static AuthFile File(int generation, DateTimeOffset expires) => new()
    {
        FileName = "claude-a.json",
        Provider = "claude",
        Kind = UpstreamKind.Claude,
        Tokens = new TokenPair($"sandbox-access-g{generation}", $"sandbox-refresh-g{generation}"),
        Expires = expires,
        LastRefresh = T0,
        Raw = default,
    };

    private static AccountChange.Defined Defined(AuthFile file, DateTimeOffset at) =>
        AccountChange.Defined.By(AccountDefinition.OfFile("claude", UpstreamKind.Claude, file.FileName, new AuthFileReading.Loaded(file), new ProxyConfiguration()), ModelCatalogue.Default, at, 0);

    private static AccountState Refreshed(AccountState state, int generation, DateTimeOffset at) =>
        state.Apply(new AccountChange.RefreshBegan(at)).Apply(new AccountChange.RefreshEnded(new RenewalOutcome.Renewed(File(generation, at.AddHours(8)), CalledProvider: true), at, 0));

    private static (AccountState State, LeaseInFlight Lease) Grant(AccountState state, DateTimeOffset at, Purpose purpose = Purpose.Inference)
    {
        var lease = new LeaseInFlight(LeaseId.Next(), new TicketId(1), Model, purpose, state.Token!.Generation, at, at.AddHours(1), state.Cooldowns.Sequence);
        return (state.Apply(new AccountChange.LeaseGranted(lease)), lease);
    }

    private static AccountState Succeed(AccountState state, DateTimeOffset at)
    {
        (state, var lease) = Grant(state, at);
        return state.Apply(new AccountChange.LeaseEnded(lease.Id, AttemptOutcome.Success, at));
    }

    private static AccountState Fail(AccountState state, FailureClass kind, DateTimeOffset at, FailureScope scope = FailureScope.Account, DateTimeOffset? until = null)
    {
        (state, var lease) = Grant(state, at);
        return End(state, lease, kind, at, until, scope);
    }

    private static AccountState End(AccountState state, LeaseInFlight lease, FailureClass kind, DateTimeOffset at, DateTimeOffset? until = null, FailureScope scope = FailureScope.Account) =>
        state.Apply(new AccountChange.LeaseEnded(lease.Id, new AttemptOutcome(new Failure { Class = kind, Scope = scope, Message = "made up", Until = until }, Committed: false, Cancelled: false), at));
}
