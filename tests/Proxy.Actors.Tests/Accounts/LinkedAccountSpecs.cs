using Proxy.Actors.Accounts;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>Accounts whose token is another program's: read, never refreshed, never written.</summary>
public sealed class LinkedAccountSpecs : IDisposable
{
    private const string Link = "claude-link-0001.json";
    private static readonly AccountId Id = AccountsWorld.IdOf(Link);
    private readonly string _theirs = Directory.CreateTempSubdirectory("cpa-other-").FullName;

    private string Credentials => Path.Combine(_theirs, ".credentials.json");

    public void Dispose() => Directory.Delete(_theirs, recursive: true);

    [Fact]
    public async Task Linked_account_serves_with_the_other_programs_token_and_takes_each_new_one()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        WriteLink(world);
        await world.StartAsync();

        (await world.LeaseAsync(Id, 1)).Token!.Reveal().ShouldBe("made-up-theirs-g1");
        (await world.ViewAsync(Id)).ShouldSatisfyAllConditions(v => v.Credential.ShouldBe("linked"), v => v.Label.ShouldBe("t…@example.com"));

        Renew(world, 2, TimeSpan.FromHours(16));
        await world.AdvanceUntilAsync(Id, v => v.Token!.Generation == 2); // a look at the file each second
        (await world.LeaseAsync(Id, 2)).Token!.Reveal().ShouldBe("made-up-theirs-g2");
        world.Tokens.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Refused_token_is_read_again_at_once_and_the_retry_gets_the_new_one()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        WriteLink(world);
        await world.StartAsync();
        var lease = await world.LeaseAsync(Id, 1);
        Renew(world, 2, TimeSpan.FromHours(8));

        await world.EndAsync(lease, Refused401);

        (await world.LeaseAsync(Id, 2)).Token!.Reveal().ShouldBe("made-up-theirs-g2"); // no time has passed
        world.Tokens.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Ended_token_that_nobody_renews_blocks_with_the_words_that_help_and_comes_back_by_itself()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromMinutes(10));
        WriteLink(world);
        await world.StartAsync();
        await world.LeaseAsync(Id, 1);

        world.Time.Advance(TimeSpan.FromMinutes(11));
        var refused = await UntilRefusedAsync(world);
        refused.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        refused.Reason.ShouldContain("open Claude Code once to renew it");

        world.Time.Advance(TimeSpan.FromDays(3));
        (await UntilRefusedAsync(world)).Reason.ShouldContain("open Claude Code once to renew it");
        world.Tokens.Count.ShouldBe(0);

        Renew(world, 2, TimeSpan.FromHours(8));
        await world.AdvanceUntilAsync(Id, v => v.State == "ready");
        (await world.LeaseAsync(Id, 99)).Token!.Reveal().ShouldBe("made-up-theirs-g2");
    }

    [Fact]
    public async Task Linked_file_that_vanishes_or_is_torn_is_a_state_and_not_the_end()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        WriteLink(world);
        await world.StartAsync();

        File.Delete(Credentials);
        (await world.AdvanceUntilAsync(Id, v => v.State.StartsWith("broken", StringComparison.Ordinal))).State.ShouldContain("log in to Claude Code again");
        File.WriteAllText(Credentials, """{"claudeAiOauth":{"accessToken":"made-up""");
        await world.AdvanceUntilAsync(Id, v => v.State.Contains("in the middle of its JSON", StringComparison.Ordinal));
        Renew(world, 2, TimeSpan.FromHours(8));

        await world.AdvanceUntilAsync(Id, v => v.State == "ready");
        (await world.LeaseAsync(Id, 1)).Token!.Reveal().ShouldBe("made-up-theirs-g2");
    }

    [Fact]
    public async Task Other_programs_file_is_never_written_whatever_happens_in_days()
    {
        const int Refreshes = 13; // each four hours after the last, with a look at the files every second
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }

        var before = Picture();
        WriteLink(world);
        world.Write("claude-own.json", world.Claude(1, TimeSpan.FromHours(8))); // one of our own beside it, which is refreshed
        await world.StartAsync();
        var (own, start) = (AccountsWorld.IdOf("claude-own.json"), world.Now);

        for (var refresh = 1; refresh <= Refreshes; refresh++)
        {
            await world.AdvanceToRefreshAsync(own);
            (await world.Tokens.NextAsync()).Gives(refresh + 1);
            await world.UntilAsync(own, v => v.Token!.Refresh == "idle" && v.Counters.Refreshes == refresh);
            world.Acquire(Id, 1000 + refresh);
        }

        (world.Now - start).ShouldBeGreaterThan(TimeSpan.FromDays(2));
        await world.EndAsync(await world.LeaseAsync(own, 1), AttemptOutcome.Success);
        world.Tokens.Count.ShouldBe(Refreshes);
        Picture().ShouldBe(before);
        Directory.GetFileSystemEntries(_theirs).ShouldBe([Credentials]); // and nothing was put beside it
    }

    [Fact]
    public async Task Orders_to_pause_and_to_remove_change_our_file_alone()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        var before = Picture();
        WriteLink(world);
        await world.StartAsync();

        (await world.AskAsync<OrderOutcome>(world.Actor, new ControlCommands.GiveOrder(Id, AccountOrder.Pause))).Result.ShouldBe(OrderResult.Done);

        (await world.ViewAsync(Id)).PausedBy.ShouldNotBeNull();
        File.ReadAllText(world.PathOf(Link)).ShouldNotContain("made-up-theirs", Case.Sensitive, "no token comes into our file");
        Picture().ShouldBe(before);

        Renew(world, 2, TimeSpan.FromHours(8)); // the other program is at work meanwhile
        before = Picture();
        (await world.AskAsync<OrderOutcome>(world.Actor, new ControlCommands.GiveOrder(Id, AccountOrder.Remove))).Result.ShouldBe(OrderResult.Done);
        File.Exists(world.PathOf(Link)).ShouldBeFalse();
        Picture().ShouldBe(before);
    }

    [Fact]
    public async Task Login_of_our_own_takes_the_place_of_the_link()
    {
        await using var world = new AccountsWorld();
        Renew(world, 1, TimeSpan.FromHours(8));
        WriteLink(world);
        await world.StartAsync();

        world.Write(Link, world.Claude(5, TimeSpan.FromHours(8)));

        await world.AdvanceUntilAsync(Id, v => v.Credential == "oauth");
        (await world.LeaseAsync(Id, 1)).Token!.Reveal().ShouldBe("sandbox-access-claude-1-g5");
    }

    private static AttemptOutcome Refused401 { get; } =
        new(new Failure { Class = FailureClass.Unauthorized, Scope = FailureScope.Account, Status = 401, Message = "made up" }, Committed: false, Cancelled: false);

    private static async Task<Ineligibility> UntilRefusedAsync(AccountsWorld world)
    {
        await world.UntilAsync(Id, v => v.State.StartsWith("login-needed", StringComparison.Ordinal));
        return await world.RefusalAsync(Id, world.Time.GetUtcNow().Ticks);
    }

    private void WriteLink(AccountsWorld world) =>
        world.Write(Link, $$"""{"type":"claude-link","link":{{System.Text.Json.JsonSerializer.Serialize(Credentials)}},"email":"theirs@example.com"}""");

    private void Renew(AccountsWorld world, int generation, TimeSpan left) => File.WriteAllText(
        Credentials,
        $$$"""{"claudeAiOauth":{"accessToken":"made-up-theirs-g{{{generation}}}","refreshToken":"made-up-theirs-refresh-g{{{generation}}}","expiresAt":{{{(world.Now + left).ToUnixTimeMilliseconds()}}},"scopes":["user:inference"],"subscriptionType":"max"}}""");

    private string Picture()
    {
        var info = new FileInfo(Credentials);
        return $"{info.LastWriteTimeUtc:O} {info.CreationTimeUtc:O} {(OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(Credentials))} {Convert.ToHexString(File.ReadAllBytes(Credentials))}";
    }
}
