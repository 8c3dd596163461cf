using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Tests.Accounts;

public sealed class AccountsActorSpecs
{
    private const string File1 = "claude-ann@example.com.json";
    private const string File2 = "codex-bob@example.com.json";
    private static readonly AccountId Id1 = AccountsWorld.IdOf(File1);
    private static readonly AccountId Id2 = AccountsWorld.IdOf(File2);

    [Fact]
    public async Task File_that_is_added_is_an_account_within_two_polls()
    {
        await using var world = new AccountsWorld();
        await world.StartAsync();
        world.Accounts.All().ShouldBeEmpty();

        world.Write(File2, """{"type":"codex","access_token":"sandbox-access-codex-2","account_id":"sandbox-account-2","label":"Bob","prefix":"/bob/","priority":3}""");

        world.Time.Advance(TimeSpan.FromSeconds(1));
        var snapshot = (await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>()).Snapshot;
        (snapshot.Id, snapshot.Label, snapshot.Priority, snapshot.Kind).ShouldBe((Id2, "Bob", 3, UpstreamKind.Codex));
        snapshot.Models.UpstreamName("bob/gpt-5.1-codex").ShouldBe("gpt-5.1-codex");
        snapshot.Models.Serves("claude-sonnet-4-5").ShouldBeFalse();
        (await world.LeaseAsync(Id2, 1, "gpt-5.1-codex")).ChatGptAccountId.ShouldBe("sandbox-account-2");
    }

    [Fact]
    public async Task Edited_file_changes_the_living_account_and_loses_no_lease()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var (actor, lease) = (world.ActorOf(Id1), await world.LeaseAsync(Id1, 1));

        world.Write(File1, world.Claude(2, TimeSpan.FromHours(8), ",\"label\":\"Ann\""));
        var view = await world.AdvanceUntilAsync(Id1, v => v.Label == "Ann");

        (view.Token!.Generation, view.Leases.Count).ShouldBe((2, 1));
        world.ActorOf(Id1).ShouldBe(actor);
        await world.EndAsync(lease, AttemptOutcome.Success);
    }

    [Fact]
    public async Task Fault54_torn_file_is_believed_only_when_it_stays_torn_and_is_a_state_then()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();

        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8))[..40]);

        var view = await world.AdvanceUntilAsync(Id1, v => v.State.StartsWith("broken", StringComparison.Ordinal));
        view.State.ShouldContain("in the middle of its JSON");
        (await world.RefusalAsync(Id1, 1)).Kind.ShouldBe(IneligibilityKind.Broken);
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        (await world.AdvanceUntilAsync(Id1, v => v.State == "ready")).Token!.Generation.ShouldBe(1);
    }

    [Fact]
    public async Task Foreign_files_are_no_accounts()
    {
        await using var world = new AccountsWorld();
        world.Write("gemini-x.json", """{"type":"gemini","token":{}}""");
        world.Write("notes.json", """{"a":1}""");
        world.Write("broken.json", "{");
        File.WriteAllText(world.PathOf("claude-readme.txt"), "text");
        Directory.CreateDirectory(world.PathOf("claude-dir.json"));

        await world.StartAsync();

        world.Accounts.All().ShouldBeEmpty();
        (await world.ViewAsync()).IgnoredFiles.Keys.Order().ShouldBe(["gemini-x.json", "notes.json"]);
    }

    [Fact]
    public async Task Files_that_are_no_accounts_are_said_once_each_and_again_when_their_reason_changes()
    {
        const string Notes = "notes-of-ann@example.com.json";
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        int Said() => lines.Count(l => l.Contains(" is no account: ", StringComparison.Ordinal));
        await using var world = new AccountsWorld { Log = lines.Enqueue };
        world.Write(Notes, """{"a":1}""");
        await world.StartAsync();

        await LookedAtAsync(world, "claude-1.json"); // and at all the others
        await LookedAtAsync(world, "claude-2.json");
        Said().ShouldBe(1);
        lines.ShouldContain(l => l.StartsWith("Information: n…@example.com.json is no account: ", StringComparison.Ordinal));

        world.Write(Notes, """{"type":"gemini"}""");
        await LookedAtAsync(world, "claude-3.json");
        Said().ShouldBe(2);

        File.Delete(world.PathOf(Notes));
        await UntilAsync(world, v => v.IgnoredFiles.Count == 0);
        await LookedAtAsync(world, "claude-4.json");
        world.Write(Notes, """{"type":"gemini"}""");
        await LookedAtAsync(world, "claude-5.json");
        Said().ShouldBe(3); // a new file
    }

    [Fact]
    public async Task Auth_directory_that_cant_be_read_is_said_once_and_keeps_its_accounts()
    {
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var world = new AccountsWorld { Log = lines.Enqueue };
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var (here, away) = (world.Configuration.AuthDirectory, world.Configuration.AuthDirectory + ".away");
        Directory.Move(here, away);
        File.WriteAllText(here, "in its place");

        await UntilAsync(world, v => v.DirectoryFault is not null);
        for (var poll = 0; poll < 5; poll++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            (await world.ViewAsync()).DirectoryFault.ShouldNotBeNull();
        }

        await world.LeaseAsync(Id1, 1);
        await PutBackAsync(away, here);
        await UntilAsync(world, v => v.DirectoryFault is null);
        await LookedAtAsync(world, "claude-2.json");

        lines.Where(l => l.Contains("can't be read", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldStartWith("Warning: the auth directory can't be read");
        lines.Count(l => l.Contains("can be read again", StringComparison.Ordinal)).ShouldBe(1);
        world.Accounts.All().Count().ShouldBe(2);
    }

    [Fact]
    public async Task New_configuration_reaches_living_accounts_and_reconciles_keys()
    {
        static ApiKeyAccount Key(string name) => new() { Provider = "local", Kind = UpstreamKind.Compatible, ApiKey = "made-up", BaseUrl = new Uri("http://127.0.0.1:9"), EntryKey = name, Models = [new ModelAlias("m", "m")] };

        await using var world = new AccountsWorld(configure: c => c with { ApiKeyAccounts = [Key("a"), Key("b")] });
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        world.Accounts.All().Count.ShouldBe(3);

        var changed = world.Configuration with { Version = 2, ApiKeyAccounts = [Key("b"), Key("c")], Claude = world.Configuration.Claude with { BaseUrl = new Uri("http://127.0.0.1:8") } };
        world.Actor.Tell(new AccountsCommands.Reconfigure(changed), ActorRefs.NoSender);

        await world.Router.ExpectAsync<AccountEvents.AccountGone>(g => g.AccountId == AccountId.For("local", "a"));
        await world.AskAsync<AccountsCommands.Ready>(world.Actor, AccountsCommands.AwaitReady.Instance);
        world.Accounts.All().Select(a => a.Key).ShouldBe([Id1, AccountId.For("local", "b"), AccountId.For("local", "c")], ignoreOrder: true);
        (await world.LeaseAsync(Id1, 1)).BaseUrl.ShouldBe(new Uri("http://127.0.0.1:8"));
    }

    [Fact]
    public async Task Cooldowns_and_readings_are_handed_to_the_store_and_taken_up_by_a_new_process()
    {
        var store = new MemoryStore();
        var until = DateTimeOffset.MinValue;
        await using (var world = new AccountsWorld { StateStore = store })
        {
            world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
            await world.StartAsync();
            until = world.Now + TimeSpan.FromHours(2);
            await world.EndAsync(await world.LeaseAsync(Id1, 1), new AttemptOutcome(new Protocol.Failures.Failure { Class = Protocol.Failures.FailureClass.QuotaExhausted, Scope = Protocol.Failures.FailureScope.Account, Message = "made up", Until = until }, Committed: false, Cancelled: false));
        }

        await using var next = new AccountsWorld { StateStore = store };
        next.Write(File1, next.Claude(1, TimeSpan.FromHours(8)));
        await next.StartAsync();
        (await next.Router.ExpectAsync<AccountEvents.SnapshotChanged>()).Snapshot.Blocked!.Until.ShouldBe(until);
    }

    [Fact]
    public async Task Fault62_configuration_in_force_outlives_a_restart_of_the_actor_above_the_accounts()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var changed = world.Configuration with { Version = 2, Claude = world.Configuration.Claude with { BaseUrl = new Uri("http://127.0.0.1:8") } };
        world.Actor.Tell(new AccountsCommands.Reconfigure(changed), ActorRefs.NoSender);

        world.Actor.Tell(new AccountsCommands.Reconfigure(null!), ActorRefs.NoSender); // throws

        await world.AskAsync<AccountsCommands.Ready>(world.Actor, AccountsCommands.AwaitReady.Instance);
        (await world.ViewAsync()).ConfigurationVersion.ShouldBe(2);
        (await world.LeaseAsync(Id1, 1)).BaseUrl.ShouldBe(new Uri("http://127.0.0.1:8"));
    }

    [Fact]
    public async Task Account_that_fails_before_it_lives_is_left_alone_for_a_while()
    {
        var (calls, fails) = (0, true);
        await using var world = new AccountsWorld { Jitter = () => ++calls > 0 && Volatile.Read(ref fails) ? throw new InvalidOperationException("made up") : 0 };
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));

        await world.StartAsync();

        calls.ShouldBe(4);
        (await world.ViewAsync()).Accounts[Id1.Value].ShouldStartWith("stopped after errors");
        Volatile.Write(ref fails, false);
        world.Time.Advance(TimeSpan.FromSeconds(5));
        (await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>()).Snapshot.Blocked.ShouldBeNull();
        await world.LeaseAsync(Id1, 1);
    }

    [Fact]
    public async Task Fault55_clock_set_back_by_an_hour_prolongs_no_cooldown_of_ours()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();
        var forbidden = new Protocol.Failures.Failure { Class = Protocol.Failures.FailureClass.Forbidden, Scope = Protocol.Failures.FailureScope.Account, Message = "made up" };
        await world.EndAsync(await world.LeaseAsync(Id1, 1), new AttemptOutcome(forbidden, Committed: false, Cancelled: false));
        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is { Kind: IneligibilityKind.Forbidden });

        world.Time.JumpTo(world.Now - TimeSpan.FromHours(1));
        world.Time.Advance(TimeSpan.FromSeconds(1));

        await world.Router.ExpectAsync<AccountEvents.SnapshotChanged>(s => s.Snapshot.Blocked is null);
        await world.LeaseAsync(Id1, 2);
    }

    [Fact]
    public async Task Fault55_token_that_fell_due_while_the_machine_slept_is_refreshed_on_waking()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(8)));
        await world.StartAsync();

        world.Time.JumpTo(world.Now + TimeSpan.FromHours(8));
        world.Time.Advance(TimeSpan.FromSeconds(1));

        (await world.Tokens.NextAsync()).Gives(2);
        await world.UntilAsync(Id1, v => v.Token!.Generation == 2);
    }

    [Fact]
    public async Task Fault55_failed_refresh_is_tried_again_after_the_clock_was_set_back()
    {
        await using var world = new AccountsWorld();
        world.Write(File1, world.Claude(1, TimeSpan.FromHours(-2)));
        await world.StartAsync();
        (await world.Tokens.NextAsync()).Says(System.Net.HttpStatusCode.ServiceUnavailable, "{}");
        await world.UntilAsync(Id1, v => v.Token!.Refresh.StartsWith("failed", StringComparison.Ordinal));

        world.Time.JumpTo(world.Now - TimeSpan.FromHours(1));
        world.Acquire(Id1, 1);

        (await world.Tokens.NextAsync()).Gives(2);
        (await world.Router.ExpectAsync<AccountEvents.Granted>()).Lease.Generation.ShouldBe(2);
    }

    // A look that is still under way makes the directory anew where it finds none, and then there is one to remove.
    private static async Task PutBackAsync(string away, string here)
    {
        var limit = Proxy.Testing.FailSafe.Token();
        while (Directory.Exists(away))
        {
            limit.ThrowIfCancellationRequested();
            try
            {
                File.Delete(here);
                Directory.Move(away, here);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (Directory.Exists(here))
                {
                    Directory.Delete(here, recursive: true);
                }

                await Task.Yield();
            }
        }
    }

    private static async Task LookedAtAsync(AccountsWorld world, string newFile)
    {
        world.Write(newFile, world.Claude(1, TimeSpan.FromHours(8)));
        await UntilAsync(world, v => v.Accounts.ContainsKey(AccountsWorld.IdOf(newFile).Value));
    }

    private static Task UntilAsync(AccountsWorld world, Func<AccountsView, bool> isSo)
    {
        return AskOnAsync().WaitAsync(AccountsWorld.FailSafe);

        async Task AskOnAsync()
        {
            while (!isSo(await world.ViewAsync()))
            {
                world.Time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private sealed class MemoryStore : IAccountStateStore
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<AccountId, string> _saved = new();

        public string? Load(AccountId account) => _saved.GetValueOrDefault(account);

        public void Save(AccountId account, string json) => _saved[account] = json;
    }
}
