using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Accounts;

public sealed class AccountActorSpecs
{
    private const string File1 = "claude-ann@example.com.json";
    private static readonly AccountId Id1 = AccountsWorld.IdOf(File1);

    [Fact]
    public async Task File_with_a_good_token_grants_with_the_whole_target()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        (await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>()).Snapshot.Blocked.ShouldBeNull();

        var lease = await world.LeaseAsync(Id1, 7);

        lease.Token!.Reveal().ShouldBe("sandbox-access-claude-1-g1");
        lease.Label.ShouldBe("a…@example.com");
        lease.BaseUrl.ShouldBe(new Uri("https://api.anthropic.com"));
        lease.UpstreamModel.ShouldBe("claude-sonnet-4-5");
        lease.IsOAuth.ShouldBeTrue();
        lease.Generation.ShouldBe(1);
        world.Tokens.Count.ShouldBe(0);
        (await world.EndAsync(lease, AttemptOutcome.Success)).Ticket.ShouldBe(new TicketId(7));
        (await world.ViewAsync(Id1)).Counters.Successes.ShouldBe(1);
    }

    [Fact]
    public async Task Api_key_entry_grants_its_aliases_only()
    {
        await using var world = new AccountsWorld(configure: c => c with
        {
            ApiKeyAccounts =
            [
                new ApiKeyAccount { Provider = "local", Kind = UpstreamKind.Compatible, ApiKey = "made-up-key", BaseUrl = new Uri("http://127.0.0.1:9/v1"), EntryKey = "local-1", Models = [new ModelAlias("qwen3-32b", "qwen")] },
            ],
        });
        await world.StartAsync();
        var id = AccountId.For("local", "local-1");

        (await world.LeaseAsync(id, 1, "qwen")).UpstreamModel.ShouldBe("qwen3-32b");
        (await world.RefusalAsync(id, 2, "gpt-5.1")).Kind.ShouldBe(IneligibilityKind.ModelNotServed);
    }

    [Fact]
    public async Task Fault48_hundred_acquires_on_an_expired_token_make_one_refresh_call()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        for (var ticket = 1; ticket <= 100; ticket++)
        {
            world.Acquire(Id1, ticket);
        }

        var call = await world.Tokens.NextAsync();
        call.Body.ShouldContain("sandbox-refresh-claude-1-g1");
        (await world.ViewAsync(Id1)).Waiters.ShouldBe(100);
        call.Gives(2);

        for (var ticket = 1; ticket <= 100; ticket++)
        {
            (await world.Router.ExpectAsync<AccountEvents.Granted>(g => g.Lease.Ticket.Value == ticket)).Lease.Token!.Reveal().ShouldBe("sandbox-access-claude-1-g2");
        }

        world.Tokens.Count.ShouldBe(1);
        File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g2");
    }

    [Fact]
    public async Task Token_that_is_merely_due_is_refreshed_beside_the_grants()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(20)));
        await world.StartAsync();

        var lease = await world.LeaseAsync(Id1, 1);

        lease.Generation.ShouldBe(1);
        (await world.Tokens.NextAsync()).Gives(2);
        await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
        (await world.LeaseAsync(Id1, 2)).Generation.ShouldBe(2);
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Refused_quota_is_applied_before_the_attempt_is_told_ended()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>();
        var lease = await world.LeaseAsync(Id1, 1);
        var until = world.Now + TimeSpan.FromHours(2);

        await world.EndAsync(lease, new AttemptOutcome(new Failure { Class = FailureClass.QuotaExhausted, Scope = FailureScope.Account, Status = 429, Message = "limit", Until = until }, Committed: false, Cancelled: false));

        var told = world.Router.Messages.OfType<AccountEvents.SnapshotChanged>().Single();
        told.Snapshot.Blocked!.Until.ShouldBe(until);
        (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.QuotaExhausted);
        world.Time.Advance(TimeSpan.FromHours(2));
        await world.LeaseAsync(Id1, 3);
    }

    [Fact]
    public async Task Unauthorized_is_told_at_once_and_the_retry_on_the_same_account_waits_for_the_refresh()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);

        await world.EndAsync(lease, Failed(FailureClass.Unauthorized, 401));

        world.Router.Messages.OfType<AccountEvents.SnapshotChanged>().Last().Snapshot.Blocked!.Kind.ShouldBe(IneligibilityKind.Refreshing);
        world.Acquire(Id1, 1);
        (await world.Tokens.NextAsync()).Gives(2);
        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Generation.ShouldBe(2);
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault50_refused_refresh_refuses_those_who_wait_and_a_new_login_helps()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        world.Acquire(Id1, 1);

        (await world.Tokens.NextAsync()).Says(System.Net.HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""");

        (await world.Router.ExpectAsync<AccountEvents.Refused>()).Reason.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        world.Write(File1, world.Claude(7, TimeSpan.FromHours(8)));
        await world.AdvanceUntilAsync(Id1, v => v.Token!.Generation == 2);
        (await world.LeaseAsync(Id1, 2)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g7");
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault49_lost_refresh_answer_is_tried_once_more_and_then_a_login_is_asked_for()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        world.Acquire(Id1, 1);
        (await world.Tokens.NextAsync()).Breaks();
        (await world.Router.ExpectAsync<AccountEvents.Refused>()).Reason.Kind.ShouldBe(IneligibilityKind.Failing);

        world.Time.Advance(TimeSpan.FromSeconds(5));
        (await world.Tokens.NextAsync()).Breaks();

        (await world.UntilAsync(Id1, v => v.State.StartsWith("login-needed", StringComparison.Ordinal))).Counters.FailedRefreshes.ShouldBe(2);
        world.Time.Advance(TimeSpan.FromHours(3));
        (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        world.Tokens.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Fault51_refresh_goes_on_while_the_account_is_paused()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(20), ",\"disabled\":true"));
        await world.StartAsync();
        (await world.RefusalAsync(Id1, 1)).Kind.ShouldBe(IneligibilityKind.Paused);

        (await world.Tokens.NextAsync()).Gives(2);

        await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
        File.ReadAllText(world.PathOf(File1)).ShouldContain("\"disabled\":true");
    }

    [Fact]
    public async Task Fault52_pair_that_a_second_process_put_into_the_file_is_used_without_a_call()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);
        File.WriteAllText(world.PathOf(File1), world.Claude(9, TimeSpan.FromHours(8)));

        await world.EndAsync(lease, Failed(FailureClass.Unauthorized, 401));

        (await world.LeaseAsync(Id1, 2)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g9");
        world.Tokens.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Fault55_machine_that_slept_refreshes_before_it_grants()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(7)));
        await world.StartAsync();
        world.Time.JumpTo(world.Now + TimeSpan.FromHours(8)); // the wall clock moves, timers did not run

        world.Acquire(Id1, 1);

        (await world.Tokens.NextAsync()).Gives(2);
        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Fault58_removed_account_ends_its_stream_and_then_goes()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id1, 1);

        File.Delete(world.PathOf(File1));
        await world.AdvanceUntilAsync(Id1, v => v.State.StartsWith("paused", StringComparison.Ordinal));
        (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.Paused);

        (await world.EndAsync(lease, AttemptOutcome.Success)).Ticket.Value.ShouldBe(1);
        await world.Router.ExpectAsync<AccountEvents.AccountGone>(g => g.AccountId == Id1);
        world.Accounts.All().ShouldBeEmpty();
    }

    [Fact]
    public async Task Fault62_account_that_throws_restarts_with_its_state_and_the_end_of_its_lease_is_taken()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var (kept, spent) = (await world.LeaseAsync(Id1, 1), await world.LeaseAsync(Id1, 2));
        await world.EndAsync(spent, Failed(FailureClass.QuotaExhausted, 429, world.Now + TimeSpan.FromHours(2)));

        world.Throw(Id1, kept);

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked?.Kind == IneligibilityKind.Restarting);
        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked?.Kind == IneligibilityKind.QuotaExhausted && s.Snapshot.InFlight == 1);
        (await world.EndAsync(kept, AttemptOutcome.Success)).Ticket.Value.ShouldBe(1);
        (await world.ViewAsync(Id1)).Counters.ShouldSatisfyAllConditions(c => c.Restarts.ShouldBe(1), c => c.Successes.ShouldBe(1), c => c.Attempts.ShouldBe(2));
    }

    [Fact]
    public async Task Fault62_result_of_a_refresh_is_taken_up_again_when_the_account_threw_on_it()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        var call = await world.Tokens.NextAsync();
        var throws = 1;
        world.Jitter = () => Interlocked.Exchange(ref throws, 0) == 1 ? throw new InvalidOperationException("made up") : 0;

        call.Gives(2);

        var view = await world.UntilAsync(Id1, v => v.Counters.Restarts == 1 && v.Token!.Refresh == "idle" && v.State == "ready"); // the file is read again, beside
        (view.Token!.Generation, view.Counters.Refreshes).ShouldBe((2, 1));
        (await world.LeaseAsync(Id1, 1)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g2");
    }

    [Fact]
    public async Task Fault65_refresh_that_is_under_way_at_a_stop_can_be_waited_for_and_keeps_its_pair()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        var call = await world.Tokens.NextAsync();

        await world.System.Terminate();
        var ended = world.Renewals.WhenEnded();
        ended.IsCompleted.ShouldBeFalse();
        call.Gives(2);

        await ended.WaitAsync(AccountsWorld.FailSafe);
        File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g2");
    }

    [Fact]
    public async Task Fault62_account_that_throws_again_and_again_is_left_alone_for_a_while_and_its_leases_still_end()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var first = world.ActorOf(Id1);
        var lease = await world.LeaseAsync(Id1, 1);
        for (var i = 0; i < 4; i++)
        {
            world.Throw(Id1, lease);
        }

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is { Kind: IneligibilityKind.Restarting, Until: not null });
        (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.Restarting);
        (await world.EndAsync(lease, AttemptOutcome.Success)).Ticket.Value.ShouldBe(1);

        world.Time.Advance(TimeSpan.FromSeconds(5));
        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is null && s.Snapshot.InFlight == 0);
        world.ActorOf(Id1).ShouldNotBe(first);
        (await world.LeaseAsync(Id1, 3)).Generation.ShouldBe(1);
    }

    [Fact]
    public async Task Fault63_flood_of_acquires_is_bounded_behind_a_refresh_and_the_rest_refused()
    {
        await using var world = new AccountsWorld(configure: c => c with { Routing = new RoutingOptions { MaxParked = 50 } });
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        for (var ticket = 1; ticket <= 1000; ticket++)
        {
            world.Acquire(Id1, ticket);
        }

        (await world.ViewAsync(Id1)).Waiters.ShouldBe(50);
        await world.Router.ExpectAsync<AccountEvents.Refused>(r => r.Ticket.Value == 1000); // the last of them
        world.Router.Messages.OfType<AccountEvents.Refused>().Count().ShouldBe(949);
        world.Time.Advance(TimeSpan.FromSeconds(121));
        await world.UntilAsync(Id1, v => v.Waiters == 0);
    }

    [Fact]
    public async Task Fault64_waiter_is_refused_at_its_deadline_when_the_token_endpoint_never_answers()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        await world.Tokens.NextAsync();
        world.Acquire(Id1, 1, wait: TimeSpan.FromSeconds(10));
        await world.UntilAsync(Id1, v => v.Waiters == 1);

        world.Time.Advance(TimeSpan.FromSeconds(10));

        (await world.Router.ExpectAsync<AccountEvents.Refused>()).Reason.Kind.ShouldBe(IneligibilityKind.Refreshing);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        (await world.UntilAsync(Id1, v => v.Counters.FailedRefreshes == 1)).State.ShouldStartWith("failing");
    }

    [Fact]
    public async Task Refresh_result_survives_a_stop_of_the_actor()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        var call = await world.Tokens.NextAsync();
        var lease = new Lease { Id = LeaseId.Next(), Ticket = default, Account = Id1, Label = "", Provider = "claude", Kind = UpstreamKind.Claude, BaseUrl = new Uri("http://localhost"), UpstreamModel = "", IsOAuth = true, Token = null, Generation = 1, Purpose = Purpose.Inference };
        for (var i = 0; i < 4; i++)
        {
            world.Throw(Id1, lease);
        }

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is { Kind: IneligibilityKind.Restarting, Until: not null });
        call.Gives(2);
        world.Time.Advance(TimeSpan.FromSeconds(5));

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is null);
        (await world.LeaseAsync(Id1, 1)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g2");
        world.Tokens.Count.ShouldBe(1);
        File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g2");
    }

    [Fact]
    public async Task Debug_state_holds_no_secret_and_no_address()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8), ",\"headers\":{\"x-key\":\"made-up-header-secret\"}"));
        await world.StartAsync();
        await world.LeaseAsync(Id1, 1);

        var json = System.Text.Json.JsonSerializer.Serialize(await world.ViewAsync(Id1)) + System.Text.Json.JsonSerializer.Serialize(await world.ViewAsync());

        json.ShouldContain("\"Fingerprint\"");
        json.ShouldNotContain("sandbox-access");
        json.ShouldNotContain("sandbox-refresh");
        json.ShouldNotContain("made-up-header-secret");
        json.ShouldNotContain("ann@example.com");
    }

    private static AttemptOutcome Failed(FailureClass kind, int status, DateTimeOffset? until = null) =>
        new(new Failure { Class = kind, Scope = FailureScope.Account, Status = status, Message = "made up", Until = until }, Committed: false, Cancelled: false);
}
