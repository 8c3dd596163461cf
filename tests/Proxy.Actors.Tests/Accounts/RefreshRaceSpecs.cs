using System.Net;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>A thousand requests meet a token that needs a refresh. Over HTTP the same is done in the host's tests.</summary>
public sealed class RefreshRaceSpecs
{
    private const int Requests = 1000;
    private const string File1 = "claude-ann@example.com.json";
    private static readonly AccountId Id1 = AccountsWorld.IdOf(File1);

    [Fact]
    public async Task Fault48_thousand_requests_on_an_expired_token_make_one_call()
    {
        await using var world = await StartAsync();
        AcquireAll(world);

        (await world.Tokens.NextAsync()).Gives(2);

        await GrantedAllAsync(world, "sandbox-access-claude-1-g2");
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault52_thousand_requests_on_a_token_that_another_process_has_just_rotated_make_no_call()
    {
        await using var world = await StartAsync();
        File.WriteAllText(world.PathOf(File1), world.Claude(9, TimeSpan.FromHours(8))); // nobody has looked yet

        AcquireAll(world);

        await GrantedAllAsync(world, "sandbox-access-claude-1-g9");
        world.Tokens.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Fault52_thousand_requests_on_a_token_that_another_process_rotates_meanwhile_make_one_call()
    {
        await using var world = await StartAsync();
        AcquireAll(world);
        var call = await world.Tokens.NextAsync();

        File.WriteAllText(world.PathOf(File1), world.Claude(9, TimeSpan.FromHours(8)));
        call.Says(HttpStatusCode.BadRequest, """{"error":"refresh_token_reused"}""");

        await GrantedAllAsync(world, "sandbox-access-claude-1-g9");
        world.Tokens.Count.ShouldBe(1);
        (await world.ViewAsync(Id1)).State.ShouldBe("ready");
    }

    [Fact]
    public async Task Fault49_thousand_requests_on_a_refresh_that_loses_its_answer_make_two_calls_with_the_same_token()
    {
        await using var world = await StartAsync();
        AcquireAll(world);
        var first = await world.Tokens.NextAsync();
        first.Breaks();
        for (var ticket = 1; ticket <= Requests; ticket++)
        {
            // The router parks them until then, and asks again.
            (await world.Router.ExpectAsync<AccountEvents.Refused>(r => r.Ticket.Value == ticket)).Reason.Until.ShouldBe(world.Now.AddSeconds(5));
        }

        world.Time.Advance(TimeSpan.FromSeconds(5));
        AcquireAll(world);
        var second = await world.Tokens.NextAsync();
        second.Body.ShouldBe(first.Body);
        second.Gives(2);

        await GrantedAllAsync(world, "sandbox-access-claude-1-g2");
        world.Tokens.Count.ShouldBe(2);
        (await world.ViewAsync(Id1)).State.ShouldBe("ready");
    }

    private static async Task<AccountsWorld> StartAsync()
    {
        var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        world.Time.JumpTo(world.Now.AddHours(9)); // as after a sleep: nothing has noticed yet
        return world;
    }

    private static void AcquireAll(AccountsWorld world)
    {
        for (var ticket = 1; ticket <= Requests; ticket++)
        {
            world.Acquire(Id1, ticket);
        }
    }

    private static async Task GrantedAllAsync(AccountsWorld world, string token)
    {
        for (var ticket = 1; ticket <= Requests; ticket++)
        {
            (await world.Router.ExpectAsync<AccountEvents.Granted>(g => g.Lease.Ticket.Value == ticket)).Lease.Token!.Reveal().ShouldBe(token);
        }

        (await world.ViewAsync(Id1)).Waiters.ShouldBe(0);
    }
}
