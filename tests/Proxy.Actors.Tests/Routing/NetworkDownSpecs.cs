using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Routing;

/// <summary>A network that is down is told within seconds; one that blinked gets a second chance (docs/decisions/0007).</summary>
public sealed class NetworkDownSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("claude-1");
    private readonly AccountSnapshot _second = Given.Snapshot("claude-2");
    private readonly AccountSnapshot _elsewhere = Given.Snapshot("other-1").At("https://elsewhere.example");

    [Theory]
    [InlineData(NetworkFault.Connect)]
    [InlineData(NetworkFault.Dns)]
    [InlineData(NetworkFault.Tls)]
    [InlineData(NetworkFault.ProxyUrl)]
    public void Upstream_that_can_not_be_reached_is_tried_twice_a_second_apart_however_many_accounts_share_the_way(NetworkFault fault)
    {
        Add(_first);
        Add(_second);
        var third = Given.Snapshot("claude-3");
        Add(third);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(fault));
        State().Parked.ShouldBe(1);
        Pass(1);

        FailAttempt(ServeAny(_first, _second, third).Lease, Given.Broken(fault));

        var failure = Relay.Expect<RouterAnswers.Fail>().Failure;
        failure.Error.Status.ShouldBe(502);
        failure.Error.Message.ShouldContain("tried 2 times");
        failure.RetryAfter.ShouldBeNull();
        Accounts.Values.ShouldAllBe(a => a.Waiting == 0);
        (Time.GetUtcNow() - Given.Start).ShouldBe(TimeSpan.FromSeconds(1));
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Network_that_blinked_serves_at_the_second_try()
    {
        Add(_first);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(NetworkFault.Connect));
        Pass(1);

        Serve(_first).Attempt.ShouldBe(2);
    }

    [Fact]
    public void Connection_that_was_waited_for_long_gets_no_second_try()
    {
        Add(_first);
        Add(_second);
        Begin();
        var lease = Serve(_first).Lease;
        Pass(10);

        FailAttempt(lease, Given.Broken(NetworkFault.Connect));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(502);
    }

    [Fact]
    public void Account_on_another_way_is_tried_at_once()
    {
        Add(_first);
        Add(_second);
        Add(_elsewhere);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(NetworkFault.Connect));

        Serve(_elsewhere).Attempt.ShouldBe(2);
    }

    [Fact]
    public void Dead_way_does_not_bar_an_account_of_another_one_that_is_back_soon()
    {
        Add(_first);
        Add(_elsewhere);
        Tell(_elsewhere.Out(IneligibilityKind.CoolingDown, Given.Start.AddSeconds(20)));
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(NetworkFault.Connect));
        Pass(1);
        FailAttempt(Serve(_first).Lease, Given.Broken(NetworkFault.Connect));
        State().Parked.ShouldBe(1);

        Pass(19);

        Serve(_elsewhere).Attempt.ShouldBe(3);
    }

    [Fact]
    public void Broken_connection_moves_on_at_once_and_ends_after_three()
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(NetworkFault.Reset));
        FailAttempt(Serve(_second).Lease, Given.Broken(NetworkFault.Reset));
        State().Parked.ShouldBe(1);
        Pass(2);

        FailAttempt(ServeAny(_first, _second).Lease, Given.Broken(NetworkFault.Reset));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Message.ShouldContain("tried 3 times");
    }

    [Theory]
    [InlineData(NetworkFault.Address)]
    [InlineData(NetworkFault.Redirect)]
    public void Wrong_address_is_not_tried_again_and_cools_nobody(NetworkFault fault)
    {
        Add(_first);
        Add(_second);
        Begin();
        FailAttempt(Serve(_first).Lease, Given.Broken(fault));

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(502);
        Accounts["claude-2"].Waiting.ShouldBe(0);
    }
}
