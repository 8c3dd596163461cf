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
}
