using System.Net;
using Proxy.Actors.Accounts;
using Proxy.Actors.Tests.Credentials;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>What refreshes meet, as an account and its requests live through it (spec/faults.md 50–55).</summary>
public sealed class RefreshFaultSpecs
{
    private const string File1 = "claude-ann@example.com.json";
    private const string File2 = "claude-bob@example.com.json";
    private static readonly AccountId Id1 = AccountsWorld.IdOf(File1);
    private static readonly AccountId Id2 = AccountsWorld.IdOf(File2);

    /// <summary>Status, body, Retry-After, and how long the account backs off; null: a person must log in.</summary>
    public static TheoryData<HttpStatusCode, string, string?, int?> Answers => new()
    {
        { HttpStatusCode.BadRequest, """{"error":"invalid_grant","error_description":"made up"}""", null, null },
        { HttpStatusCode.Unauthorized, """{"error":{"code":"refresh_token_reused","message":"made up"}}""", null, null },
        { HttpStatusCode.BadRequest, """{"error":{"code":"refresh_token_reused"}}""", null, null },
        { HttpStatusCode.Unauthorized, """{"error":{"type":"authentication_error"}}""", null, null },
        { HttpStatusCode.Unauthorized, "<html>sign in</html>", null, 10 },
        { HttpStatusCode.BadRequest, """{"error":"temporarily_unavailable"}""", null, 10 },
        { HttpStatusCode.BadRequest, """{"error":"invalid_request"}""", null, 10 },
        { HttpStatusCode.TooManyRequests, """{"error":{"type":"rate_limit_error"}}""", null, 10 },
        { HttpStatusCode.TooManyRequests, """{"error":{"type":"rate_limit_error"}}""", "17", 17 },
        { HttpStatusCode.TooManyRequests, "{}", "1", 5 },
        { HttpStatusCode.TooManyRequests, "{}", "86400", 300 },
        { HttpStatusCode.TooManyRequests, "<html>slow down</html>", "-3", 10 },
        { HttpStatusCode.InternalServerError, """{"error":"made up"}""", null, 10 },
        { HttpStatusCode.ServiceUnavailable, "<html>later</html>", "60", 60 },
        { HttpStatusCode.Forbidden, "<!DOCTYPE html><title>Just a moment...</title>", null, 10 },
        { HttpStatusCode.OK, "<!DOCTYPE html><title>a portal</title>", null, 5 }, // may have used the token up: tried once more, soon
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Fault50_answer_of_the_token_endpoint_blocks_an_ended_token_as_its_meaning_says(HttpStatusCode status, string body, string? retryAfter, int? seconds)
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        world.Write(File2, world.Claude(7, TimeSpan.FromHours(8)));
        await world.StartAsync();
        world.Acquire(Id1, 1);

        Say(await world.Tokens.NextAsync(), status, body, retryAfter);

        var refused = (await world.Router.ExpectAsync<AccountEvents.Refused>()).Reason;
        if (seconds is { } wait)
        {
            (refused.Kind, refused.Until).ShouldBe((IneligibilityKind.Failing, world.Now.AddSeconds(wait)));
            world.Time.Advance(TimeSpan.FromSeconds(wait));
            (await world.Tokens.NextAsync()).Gives(2);
            await world.UntilAsync(Id1, v => v.State == "ready");
            File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g2");
        }
        else
        {
            refused.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
            world.Time.Advance(TimeSpan.FromHours(3));
            (await world.RefusalAsync(Id1, 2)).Kind.ShouldBe(IneligibilityKind.LoginNeeded);
            world.Tokens.Count.ShouldBe(1); // nobody asks again and again
            (await world.ViewAsync(Id1)).State.ShouldStartWith("login-needed");
        }

        await world.LeaseAsync(Id2, 3); // the others go on
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Fault50_token_that_is_still_good_serves_whatever_its_refresh_is_answered(HttpStatusCode status, string body, string? retryAfter, int? seconds)
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(20)));
        await world.StartAsync();

        Say(await world.Tokens.NextAsync(), status, body, retryAfter);

        var view = await world.UntilAsync(Id1, v => v.Counters.FailedRefreshes == 1);
        view.State.ShouldBe("ready");
        view.Token!.Refresh.ShouldStartWith(seconds is null ? "refused" : "failed");
        (await world.LeaseAsync(Id1, 1)).Generation.ShouldBe(1);
    }

    [Fact]
    public async Task Fault51_refresh_goes_on_while_the_quota_is_used_up_and_clears_nothing()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var until = world.Now.AddHours(20);
        await world.EndAsync(await world.LeaseAsync(Id1, 1), Failed(FailureClass.QuotaExhausted, 429, until));

        await world.AdvanceToRefreshAsync(Id1);
        (await world.Tokens.NextAsync()).Gives(2);

        await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
        (await world.RefusalAsync(Id1, 2)).ShouldSatisfyAllConditions(r => r.Kind.ShouldBe(IneligibilityKind.QuotaExhausted), r => r.Until.ShouldBe(until));
    }

    [Fact]
    public async Task Fault52_answer_for_a_pair_that_a_second_process_has_replaced_says_nothing_about_the_new_one()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        world.Acquire(Id1, 1);
        var call = await world.Tokens.NextAsync();

        world.Write(File1, world.Claude(9, TimeSpan.FromHours(8)));
        await world.AdvanceUntilAsync(Id1, v => v.Token!.Generation == 2); // the look at the file is faster than the answer
        call.Says(HttpStatusCode.BadRequest, """{"error":"refresh_token_reused"}""");

        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Token!.Reveal().ShouldBe("sandbox-access-claude-1-g9");
        (await world.UntilAsync(Id1, v => v.Token!.Refresh == "idle")).State.ShouldBe("ready");
        world.Tokens.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("open", "denied")] // permission denied
    [InlineData("open", "io")] // read-only
    [InlineData("write", "io")] // disk full
    [InlineData("fsync", "io")]
    [InlineData("rename", "denied")]
    public async Task Fault54_pair_that_cant_be_written_serves_and_is_saved_when_the_disk_is_well_again(string at, string kind)
    {
        var disk = new FailingSteps(p => Path.GetFileName(Path.GetDirectoryName(p)) == "auth", Trouble(kind), at);
        await using var world = new AccountsWorld { FileSteps = disk };
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();
        world.Acquire(Id1, 1);

        (await world.Tokens.NextAsync()).Gives(2);

        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Token!.Reveal().ShouldBe("sandbox-access-claude-1-g2");
        (await world.ViewAsync(Id1)).Token!.NotSaved.ShouldNotBeNull().ShouldContain("can't be written");
        File.ReadAllText(world.PathOf(File1)).ShouldContain("claude-1-g1");
        File.ReadAllText(Path.Combine(world.Configuration.StateDirectory, "tokens", Id1.Value)).ShouldContain("claude-1-g2"); // for the next process

        disk.Mend();
        await world.AdvanceUntilAsync(Id1, v => v.Token is { NotSaved: null, Refresh: "idle" }); // the look at the file may be faster than the save is done

        File.ReadAllText(world.PathOf(File1)).ShouldContain("sandbox-refresh-claude-1-g2");
        Directory.GetFiles(world.Configuration.AuthDirectory).ShouldBe([world.PathOf(File1)]);
        world.Tokens.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("denied")]
    [InlineData("io")]
    public async Task Fault54_where_nothing_at_all_can_be_written_only_an_ended_token_is_refreshed(string kind)
    {
        var disk = new FailingSteps(_ => true, Trouble(kind));
        await using var world = new AccountsWorld { FileSteps = disk };
        world.Write(File1, world.Claude(1, TimeSpan.FromMinutes(20)));
        world.Write(File2, world.Claude(5, TimeSpan.FromMinutes(-5)));
        await world.StartAsync();

        // Its token serves, and a refresh now could lose the next one: not worth the risk.
        (await world.UntilAsync(Id1, v => v.Counters.FailedRefreshes == 1)).Token!.Refresh.ShouldContain("still serves");
        (await world.LeaseAsync(Id1, 1)).Generation.ShouldBe(1);

        // This one has nothing to lose.
        world.Acquire(Id2, 2);
        var call = await world.Tokens.NextAsync();
        call.Body.ShouldContain("claude-1-g5");
        call.Gives(6);
        (await world.Router.ExpectAsync<AccountEvents.Granted>(g => g.Lease.Ticket.Value == 2)).Lease.Token!.Reveal().ShouldBe("sandbox-access-claude-1-g6");
        world.Tokens.Count.ShouldBe(1);
        disk.Mend();
        await world.AdvanceUntilAsync(Id2, v => v.Token is { NotSaved: null, Refresh: "idle" });
        File.ReadAllText(world.PathOf(File2)).ShouldContain("sandbox-refresh-claude-1-g6");
    }

    [Fact]
    public async Task Fault55_clock_an_hour_ahead_and_back_costs_one_refresh()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(5))); // its lead is four
        await world.StartAsync();
        var begun = world.Now;

        world.Time.JumpTo(begun.AddHours(5));
        world.Acquire(Id1, 1); // it looks ended
        (await world.Tokens.NextAsync()).Gives(2);
        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Generation.ShouldBe(2);

        world.Time.JumpTo(begun);
        (await world.LeaseAsync(Id1, 2)).Generation.ShouldBe(2);
        world.Time.Advance(TimeSpan.FromSeconds(30));
        (await world.LeaseAsync(Id1, 3)).Generation.ShouldBe(2);
        world.Tokens.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("2026-03-28T22:00:00Z", "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00", "2026-03-29T02:00:00Z")] // an hour is skipped
    [InlineData("2026-10-24T21:00:00Z", "2026-10-24T23:00:00+02:00", "2026-10-25T06:00:00+01:00", "2026-10-25T01:00:00Z")] // an hour comes twice
    public async Task Fault55_night_of_the_clock_change_moves_no_refresh(string start, string made, string ends, string due)
    {
        var at = DateTimeOffset.Parse(due, System.Globalization.CultureInfo.InvariantCulture);
        await using var world = new AccountsWorld(start: DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture));
        world.Write(File1, $$"""{"type":"claude","email":"someone@example.com","access_token":"sandbox-access-claude-1-g1","refresh_token":"sandbox-refresh-claude-1-g1","last_refresh":"{{made}}","expired":"{{ends}}"}""");
        await world.StartAsync();

        (await world.ViewAsync(Id1)).Token!.ShouldSatisfyAllConditions(t => t.RefreshDue.ShouldBe(at), t => t.ExpiresInSeconds.ShouldBe(8 * 3600));
        world.Time.Advance(at - world.Now - TimeSpan.FromMinutes(1));
        (await world.LeaseAsync(Id1, 1)).Generation.ShouldBe(1);
        world.Tokens.Count.ShouldBe(0);
        await world.AdvanceToRefreshAsync(Id1);
        (world.Now - at).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        (await world.Tokens.NextAsync()).Gives(2);
        (await world.UntilAsync(Id1, v => v.Token!.Generation == 2)).Token!.Expires.ShouldBe(world.Now.AddHours(8));
        world.Tokens.Count.ShouldBe(1);
    }

    private static Func<Exception> Trouble(string kind) =>
        kind == "denied" ? () => new UnauthorizedAccessException("made up") : () => new IOException("no space left on device");

    private static void Say(TokenCall call, HttpStatusCode status, string body, string? retryAfter) => call.Says(
        status,
        body,
        body.StartsWith('<') ? "text/html" : "application/json",
        r =>
        {
            if (retryAfter is not null)
            {
                r.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
            }
        });

    private static AttemptOutcome Failed(FailureClass kind, int status, DateTimeOffset? until = null) =>
        new(new Failure { Class = kind, Scope = FailureScope.Account, Status = status, Message = "made up", Until = until }, Committed: false, Cancelled: false);
}
