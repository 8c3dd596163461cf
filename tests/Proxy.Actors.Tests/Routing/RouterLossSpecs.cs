using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Failures;
using static Proxy.Actors.Accounts.AccountCommands;
using static Proxy.Actors.Accounts.AccountEvents;
using static Proxy.Actors.Routing.RouterCommands;

namespace Proxy.Actors.Tests.Routing;

public sealed class RouterLossSpecs : RouterFixture
{
    private readonly AccountSnapshot _first = Given.Snapshot("claude-1");
    private readonly AccountSnapshot _second = Given.Snapshot("claude-2");

    [Fact]
    public void Next_waits_for_the_accounts_word_and_is_answered_when_the_account_is_gone_instead()
    {
        Add(_first);
        Add(_second);
        Begin();
        var use = Serve(_first);
        Router.Tell(new Next(use.Lease.Ticket, use.Lease.Id), Relay.Ref);
        State();
        Accounts["claude-2"].Waiting.ShouldBe(0);

        Directory.Remove(_first.Id);
        System.Stop(Accounts["claude-1"].Ref);

        Serve(_second).Attempt.ShouldBe(2);
        Table.Current.Accounts.ShouldHaveSingleItem().Id.ShouldBe(_second.Id);
    }

    [Fact]
    public void Next_is_answered_in_the_end_when_the_accounts_word_got_lost()
    {
        Add(_first);
        Add(_second);
        Begin();
        var use = Serve(_first);
        Router.Tell(new Next(use.Lease.Ticket, use.Lease.Id), Relay.Ref);
        State();

        Time.Advance(TimeSpan.FromSeconds(5));

        Serve(_second).Attempt.ShouldBe(2);
        Router.Tell(new AttemptEnded(_first.Id, use.Lease.Ticket, use.Lease.Id, Given.Outcome(FailureClass.Transient)), Accounts["claude-1"].Ref);
        State().Tickets.ShouldHaveSingleItem().Phase.ShouldBe("Running");
    }

    [Fact]
    public void Lost_word_of_a_request_that_is_over_asks_nobody()
    {
        Add(_first);
        Add(_second);
        Begin();
        var use = Serve(_first);
        Router.Tell(new Next(use.Lease.Ticket, use.Lease.Id), Relay.Ref);
        End(use.Lease.Ticket);
        State();

        Time.Advance(TimeSpan.FromSeconds(5));

        State();
        Accounts["claude-2"].Waiting.ShouldBe(0);
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Wait_for_the_accounts_word_ends_with_it()
    {
        Add(_first);
        Begin();
        var use = Serve(_first);
        Router.Tell(new Next(use.Lease.Ticket, use.Lease.Id), Relay.Ref);
        State();
        Time.ArmedTimers.ShouldBe(1);

        Router.Tell(new AttemptEnded(_first.Id, use.Lease.Ticket, use.Lease.Id, Given.Outcome(FailureClass.Request)), Accounts["claude-1"].Ref);

        Relay.Expect<RouterAnswers.Fail>();
        State();
        Time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Account_that_goes_away_before_its_answer_is_replaced()
    {
        Add(_first);
        Add(_second);
        Begin();
        Accounts["claude-1"].Expect<Acquire>();

        Directory.Remove(_first.Id);
        System.Stop(Accounts["claude-1"].Ref);

        Serve(_second).Attempt.ShouldBe(1);
    }

    [Fact]
    public void Account_that_restarts_before_its_answer_is_replaced_and_its_late_grant_given_back()
    {
        Add(_first);
        Add(_second);
        var ticket = Begin();
        Accounts["claude-1"].Expect<Acquire>();
        Tell(_first.Out(IneligibilityKind.Restarting));
        Serve(_second);

        var late = _first.Lease(ticket);
        Router.Tell(new Granted(late), Accounts["claude-1"].Ref);

        Accounts["claude-1"].Expect<Release>().Lease.ShouldBe(late.Id);
    }

    [Fact]
    public void Grant_for_an_unknown_ticket_is_given_back_at_once()
    {
        Add(_first);
        var lease = _first.Lease(new TicketId(4711));
        Router.Tell(new Granted(lease), Accounts["claude-1"].Ref);

        Accounts["claude-1"].Expect<Release>().Lease.ShouldBe(lease.Id);
    }

    [Fact]
    public void End_of_a_request_releases_what_was_not_reported_and_only_that()
    {
        Add(_first);
        Add(_second);
        var ticket = Begin();
        FailAttempt(Serve(_first).Lease, Given.Outcome(FailureClass.Transient));
        var second = Serve(_second);
        End(ticket);

        Accounts["claude-2"].Expect<Release>().Lease.ShouldBe(second.Lease.Id);
        State().Tickets.ShouldBeEmpty();
        Accounts["claude-1"].Waiting.ShouldBe(0);
    }

    [Fact]
    public void Next_for_an_unknown_request_is_answered()
    {
        Router.Tell(new Next(new TicketId(4711), LeaseId.Next()), Relay.Ref);

        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(500);
    }

    [Fact]
    public async Task Fault64_ask_that_an_account_never_answers_ends_with_its_token_and_leaves_nothing()
    {
        var silent = Add(_first);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(60), Time);
        var ticket = new TicketId(9);
        var answer = Router.Ask<object>(new Begin(ticket, Given.Facts(), Given.Start.AddMinutes(60)), patience.Token);
        silent.Expect<Acquire>();

        Time.Advance(TimeSpan.FromMinutes(60));
        await Should.ThrowAsync<OperationCanceledException>(() => answer);
        End(ticket);
        State().Tickets.ShouldBeEmpty();

        var late = _first.Lease(ticket);
        Router.Tell(new Granted(late), silent.Ref);
        silent.Expect<Release>().Lease.ShouldBe(late.Id);
    }

    [Fact]
    public void Fault62_router_that_restarts_answers_who_waits_gives_leases_back_and_knows_its_accounts()
    {
        Add(_first);
        Begin();
        var running = Serve(_first);
        Begin();
        Accounts["claude-1"].Expect<Acquire>();

        // A snapshot that can't be: the handler throws, and the guardian restarts the router.
        Router.Tell(new SnapshotChanged(null!), Accounts["claude-1"].Ref);

        Relay.Expect<RouterAnswers.Fail>().Failure.RetryAfter.ShouldBe(1);
        Accounts["claude-1"].Expect<Release>().Lease.ShouldBe(running.Lease.Id);
        Begin();
        Serve(_first);
    }

    [Fact]
    public void Account_not_in_the_directory_yet_is_passed_over()
    {
        Add(_first);
        Add(_second);
        Directory.Remove(_first.Id);
        Begin();

        Serve(_second);
    }

    [Fact]
    public void Probe_re_tests_an_old_reading_when_nothing_else_is_left()
    {
        var outage = _first.Out(IneligibilityKind.QuotaExhausted, Given.Start.AddHours(5), Given.Start);
        Add(outage);
        Begin();
        Relay.Expect<RouterAnswers.Fail>();

        Time.Advance(TimeSpan.FromMinutes(15));
        Begin();
        Serve(_first).Lease.Purpose.ShouldBe(Purpose.Probe);

        var refused = Begin();
        Accounts["claude-1"].Expect<Acquire>().Purpose.ShouldBe(Purpose.Probe);
        Refuse(outage, refused);
        Relay.Expect<RouterAnswers.Fail>().Failure.Error.Status.ShouldBe(429);
    }
}
