using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Tests.Accounts;

public sealed class AdmissionTests
{
    private const string Model = "claude-sonnet-4-5";
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static AccountState Account(int cap = 0)
    {
        var entry = new ApiKeyAccount { Provider = "claude", Kind = UpstreamKind.Claude, ApiKey = "sandbox-key", BaseUrl = new Uri("http://127.0.0.1:1"), EntryKey = "entry", MaxConcurrent = cap };
        return AccountState.From(AccountChange.Defined.By(AccountDefinition.OfEntry(entry, new ProxyConfiguration()), ModelCatalogue.Default, T0, 0));
    }

    private static (AccountState State, LeaseId Lease) Grant(AccountState state, double second, Purpose purpose = Purpose.Inference)
    {
        var lease = new LeaseInFlight(LeaseId.Next(), new TicketId(1), Model, purpose, 1, T0.AddSeconds(second), T0.AddHours(1), state.Cooldowns.Sequence);
        return (state.Apply(new AccountChange.LeaseGranted(lease)), lease.Id);
    }

    private static AccountState Grant(AccountState state, int count, double second)
    {
        for (var i = 0; i < count; i++)
        {
            state = Grant(state, second).State;
        }

        return state;
    }

    private static AccountState End(AccountState state, double second, AttemptOutcome? outcome = null) =>
        state.Apply(new AccountChange.LeaseEnded(state.Leases.Keys.First(), outcome ?? AttemptOutcome.Success, T0.AddSeconds(second)));

    private static Ineligibility? Refusal(AccountState state, double second, bool isFailover, Purpose purpose = Purpose.Inference) =>
        (state.Decide(Model, purpose, T0.AddSeconds(second), isFailover) as AcquireDecision.Refuse)?.Reason;

    [Fact]
    public void Cold_account_takes_four_failovers_and_twice_as_many_with_each_success()
    {
        var state = Grant(Account(), 4, 0);
        Refusal(state, 1, isFailover: true).ShouldNotBeNull().ShouldSatisfyAllConditions(
            r => r.Kind.ShouldBe(IneligibilityKind.Busy),
            r => r.Until.ShouldBe(T0.AddSeconds(30)));
        Refusal(state, 1, isFailover: false).ShouldBeNull();

        state = End(state, 2);
        state.ToSnapshot(T0.AddSeconds(2)).Room.ShouldBe(5);
        state = Grant(state, 5, 3);
        Refusal(state, 3, isFailover: true).ShouldNotBeNull();
        state = End(state, 4);
        Refusal(Grant(state, 8, 4), 4, isFailover: true).ShouldBeNull();
    }

    [Fact]
    public void Ramp_raises_with_successes_alone()
    {
        var state = Grant(Account(), 4, 0);
        state = End(state, 1, new AttemptOutcome(null, Committed: false, Cancelled: true));
        state = Grant(state, 1, 1);

        Refusal(state, 1, isFailover: true).ShouldNotBeNull();
    }

    [Fact]
    public void Ramp_is_over_after_thirty_seconds_and_the_account_is_warm_for_five_minutes_after_its_last_use()
    {
        var state = Grant(Account(), 4, 0);
        Refusal(state, 29.9, isFailover: true).ShouldNotBeNull();
        Refusal(state, 30, isFailover: true).ShouldBeNull();

        state = Grant(state, 1, 60);
        state.Ramp.ShouldBeNull();
        state = Grant(state, 20, 60 + 299);
        Refusal(state, 60 + 299, isFailover: true).ShouldBeNull();
        state = Grant(state, 4, 60 + 299 + 300);
        Refusal(state, 60 + 299 + 300, isFailover: true).ShouldNotBeNull();
    }

    [Fact]
    public void Clock_that_was_set_back_opens_the_ramp()
    {
        var state = Grant(Account(), 4, 3600);

        Refusal(state, 0, isFailover: true).ShouldBeNull();
    }

    [Fact]
    public void Token_counts_neither_warm_nor_fill_nor_wait()
    {
        var state = Grant(Account(cap: 1), 0, Purpose.CountTokens).State;
        (state.LastUsed, state.Ramp).ShouldBe((null, null));
        Refusal(state, 0, isFailover: false).ShouldBeNull();

        state = Grant(state, 0).State;
        Refusal(state, 0, isFailover: false).ShouldNotBeNull().Kind.ShouldBe(IneligibilityKind.Busy);
        Refusal(state, 0, isFailover: true, Purpose.CountTokens).ShouldBeNull();
        var snapshot = state.ToSnapshot(T0);
        (snapshot.Blocked, snapshot.Room).ShouldBe((null, 0));
        snapshot.WhyNot(Model, T0).ShouldNotBeNull().Kind.ShouldBe(IneligibilityKind.Busy);
        snapshot.WhyNot(Model, T0, Purpose.CountTokens).ShouldBeNull();
    }

    [Fact]
    public void Warm_account_without_a_cap_has_nothing_to_tell_the_router_after_a_grant()
    {
        var state = Grant(Account(), 10, 0);
        Admission.MayFill(state).ShouldBeTrue();
        state = Grant(state, 1, 31);

        Admission.MayFill(state).ShouldBeFalse();
        state.ToSnapshot(T0.AddSeconds(31)).Room.ShouldBeNull();
    }
}
