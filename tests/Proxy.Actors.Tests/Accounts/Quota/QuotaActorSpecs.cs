using System.Net;
using Akka.Actor;
using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Actors.Accounts;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;
using Proxy.Testing;
using static Proxy.Actors.Accounts.AccountEvents;

namespace Proxy.Actors.Tests.Accounts.Quota;

/// <summary>Quota through the account's actor: what the router is told, who is asked and when, what a restart leaves.</summary>
public sealed class QuotaActorSpecs
{
    private const string File = "claude-a.json";
    private static readonly AccountId Id = AccountsWorld.IdOf(File);

    [Fact]
    public async Task Fault60_usage_endpoint_is_asked_a_quarter_of_an_hour_after_the_refusal_and_gives_the_account_back()
    {
        await using var world = await StartedAsync();
        await RefuseAsync(world, "5h", world.Now.AddHours(4));
        (await SnapshotAsync(world, s => s.Blocked is not null)).BlockedSince.ShouldBeNull("no client's request need be a probe");

        world.Time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        await world.ViewAsync(Id);
        world.Usage!.Count.ShouldBe(0);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        (await world.Usage.NextAsync()).Tells(2, 1);

        await SnapshotAsync(world, s => s.Blocked is null && s.Outlook.FiveHours?.UsedShare == 0.02);
        (await world.LeaseAsync(Id, 9)).Account.ShouldBe(Id);
    }

    [Fact]
    public async Task Endpoint_that_fails_hands_the_probe_to_a_client_request_and_hurts_nothing()
    {
        await using var world = await StartedAsync();
        await RefuseAsync(world, "7d", world.Now.AddDays(3));
        var since = world.Now;
        world.Time.Advance(TimeSpan.FromMinutes(15).Add(TimeSpan.FromSeconds(1)));
        (await world.Usage!.NextAsync()).Says(HttpStatusCode.TooManyRequests, headers: ("Retry-After", "3000"));

        (await SnapshotAsync(world, s => s.BlockedSince == since)).Blocked.ShouldNotBeNull().Kind.ShouldBe(IneligibilityKind.QuotaExhausted);
        var probe = await world.LeaseAsync(Id, 9, purpose: Purpose.Probe);
        await world.EndAsync(probe, AttemptOutcome.Success);
        await SnapshotAsync(world, s => s.Blocked is null);
        (await world.ViewAsync(Id)).UsageEndpoint.ShouldNotBeNull().ShouldStartWith("failed 1×");
    }

    [Fact]
    public async Task Token_that_the_endpoint_refuses_is_refreshed()
    {
        await using var world = await StartedAsync();
        world.Time.Advance(TimeSpan.FromSeconds(21));
        (await world.Usage!.NextAsync()).Says(HttpStatusCode.Unauthorized, """{"error":{"type":"authentication_error"}}""");

        (await world.Tokens.NextAsync()).Gives(generation: 2);

        var again = await world.Usage.NextAsync();
        again.Headers["Authorization"].ShouldEndWith("-g2");
        again.Tells(10, 20);
        await world.UntilAsync(Id, v => v.Windows.Count == 2 && v.Windows.All(w => w.Source == nameof(QuotaSource.UsageEndpoint)));
        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Router_is_told_of_whole_percents_only()
    {
        await using var world = await StartedAsync();
        var lease = await world.LeaseAsync(Id, 1);
        Observe(world, lease, 0.300);
        (await SnapshotAsync(world, s => s.Outlook.Weekly is not null)).Outlook.Weekly!.UsedShare.ShouldBe(0.3);

        for (var i = 1; i < 10; i++)
        {
            Observe(world, lease, 0.300 + (i / 1000.0));
        }

        await world.UntilAsync(Id, v => v.Windows.Single().UsedShare == 0.309);
        world.Router.Messages.OfType<SnapshotChanged>().ShouldBeEmpty();
        Observe(world, lease, 0.31);
        (await SnapshotAsync(world, _ => true)).Outlook.Weekly!.UsedShare.ShouldBe(0.31);
    }

    [Fact]
    public async Task Readings_blocks_and_forecasts_outlive_the_process_and_a_token_refresh()
    {
        var place = Directory.CreateTempSubdirectory("cpa-quota-").FullName;
        var until = default(DateTimeOffset);
        var store = new LedgerQueue();
        await using (var world = await StartedAsync(store))
        {
            var lease = await world.LeaseAsync(Id, 1);
            foreach (var share in new[] { 0.1, 0.2, 0.3, 0.4 })
            {
                Observe(world, lease, share);
                world.Time.Advance(TimeSpan.FromMinutes(10));
                await world.ViewAsync(Id);
            }

            until = world.Now.AddDays(2);
            await RefuseAsync(world, "model", until, "claude-opus-4-6");
            world.Write(File, world.Claude(2, TimeSpan.FromHours(8)));
            await world.AdvanceUntilAsync(Id, v => v.Token!.Generation == 2);
            (await world.ViewAsync(Id)).Windows.ShouldContain(w => w.Model == "opus" && w.IsRejected);
        }

        // The process ends: what its actors handed over is written into SQLite, and read from there by the next one.
        store.Complete();
        var time = new ManualTimeProvider();
        await new LedgerWriter(store, new LedgerDatabase(place), time, NullLogger<LedgerWriter>.Instance).RunAsync().WaitAsync(AccountsWorld.FailSafe);
        var remembered = new LedgerQueue();
        new LedgerWriter(remembered, new LedgerDatabase(place), time, NullLogger<LedgerWriter>.Instance).Open();

        await using var next = await StartedAsync(remembered, later: TimeSpan.FromMinutes(50));
        var view = await next.ViewAsync(Id);
        var weekly = view.Windows.Single(w => w is { Name: "7d", Model: null });
        weekly.UsedShare.ShouldBe(0.2, "the refusal told it last");
        view.Windows.ShouldContain(w => w.Model == "opus" && w.IsRejected);
        (await next.RefusalAsync(Id, 2, "claude-opus-4-5-20251101")).Kind.ShouldBe(IneligibilityKind.QuotaExhausted);
        (await next.LeaseAsync(Id, 3)).UpstreamModel.ShouldContain("sonnet");
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task Debug_view_tells_age_source_and_forecast_and_no_share_of_a_window_that_has_begun_anew()
    {
        await using var world = await StartedAsync();
        var lease = await world.LeaseAsync(Id, 1);
        var reset = world.Now.AddHours(4);
        foreach (var share in new[] { 0.1, 0.2, 0.3, 0.4 })
        {
            Observe(world, lease, share, "5h", reset);
            world.Time.Advance(TimeSpan.FromMinutes(10));
            await world.ViewAsync(Id);
        }

        var window = (await world.ViewAsync(Id)).Windows.Single();
        (window.UsedShare, window.AgeSeconds, window.Source, window.IsOver).ShouldBe((0.4, 600, nameof(QuotaSource.Headers), false));
        window.Forecast.ShouldNotBeNull().EmptyAt.ShouldNotBeNull().ShouldBeInRange(world.Now, reset);
        window.Forecast.InWords.ShouldStartWith("at this pace, empty at ");

        world.Time.Advance(TimeSpan.FromHours(4));
        window = (await world.ViewAsync(Id)).Windows.Single(w => w.Name == "5h");
        (window.UsedShare, window.IsOver, window.Forecast).ShouldBe((null, true, null));
    }

    [Fact]
    public async Task Fault16_limit_per_minute_passes_by_itself_and_nobody_is_asked()
    {
        await using var world = await StartedAsync();
        var lease = await world.LeaseAsync(Id, 1);
        var outcome = new AttemptOutcome(FailureClassifier.Classify(QuotaGiven.PerMinute(UpstreamKind.Claude, "7"), world.Now), Committed: false, Cancelled: false);
        await world.EndAsync(lease, outcome);

        (await world.RefusalAsync(Id, 2)).Kind.ShouldBe(IneligibilityKind.CoolingDown);
        world.Time.Advance(TimeSpan.FromSeconds(7));
        await world.LeaseAsync(Id, 3);
        world.Usage!.Count.ShouldBe(0);
    }

    private static async Task<AccountsWorld> StartedAsync(IAccountStateStore? store = null, TimeSpan later = default)
    {
        var world = new AccountsWorld { Usage = new ScriptedUsage(), StateStore = store };
        world.Time.Advance(later);
        world.Write(File, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        await SnapshotAsync(world, _ => true);
        return world;
    }

    private static async Task RefuseAsync(AccountsWorld world, string window, DateTimeOffset resetsAt, string model = "claude-sonnet-4-5")
    {
        var lease = await world.LeaseAsync(Id, 100, model);
        var error = QuotaGiven.Refusal(UpstreamKind.Claude, window, resetsAt);
        world.ActorOf(Id).Tell(new AccountCommands.Observed(Id, lease.Id, QuotaReadings.FromHeaders(UpstreamKind.Claude, error.Headers, world.Now)!), ActorRefs.NoSender);
        await world.EndAsync(lease, new AttemptOutcome(FailureClassifier.Classify(error, world.Now), Committed: false, Cancelled: false));
    }

    private static void Observe(AccountsWorld world, Lease lease, double share, string window = "7d", DateTimeOffset? reset = null) =>
        world.ActorOf(Id).Tell(new AccountCommands.Observed(Id, lease.Id, new QuotaReading(world.Now, [new QuotaWindow(window, share, reset, false, window == "5h" ? TimeSpan.FromHours(5) : TimeSpan.FromDays(7), null)])), ActorRefs.NoSender);

    private static async Task<AccountSnapshot> SnapshotAsync(AccountsWorld world, Func<AccountSnapshot, bool> match) =>
        (await world.Router.ExpectAsync<SnapshotChanged>(s => match(s.Snapshot))).Snapshot;
}
