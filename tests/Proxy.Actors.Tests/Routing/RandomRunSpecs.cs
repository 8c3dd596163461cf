using Akka.Actor;
using Akka.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Proxy.Actors.Tests.Routing;

/// <summary>What must hold in every run (spec/faults.md, "Invariants"): see <see cref="RandomRun"/>.</summary>
public sealed class RandomRunSpecs : IAsyncLifetime
{
    private const int MostSteps = 2_000;

    private readonly ActorSystem _system = ActorSystem.Create("random-runs", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }"));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void Requests_stay_in_their_budget_and_are_served_while_one_account_can() => Check(runs: 200, clientsLeave: false, accountGoes: false);

    [Fact]
    public void An_account_that_goes_away_in_the_middle_takes_no_request_with_it() => Check(runs: 150, clientsLeave: false, accountGoes: true);

    [Fact]
    public void Clients_that_leave_leave_no_lease_and_cause_no_call() => Check(runs: 200, clientsLeave: true, accountGoes: true);

    private void Check(int runs, bool clientsLeave, bool accountGoes) => FsCheck.Check.One(
        FsCheck.Config.QuickThrowOnFailure.WithMaxTest(runs).WithEndSize(60),
        Prop.ForAll<int[], int[], byte>((schedule, plan, shape) => Run(schedule, plan, requests: 1 + (shape % 4), inSession: shape % 2 == 0, clientsLeave, accountGoes)));

    private void Run(int[] schedule, int[] plan, int requests, bool inSession, bool clientsLeave, bool accountGoes)
    {
        var run = new RandomRun(_system, plan, requests, clientsLeave, accountGoes, inSession);
        for (var step = 0; run.Enabled is { Count: > 0 } enabled; step++)
        {
            step.ShouldBeLessThan(MostSteps, "the run does not end");
            var pick = schedule.Length == 0 ? 0 : schedule[step % schedule.Length];
            run.Deliver(enabled[(int)((uint)pick % enabled.Count)]);
        }

        run.Check(clientsLeave);
        run.Stop();
    }
}
