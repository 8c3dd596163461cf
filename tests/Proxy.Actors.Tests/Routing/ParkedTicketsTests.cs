using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;

namespace Proxy.Actors.Tests.Routing;

public sealed class ParkedTicketsTests
{
    private readonly ParkedTickets _parked = new();

    private Ticket Park(long id, int dueSeconds, bool isPaced = false, int max = 100)
    {
        var ticket = new Ticket(new TicketId(id), Given.Facts(), Given.Start.AddHours(1), Given.Start, ActorRefs.Nobody);
        _parked.TryAdd(ticket, Given.Start.AddSeconds(dueSeconds), isPaced, max).ShouldBe(_parked.Count <= max && _parked.All.Any(e => e.Ticket == ticket));
        return ticket;
    }

    [Fact]
    public void Next_due_follows_what_comes_and_goes()
    {
        _parked.NextDue.ShouldBeNull();
        Park(1, 20);
        Park(2, 10);
        _parked.NextDue.ShouldBe(Given.Start.AddSeconds(10));

        _parked.TakeDue(Given.Start.AddSeconds(10)).ShouldHaveSingleItem().Id.Value.ShouldBe(2);
        _parked.NextDue.ShouldBe(Given.Start.AddSeconds(20));
        _parked.TakeDue(Given.Start.AddSeconds(20)).ShouldHaveSingleItem().Id.Value.ShouldBe(1);
        _parked.NextDue.ShouldBeNull();
    }

    [Fact]
    public void No_more_than_the_limit_wait()
    {
        Park(1, 10, max: 2);
        Park(2, 10, max: 2);
        var third = new Ticket(new TicketId(3), Given.Facts(), Given.Start.AddHours(1), Given.Start, ActorRefs.Nobody);

        _parked.TryAdd(third, Given.Start.AddSeconds(10), isPaced: false, max: 2).ShouldBeFalse();
        _parked.Count.ShouldBe(2);
    }

    [Fact]
    public void Oldest_wake_first_and_paced_ones_sleep_on()
    {
        Park(3, 10);
        Park(1, 10);
        Park(2, 10, isPaced: true);
        Park(4, 10);

        _parked.Take(2, _ => true).Select(t => t.Id.Value).ShouldBe([1, 3]);
        _parked.Take(9, _ => true).Select(t => t.Id.Value).ShouldBe([4]);
        _parked.Count.ShouldBe(1);
    }

    [Fact]
    public void Last_one_removed_leaves_nothing_due()
    {
        var ticket = Park(1, 10);
        _parked.Remove(ticket);
        _parked.NextDue.ShouldBeNull();
    }
}
