using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>Orders without an actor system.</summary>
public sealed class OrderRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static AccountState Entry { get; } = AccountState.From(AccountChange.Defined.By(
        AccountDefinition.OfEntry(
            new ApiKeyAccount { Provider = "lab", Kind = UpstreamKind.Compatible, ApiKey = "sandbox-key-orders", BaseUrl = new Uri("http://127.0.0.1:9"), EntryKey = "lab/1", Models = [new ModelAlias("m", "m")] },
            new ProxyConfiguration()),
        ModelCatalogue.Default, Now, 0));

    [Fact]
    public void Paused_entry_serves_nothing_and_says_since_when()
    {
        var paused = After(Entry, AccountOrder.Pause);

        paused.ToSnapshot(Now).Blocked!.Kind.ShouldBe(IneligibilityKind.Paused);
        paused.PausedSince.ShouldBe(Now);
        OrderRules.Decide(paused, AccountOrder.Pause, Now.AddHours(1)).ShouldBe(new OrderDecision(null, new OrderOutcome(OrderResult.Done, "is paused already")));
        After(paused, AccountOrder.Resume).ToSnapshot(Now).Blocked.ShouldBeNull();
    }

    [Fact]
    public void Pause_is_part_of_what_outlives_the_process()
    {
        var saved = AccountStateJson.Write(After(Entry, AccountOrder.Pause));

        AccountStateJson.Recall(Entry, saved).PausedSince.ShouldBe(Now);
        AccountStateJson.Recall(After(Entry, AccountOrder.Pause), AccountStateJson.Write(Entry)).PausedSince.ShouldBeNull();
    }

    [Fact]
    public void Reset_forgets_cooldowns_of_account_and_model_and_readings_that_are_used_up()
    {
        var cooling = Entry with
        {
            Cooldowns = Entry.Cooldowns.Begin(null, CooldownCause.Quota, Now, 0, _ => Now.AddDays(3), "week used up").Begin("m", CooldownCause.ModelUnavailable, Now, 1, _ => Now.AddHours(12), "not yours"),
            Quota = Entry.Quota.With(new QuotaReading(Now, [new QuotaWindow("7d", 1.0, Now.AddDays(3), IsRejected: true, TimeSpan.FromDays(7), null), new QuotaWindow("5h", 0.3, Now.AddHours(2), IsRejected: false, TimeSpan.FromHours(5), null)])),
            LastProbe = Now,
        };

        var reset = After(cooling, AccountOrder.Reset);

        reset.ToSnapshot(Now).Blocked.ShouldBeNull();
        reset.ToSnapshot(Now).BlockedModels.ShouldBeEmpty();
        reset.LastProbe.ShouldBeNull();
        reset.Quota.All.Select(w => w.Window.Name).ShouldBe(["5h"]);
        OrderRules.Decide(cooling, AccountOrder.Reset, Now).Answer!.Message.ShouldNotBe(OrderRules.Decide(reset, AccountOrder.Reset, Now).Answer!.Message);
    }

    [Fact]
    public void Reset_ends_the_wait_for_the_next_refresh()
    {
        var backingOff = Entry with { Refresh = RefreshStatus.Idle.FailedForNow(Now, "no answer", TimeSpan.FromMinutes(5)) };

        After(backingOff, AccountOrder.Reset).Refresh.BacksOff(Now).ShouldBeFalse();
    }

    [Theory]
    [InlineData(AccountOrder.Refresh)]
    [InlineData(AccountOrder.Remove)]
    public void Entry_has_nothing_to_refresh_and_no_file_to_remove(AccountOrder order)
    {
        var decision = OrderRules.Decide(Entry, order, Now);

        decision.Answer!.Result.ShouldBe(OrderResult.Refused);
        decision.Change.ShouldBeNull();
    }

    [Fact]
    public void Account_that_is_being_removed_takes_no_orders()
    {
        foreach (var order in Enum.GetValues<AccountOrder>())
        {
            OrderRules.Decide(Entry with { IsRetiring = true }, order, Now).Answer!.Result.ShouldBe(OrderResult.Refused);
        }
    }

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Every_outcome_of_a_refresh_has_an_answer(RenewalOutcome outcome, OrderResult result, string word)
    {
        var answer = OrderRules.AnswerTo(outcome, Now);

        answer.Result.ShouldBe(result);
        answer.Message.ShouldContain(word);
    }

    public static TheoryData<RenewalOutcome, OrderResult, string> Outcomes()
    {
        var file = new AuthFile { FileName = "claude-a.json", Provider = "claude", Kind = UpstreamKind.Claude, Tokens = new TokenPair("a", "b"), Raw = default };
        return new()
        {
            { new RenewalOutcome.Renewed(file, CalledProvider: true), OrderResult.Done, "2026-01-01 12:00:00Z" },
            { new RenewalOutcome.Renewed(file, CalledProvider: false), OrderResult.Done, "already" },
            { new RenewalOutcome.Renewed(file, CalledProvider: true, "disk full"), OrderResult.Failed, "disk full" },
            { new RenewalOutcome.Refused("invalid_grant"), OrderResult.Refused, "new login" },
            { new RenewalOutcome.Temporary("HTTP 500"), OrderResult.Failed, "HTTP 500" },
            { new RenewalOutcome.Lost("cut off"), OrderResult.Failed, "cut off" },
            { new RenewalOutcome.Broken(new AuthFileReading.Faulty(AuthFileFault.Torn, "torn")), OrderResult.Failed, "torn" },
        };
    }

    private static AccountState After(AccountState state, AccountOrder order) => state.Apply(OrderRules.Decide(state, order, Now).Change!);
}
