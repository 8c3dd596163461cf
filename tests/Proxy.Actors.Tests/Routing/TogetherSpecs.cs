using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>Requests of one conversation stay together.</summary>
public sealed class TogetherSpecs
{
    [Fact]
    public void Requests_that_a_new_conversation_sends_at_once_go_to_one_account()
    {
        using var world = new HerdWorld(null, (0, null), (0, null), (0, null));

        var requests = world.Begin("new", "new", "other", "new");

        (requests[0].Account, requests[1].Account, requests[2].Account, requests[3].Account).ShouldBe((requests[0].Account, requests[0].Account, requests[2].Account, requests[0].Account));
        requests[2].Account.ShouldNotBe(requests[0].Account);
    }

    [Fact]
    public void They_go_to_one_account_when_their_own_is_out()
    {
        using var world = new HerdWorld(null, (5, null), (0, null), (0, null));
        var requests = world.Begin("s", "s", "s");

        world.Fail(Given.Outcome(FailureClass.QuotaExhausted, Given.Start.AddHours(3)), requests);

        requests.Select(r => r.Account).Distinct().ShouldHaveSingleItem().ShouldNotBe('A');
    }

    [Fact]
    public void Conversation_that_its_full_account_sends_out_for_one_request_comes_back()
    {
        using var world = new HerdWorld(null, (5, 1), (0, null));
        var home = world.Begin("s");
        var guest = world.Begin("s");
        (home[0].Account, guest[0].Account).ShouldBe(('A', 'B'));
        world.Succeed(home[0]);
        world.Succeed(guest[0]);

        world.Begin("s")[0].Account.ShouldBe('A');
        world.State().Bindings.ShouldBe(1);
    }

    [Fact]
    public void Conversation_whose_account_failed_it_stays_where_it_was_served()
    {
        using var world = new HerdWorld(null, (5, null), (0, null));
        var request = world.Begin("s");
        world.Fail(Given.Outcome(FailureClass.Transient), request);
        request[0].Account.ShouldBe('B');
        world.Succeed(request);

        world.Advance(TimeSpan.FromMinutes(5));
        world.Begin("s")[0].Account.ShouldBe('B'); // A can serve again, and has the higher priority
        world.Begin("new")[0].Account.ShouldBe('A');
    }

    [Fact]
    public void Without_affinity_every_request_is_chosen_for_anew()
    {
        using var world = new HerdWorld(new RoutingOptions { SessionAffinity = false }, (0, null), (0, null));

        world.Begin("s", "s").Select(r => r.Account).Distinct().Count().ShouldBe(2);
        world.State().Bindings.ShouldBe(0);
    }

    [Fact]
    public void Token_count_follows_its_conversation_and_binds_nothing()
    {
        using var world = new HerdWorld(null, (0, null), (0, null));
        world.Begin(Purpose.CountTokens, "s");
        world.State().Bindings.ShouldBe(0);

        var home = world.Begin("s")[0].Account;
        world.Begin(Purpose.CountTokens, "s", "s").ShouldAllBe(r => r.Account == home);
    }
}
