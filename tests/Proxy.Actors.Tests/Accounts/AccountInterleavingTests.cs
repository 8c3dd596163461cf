using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>
/// Two requests of two attempts each at one account: every order in which their messages can arrive, with every way in
/// which an attempt can end. Once a refusal is applied there is no grant before its time, whatever arrives after it.
/// </summary>
public sealed class AccountInterleavingTests
{
    private const string Model = "claude-sonnet-4-5";
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly (AttemptOutcome Outcome, TimeSpan Blocks)[] Outcomes =
    [
        (AttemptOutcome.Success, TimeSpan.Zero),
        (new AttemptOutcome(null, Committed: false, Cancelled: true), TimeSpan.Zero),
        (Failed(FailureClass.Network, FailureScope.Network), TimeSpan.Zero),
        (Failed(FailureClass.Transient), TimeSpan.FromSeconds(10)),
        (Failed(FailureClass.RateLimited, until: T0.AddMinutes(2)), TimeSpan.FromSeconds(100)),
        (Failed(FailureClass.QuotaExhausted, until: T0.AddHours(2)), TimeSpan.FromMinutes(119)),
        (Failed(FailureClass.QuotaExhausted, FailureScope.AccountModel, T0.AddHours(2)), TimeSpan.FromMinutes(119)),
        (Failed(FailureClass.Unauthorized), TimeSpan.FromHours(1)),
    ];

    private long _runs;
    private long _refused;

    [Fact]
    public void Nothing_is_granted_after_a_refusal_was_applied_in_any_order_of_two_requests()
    {
        Explore(new Run(Account(), [new Request(null, 0, false), new Request(null, 0, false)], T0, T0, []));

        // Each order and outcome was walked; most of them met a refusal.
        _runs.ShouldBeGreaterThan(10_000);
        _refused.ShouldBeGreaterThan(_runs / 2);
    }

    [Fact]
    public async Task Accounts_actor_grants_nothing_after_a_refusal_in_any_order_of_two_requests()
    {
        var orders = Orders([], 3, 3).ToList();
        orders.Count.ShouldBe(20);
        await using var world = new AccountsWorld();
        for (var i = 0; i < orders.Count; i++)
        {
            world.Write($"claude-{i}.json", world.Claude(i + 1, TimeSpan.FromHours(8)));
        }

        await world.StartAsync();
        for (var i = 0; i < orders.Count; i++)
        {
            await FollowAsync(world, AccountsWorld.IdOf($"claude-{i}.json"), orders[i], 1000 * (i + 1));
        }
    }

    /// <summary>Each request acquires, fails with a used-up quota where it was granted, and acquires again.</summary>
    private static async Task FollowAsync(AccountsWorld world, AccountId id, int[] order, int tickets)
    {
        var leases = new Lease?[2];
        var steps = new int[2];
        var isOut = false;
        foreach (var request in order)
        {
            if (steps[request]++ == 1)
            {
                if (leases[request] is { } lease)
                {
                    await world.EndAsync(lease, Failed(FailureClass.QuotaExhausted, until: world.Now.AddHours(2)));
                    isOut = true;
                }

                continue;
            }

            var ticket = tickets + (10 * request) + steps[request];
            if (isOut)
            {
                (await world.RefusalAsync(id, ticket, Model)).Kind.ShouldBe(IneligibilityKind.QuotaExhausted);
            }
            else
            {
                leases[request] = await world.LeaseAsync(id, ticket, Model);
            }
        }

        isOut.ShouldBeTrue();
    }

    private static IEnumerable<int[]> Orders(int[] begun, int first, int second) =>
        (first, second) == (0, 0) ? [begun]
        : (first > 0 ? Orders([.. begun, 0], first - 1, second) : []).Concat(second > 0 ? Orders([.. begun, 1], first, second - 1) : []);

    private void Explore(Run run)
    {
        var isOver = true;
        for (var i = 0; i < run.Requests.Length; i++)
        {
            var request = run.Requests[i];
            if (request.IsDone)
            {
                continue;
            }

            isOver = false;
            if (request.Lease is null)
            {
                Acquire(run, i);
            }
            else
            {
                for (var outcome = 0; outcome < Outcomes.Length; outcome++)
                {
                    End(run, i, outcome);
                }
            }
        }

        _runs += isOver ? 1 : 0;
        _refused += isOver && run.BlockedUntil > T0 ? 1 : 0;
    }

    private void Acquire(Run run, int at)
    {
        var request = run.Requests[at];
        if (run.State.Decide(Model, Purpose.Inference, run.Now) is not AcquireDecision.Grant grant)
        {
            Explore(run.With(at, request with { IsDone = true }, run.State, $"{at} refused"));
            return;
        }

        if (run.Now < run.BlockedUntil)
        {
            throw new InvalidOperationException($"granted after a refusal: {string.Join(", ", run.Path)}");
        }

        run.State.ToSnapshot(run.Now).WhyNot(Model, run.Now).ShouldBeNull();
        var lease = new LeaseInFlight(LeaseId.Next(), new TicketId(at + 1), grant.UpstreamModel, Purpose.Inference, run.State.Token!.Generation, run.Now, T0.AddHours(1), run.State.Cooldowns.Sequence);
        Explore(run.With(at, request with { Lease = lease, Attempts = request.Attempts + 1 }, run.State.Apply(new AccountChange.LeaseGranted(lease)), $"{at} granted"));
    }

    private void End(Run run, int at, int outcome)
    {
        var (ended, blocks) = Outcomes[outcome];
        var request = run.Requests[at];
        var state = run.State.Apply(new AccountChange.LeaseEnded(request.Lease!.Id, ended, run.Now));
        var until = blocks > TimeSpan.Zero ? run.Now + blocks : T0;
        var next = run with { BlockedUntil = until > run.BlockedUntil ? until : run.BlockedUntil };
        Explore(next.With(at, request with { Lease = null, IsDone = request.Attempts == 2 }, state, $"{at} {ended.Failure?.Class.ToString() ?? (ended.Cancelled ? "cancelled" : "ok")}"));
    }

    private static AttemptOutcome Failed(FailureClass kind, FailureScope scope = FailureScope.Account, DateTimeOffset? until = null) =>
        new(new Failure { Class = kind, Scope = scope, Message = "made up", Until = until }, Committed: false, Cancelled: false);

    private static AccountState Account()
    {
        var file = new AuthFile
        {
            FileName = "claude-a.json",
            Provider = "claude",
            Kind = UpstreamKind.Claude,
            Tokens = new TokenPair("sandbox-access-g1", "sandbox-refresh-g1"),
            Expires = T0.AddHours(8),
            LastRefresh = T0,
            Raw = default,
        };
        return AccountState.From(AccountChange.Defined.By(
            AccountDefinition.OfFile("claude", UpstreamKind.Claude, file.FileName, new AuthFileReading.Loaded(file), new ProxyConfiguration()), ModelCatalogue.Default, T0, 0));
    }

    private sealed record Request(LeaseInFlight? Lease, int Attempts, bool IsDone);

    /// <summary>One state of the world. A second passes with each message.</summary>
    private sealed record Run(AccountState State, Request[] Requests, DateTimeOffset Now, DateTimeOffset BlockedUntil, string[] Path)
    {
        public Run With(int at, Request request, AccountState state, string step)
        {
            var requests = (Request[])Requests.Clone();
            requests[at] = request;
            return this with { State = state, Requests = requests, Now = Now.AddSeconds(1), Path = [.. Path, step] };
        }
    }
}
