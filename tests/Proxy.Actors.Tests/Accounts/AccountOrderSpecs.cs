using System.Text.Json.Nodes;
using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Failure = Proxy.Protocol.Failures.Failure;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>Orders of the owner to living actors, on virtual time.</summary>
public sealed class AccountOrderSpecs
{
    private const string File1 = "claude-ann@example.com.json";
    private static readonly AccountId Id1 = AccountsWorld.IdOf(File1);
    private static readonly ApiKeyAccount Entry = new() { Provider = "local", Kind = UpstreamKind.Compatible, ApiKey = "made-up-key-orders", BaseUrl = new Uri("http://127.0.0.1:9/v1"), EntryKey = "local-1", Place = "openai-compatibility[0]", Models = [new ModelAlias("qwen", "qwen")] };
    private static readonly AccountId EntryId = AccountId.For("local", "local-1");

    [Fact]
    public async Task Paused_file_account_says_so_in_its_file_and_keeps_everything_else()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8), ""","note":"mine","zzz":{"a":[1,2.50]}"""));
        await world.StartAsync();

        (await OrderAsync(world, Id1, AccountOrder.Pause)).Result.ShouldBe(OrderResult.Done);

        var file = JsonNode.Parse(File.ReadAllText(world.PathOf(File1)))!;
        ((bool)file["disabled"]!).ShouldBeTrue();
        file["zzz"]!.ToJsonString().ShouldBe("""{"a":[1,2.50]}""");
        ((string)file["note"]!).ShouldBe("mine");
        ((string)file["refresh_token"]!).ShouldBe("sandbox-refresh-claude-1-g1");
        (await world.RefusalAsync(Id1, 1)).Kind.ShouldBe(IneligibilityKind.Paused);
        (await world.ViewAsync(Id1)).PausedBy.ShouldBe("its file (disabled)");

        (await OrderAsync(world, Id1, AccountOrder.Resume)).Result.ShouldBe(OrderResult.Done);
        await world.LeaseAsync(Id1, 2);
        (await OrderAsync(world, Id1, AccountOrder.Resume)).Message.ShouldBe("was not paused");
    }

    [Fact]
    public async Task Pause_waits_for_the_running_refresh_and_both_are_in_the_file()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        var call = await world.Tokens.NextAsync();

        var pausing = OrderAsync(world, Id1, AccountOrder.Pause);
        await world.UntilAsync(Id1, v => v.Token is not null);
        pausing.IsCompleted.ShouldBeFalse();
        call.Gives(2);
        await world.AdvanceUntilAsync(Id1, v => v.PausedBy is not null);

        (await pausing).Result.ShouldBe(OrderResult.Done);
        var file = JsonNode.Parse(File.ReadAllText(world.PathOf(File1)))!;
        ((string)file["refresh_token"]!).ShouldBe("sandbox-refresh-claude-1-g2");
        ((bool)file["disabled"]!).ShouldBeTrue();
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault51_paused_account_is_refreshed_when_its_token_is_due()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(62)));
        await world.StartAsync();
        await OrderAsync(world, Id1, AccountOrder.Pause);
        world.Tokens.Count.ShouldBe(0);

        world.Time.Advance(TimeSpan.FromMinutes(2)); // half of its life is over then

        (await world.Tokens.NextAsync()).Gives(2);
        var view = await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
        view.State.ShouldStartWith("paused");
        ((bool)JsonNode.Parse(File.ReadAllText(world.PathOf(File1)))!["disabled"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task Pauses_and_resumes_at_once_leave_account_and_file_of_one_mind()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => OrderAsync(world, Id1, i % 2 == 0 ? AccountOrder.Pause : AccountOrder.Resume)));

        var isPaused = (await world.ViewAsync(Id1)).PausedBy is not null;
        ((bool)JsonNode.Parse(File.ReadAllText(world.PathOf(File1)))!["disabled"]!).ShouldBe(isPaused);
        isPaused.ShouldBeFalse("the last order was to resume");
        world.Time.Advance(TimeSpan.FromSeconds(5));
        (await world.ViewAsync()).Accounts[Id1.Value].ShouldBe("running");
        (await world.ViewAsync(Id1)).PausedBy.ShouldBeNull();
    }

    [Fact]
    public async Task Paused_key_stays_paused_in_the_next_process()
    {
        var store = new MemoryStore();
        await using (var world = new AccountsWorld(configure: c => c with { ApiKeyAccounts = [Entry] }) { StateStore = store })
        {
            await world.StartAsync();
            (await OrderAsync(world, EntryId, AccountOrder.Pause)).Result.ShouldBe(OrderResult.Done);
            store.Saves.ShouldBeGreaterThan(0, "it is saved when it is ordered, not when the proxy stops");
        }

        await using var next = new AccountsWorld(configure: c => c with { ApiKeyAccounts = [Entry] }) { StateStore = store };
        await next.StartAsync();
        (await next.RefusalAsync(EntryId, 1, "qwen")).Kind.ShouldBe(IneligibilityKind.Paused);
        (await next.ViewAsync(EntryId)).PausedBy!.ShouldStartWith("a command");
        await OrderAsync(next, EntryId, AccountOrder.Resume);
        await next.LeaseAsync(EntryId, 2, "qwen");
    }

    [Fact]
    public async Task Refreshes_that_are_ordered_at_once_are_one_call()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();

        var orders = Enumerable.Range(0, 5).Select(_ => OrderAsync(world, Id1, AccountOrder.Refresh)).ToArray();
        var call = await world.Tokens.NextAsync();
        await world.ViewAsync();
        (await world.ViewAsync(Id1)).Token!.Refresh.ShouldStartWith("running");
        call.Gives(2);

        (await Task.WhenAll(orders)).ShouldAllBe(o => o.Result == OrderResult.Done && o.Message.StartsWith("token refreshed"));
        world.Tokens.Count.ShouldBe(1);
        (await world.LeaseAsync(Id1, 1)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Ordered_refresh_joins_the_one_that_a_request_waits_for()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        world.Acquire(Id1, 1);
        var call = await world.Tokens.NextAsync();

        var ordered = OrderAsync(world, Id1, AccountOrder.Refresh);
        await world.ViewAsync(); // it has passed the accounts' actor
        call.Gives(2);

        (await ordered).Result.ShouldBe(OrderResult.Done);
        await world.Router.ExpectAsync<AccountEvents.Granted>();
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault50_refused_account_may_be_ordered_to_try_again()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        (await world.Tokens.NextAsync()).Says(System.Net.HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""");
        await world.UntilAsync(Id1, v => v.State.StartsWith("login-needed"));

        var ordered = OrderAsync(world, Id1, AccountOrder.Refresh);
        (await world.Tokens.NextAsync()).Says(System.Net.HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""");
        (await ordered).Result.ShouldBe(OrderResult.Refused);

        ordered = OrderAsync(world, Id1, AccountOrder.Refresh);
        (await world.Tokens.NextAsync()).Gives(2);
        (await ordered).Result.ShouldBe(OrderResult.Done);
        await world.LeaseAsync(Id1, 1);
    }

    [Fact]
    public async Task Refresh_that_outlives_its_actor_still_answers_who_ordered_it()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);
        var ordered = OrderAsync(world, Id1, AccountOrder.Refresh);
        var call = await world.Tokens.NextAsync();

        world.Throw(Id1, lease);
        await world.UntilAsync(Id1, v => v.Counters.Restarts == 1);
        call.Gives(2);

        (await ordered).Result.ShouldBe(OrderResult.Done);
    }

    [Fact]
    public async Task Fault60_reset_lets_the_next_request_through_and_is_saved()
    {
        var store = new MemoryStore();
        await using var world = new AccountsWorld { StateStore = store };
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        await world.EndAsync(await world.LeaseAsync(Id1, 1), new AttemptOutcome(new Failure { Class = FailureClass.QuotaExhausted, Scope = FailureScope.Account, Status = 429, Message = "limit", Until = world.Now.AddDays(3) }, Committed: false, Cancelled: false));
        (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.QuotaExhausted);

        (await OrderAsync(world, Id1, AccountOrder.Reset)).Result.ShouldBe(OrderResult.Done);

        await world.LeaseAsync(Id1, 3);
        store.Load(Id1)!.ShouldNotContain("limit");
        world.Router.Messages.OfType<AccountEvents.SnapshotChanged>().Last().Snapshot.Blocked.ShouldBeNull();
    }

    [Fact]
    public async Task Fault58_removed_account_drains_then_loses_its_file_and_its_journal()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        (await world.Tokens.NextAsync()).Gives(2);
        await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
        var lease = await world.LeaseAsync(Id1, 1);
        var journal = Path.Combine(world.Configuration.StateDirectory, "tokens", Id1.Value);
        File.Exists(journal).ShouldBeTrue();

        var first = OrderAsync(world, Id1, AccountOrder.Remove);
        var second = OrderAsync(world, Id1, AccountOrder.Remove);
        await world.ViewAsync(); // the order has passed the accounts' actor
        (await world.RefusalAsync(Id1, 2)).Reason.ShouldBe("is being removed");
        world.Time.Advance(TimeSpan.FromSeconds(5)); // polls see the file, which is still there
        (await world.ViewAsync()).Accounts[Id1.Value].ShouldBe("draining");
        File.Exists(world.PathOf(File1)).ShouldBeTrue();
        await world.EndAsync(lease, AttemptOutcome.Success);

        (await Task.WhenAll(first, second)).ShouldAllBe(o => o.Result == OrderResult.Done);
        File.Exists(world.PathOf(File1)).ShouldBeFalse();
        File.Exists(journal).ShouldBeFalse();
        await world.Router.ExpectAsync<AccountEvents.AccountGone>(g => g.AccountId == Id1);
        (await world.ViewAsync()).Accounts.ShouldBeEmpty();
        (await OrderAsync(world, Id1, AccountOrder.Pause)).ShouldBe(OrderOutcome.NotFound);
    }

    [Fact]
    public async Task New_login_that_comes_while_the_old_one_drains_is_kept()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);
        var removing = OrderAsync(world, Id1, AccountOrder.Remove);
        await world.ViewAsync();
        await world.RefusalAsync(Id1, 2);

        world.Write(File1, world.Claude(7, TimeSpan.FromHours(8)));
        await world.EndAsync(lease, AttemptOutcome.Success);

        (await removing).Result.ShouldBe(OrderResult.Failed);
        File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g7");
        (await world.LeaseAsync(Id1, 3)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g7");
    }

    [Fact]
    public async Task Removal_that_still_drains_is_finished_when_the_program_stops()
    {
        var world = new AccountsWorld();
        try
        {
            world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
            await world.StartAsync();
            await world.LeaseAsync(Id1, 1);
            _ = OrderAsync(world, Id1, AccountOrder.Remove);
            await world.ViewAsync();
            await world.RefusalAsync(Id1, 2);

            await world.System.Terminate();
            await world.Renewals.WhenEnded();

            File.Exists(world.PathOf(File1)).ShouldBeFalse();
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    [Fact]
    public async Task Broken_file_can_be_removed_but_not_paused_or_refreshed()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, """{"type":"claude","note":"no token"}""");
        await world.StartAsync();

        (await OrderAsync(world, Id1, AccountOrder.Pause)).Result.ShouldBe(OrderResult.Failed);
        (await OrderAsync(world, Id1, AccountOrder.Refresh)).Result.ShouldBe(OrderResult.Refused);
        (await OrderAsync(world, Id1, AccountOrder.Remove)).Result.ShouldBe(OrderResult.Done);

        File.Exists(world.PathOf(File1)).ShouldBeFalse();
    }

    [Fact]
    public async Task Entry_is_not_removed_but_its_place_is_told()
    {
        await using var world = new AccountsWorld(configure: c => c with { ApiKeyAccounts = [Entry] });
        await world.StartAsync();

        var answer = await OrderAsync(world, EntryId, AccountOrder.Remove);

        answer.Result.ShouldBe(OrderResult.Refused);
        answer.Message.ShouldContain("openai-compatibility[0]");
        await world.LeaseAsync(EntryId, 1, "qwen");
    }

    [Fact]
    public async Task Account_whose_actor_was_stopped_for_throwing_can_be_paused_and_removed()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);
        for (var i = 0; i <= 3; i++)
        {
            world.Throw(Id1, lease);
        }

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is { Kind: IneligibilityKind.Restarting, Until: not null });
        var details = await world.AskAsync<AccountDetails>(world.ActorOf(Id1), new ControlCommands.Describe(Id1));
        details.Account.State.ShouldStartWith("restarting");
        details.Email.ShouldBe("ann@example.com");
        (await OrderAsync(world, Id1, AccountOrder.Refresh)).Result.ShouldBe(OrderResult.Failed);
        (await OrderAsync(world, Id1, AccountOrder.Pause)).Result.ShouldBe(OrderResult.Done);

        (await OrderAsync(world, Id1, AccountOrder.Remove)).Result.ShouldBe(OrderResult.Done);

        File.Exists(world.PathOf(File1)).ShouldBeFalse();
    }

    private static Task<OrderOutcome> OrderAsync(AccountsWorld world, AccountId id, AccountOrder order) =>
        world.AskAsync<OrderOutcome>(world.Actor, new ControlCommands.GiveOrder(id, order));

    private sealed class MemoryStore : IAccountStateStore
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<AccountId, string> _saved = new();
        private int _saves;

        public int Saves => _saves;

        public string? Load(AccountId account) => _saved.GetValueOrDefault(account);

        public void Save(AccountId account, string json)
        {
            Interlocked.Increment(ref _saves);
            _saved[account] = json;
        }
    }
}
