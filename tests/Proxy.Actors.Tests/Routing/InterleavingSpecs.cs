using Akka.Actor;
using Akka.Configuration;
using FsCheck.Fluent;

namespace Proxy.Actors.Tests.Routing;

/// <summary>Every order in which the messages of the conversation of docs/architecture.md can arrive.</summary>
public sealed class InterleavingSpecs : IAsyncLifetime
{
    private const int MostRuns = 5_000;

    private readonly ActorSystem _system = ActorSystem.Create("interleavings", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void Two_requests_in_any_order_never_ask_an_account_that_said_it_is_out_and_leave_no_lease() =>
        FsCheck.Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(600).WithEndSize(40),
            Prop.ForAll<int[]>(schedule => Follow(schedule, requests: 2, clientsLeave: false)));

    [Fact]
    public void Two_clients_that_leave_at_any_time_leave_no_lease_behind() =>
        FsCheck.Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(600).WithEndSize(40),
            Prop.ForAll<int[]>(schedule => Follow(schedule, requests: 2, clientsLeave: true)));

    [Fact]
    public void Client_that_leaves_in_any_of_the_seven_steps_in_every_order_leaves_no_lease_behind()
    {
        var runs = ExploreAll(MostRuns);

        runs.ShouldBeGreaterThan(50);
        runs.ShouldBeLessThan(MostRuns, "not every order was walked");
    }

    /// <summary>One run: at each step the schedule's next number picks among what may arrive.</summary>
    private void Follow(int[] schedule, int requests, bool clientsLeave)
    {
        var run = new Interleaving(_system, requests, clientsLeave);
        for (var step = 0; run.Enabled is { Count: > 0 } enabled; step++)
        {
            var pick = schedule.Length == 0 ? 0 : schedule[step % schedule.Length];
            run.Deliver(enabled[(int)((uint)pick % enabled.Count)].Way);
        }

        run.Check(clientsLeave);
        run.Stop();
    }

    /// <summary>Depth first over all schedules of one request whose client leaves at some time; each run begins anew and follows a prefix.</summary>
    private int ExploreAll(int most)
    {
        var prefixes = new Stack<string[]>();
        prefixes.Push([]);
        var runs = 0;
        while (runs < most && prefixes.TryPop(out var prefix))
        {
            var run = new Interleaving(_system, requests: 1, clientsLeave: true);
            var path = new List<string>();
            while (run.Enabled is { Count: > 0 } enabled)
            {
                if (path.Count >= prefix.Length)
                {
                    foreach (var other in enabled.Skip(1))
                    {
                        prefixes.Push([.. path, other.Way]);
                    }
                }

                path.Add(path.Count < prefix.Length ? prefix[path.Count] : enabled[0].Way);
                run.Deliver(path[^1]);
            }

            runs++;
            try
            {
                run.Check(clientsLeave: true);
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"after {string.Join(", ", path)}: {failed.Message}", failed);
            }

            run.Stop();
        }

        return runs;
    }
}
