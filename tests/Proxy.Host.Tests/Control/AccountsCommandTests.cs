using System.Net;
using System.Text.Json.Nodes;
using Proxy.Actors.Engine;
using Proxy.Host.Serving;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.Control;

/// <summary>
/// The <c>accounts</c> commands, each against a running proxy and on the files alone. Nothing that they print may hold a
/// token or key: the terminal's writers are searched in every test.
/// </summary>
public sealed class AccountsCommandTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task List_shows_every_account_whole_and_without_colours(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync();
        var broken = Path.Join(place.AuthDirectory, "codex-torn.json");
        await File.WriteAllTextAsync(broken, """{"type":"codex","email":""");
        await File.WriteAllTextAsync(Path.Join(place.AuthDirectory, "other.json"), """{"type":"gemini"}""");
        await using var host = isRunning ? await place.StartAsync() : null;
        if (host is not null)
        {
            (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
            await host.Logs.Line(l => l.Contains("can't be used", StringComparison.Ordinal)); // a torn file is believed at the second look
        }

        var run = await place.RunAsync("accounts list");

        run.ShouldSatisfyAllConditions(
            () => run.Code.ShouldBe(ExitCodes.Done),
            () => run.Error.ShouldBeEmpty(),
            () => run.Out.ShouldNotContain('\e'),
            () => run.Out.ShouldNotContain('…'),
            () => run.Out.ShouldContain("claude-1 (claude-1@sandbox.example)"),
            () => run.Out.ShouldContain("claude-2 (claude-2@sandbox.example)"),
            () => run.Out.ShouldContain("codex-1@sandbox.example"),
            () => run.Out.ShouldContain("openai-compatibility[0]"),
            () => run.Out.ShouldContain("broken: the file ends in the middle of its JSON"),
            () => run.Out.ShouldContain("other.json is no account"));
        var lines = run.Out.Split('\n');
        lines[0].ShouldStartWith("ID ");
        lines.ShouldAllBe(l => l == l.TrimEnd());
        lines.Count(l => l.Contains(" ready ", StringComparison.Ordinal)).ShouldBe(4);
        if (isRunning)
        {
            run.Out.ShouldContain("5h ");
        }

        (await place.RunAsync("accounts")).Out.Split('\n').Length.ShouldBe(lines.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Json_is_the_same_for_scripts_whether_a_proxy_runs_or_not(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1);
        await using var host = isRunning ? await place.StartAsync() : null;

        var run = await place.RunAsync("accounts list --json");

        run.Code.ShouldBe(ExitCodes.Done);
        var listing = JsonNode.Parse(run.Out)!.AsObject();
        listing.Select(m => m.Key).ShouldBe(["accounts", "authDirectory", "directoryFault", "ignoredFiles"]);
        var account = listing["accounts"]!.AsArray().Single(a => (string?)a!["label"] == "claude-1")!.AsObject();
        account.Select(m => m.Key).Take(3).ShouldBe(["id", "email", "file"]);
        ((string?)account["email"]).ShouldBe("claude-1@sandbox.example");
        ((string?)account["state"]).ShouldBe("ready");
        ((string?)account["credential"]).ShouldBe("oauth");
        account["token"]!["fingerprint"]!.GetValue<string>().Length.ShouldBe(16);
        foreach (var list in (string[])["windows", "cooldowns", "leases"])
        {
            account[list].ShouldBeOfType<JsonArray>();
        }

        var show = JsonNode.Parse((await place.RunAsync("accounts show claude-1 --json")).Out)!;
        ((string?)show["id"]).ShouldBe((string?)account["id"]);
        ((string?)listing["accounts"]!.AsArray().Single(a => (string?)a!["credential"] == "api-key")!["entry"]).ShouldBe("openai-compatibility[0]");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Show_tells_everything_in_plain_words(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1);
        await using var host = isRunning ? await place.StartAsync() : null;

        var run = await place.RunAsync("accounts show CLAUDE-1@sandbox.example");

        run.Code.ShouldBe(ExitCodes.Done);
        run.Out.ShouldContain("  email: claude-1@sandbox.example");
        run.Out.ShouldContain($"  file: {Path.GetFileName(place.FileOf("claude-1"))}");
        run.Out.ShouldContain("  state: ready");
        run.Out.ShouldContain("    refresh due: 20");
        run.Out.ShouldContain("  counters:");
        run.Out.ShouldNotContain("InSeconds");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Paused_login_serves_nothing_until_it_is_resumed(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1);
        await using var running = isRunning ? await place.StartAsync() : null;
        var before = JsonNode.Parse(await File.ReadAllTextAsync(place.FileOf("claude-1")))!.AsObject();

        var paused = await place.RunAsync("accounts pause claude-1");

        paused.Code.ShouldBe(ExitCodes.Done);
        paused.Out.ShouldContain("is paused");
        var after = JsonNode.Parse(await File.ReadAllTextAsync(place.FileOf("claude-1")))!.AsObject();
        ((bool)after["disabled"]!).ShouldBeTrue();
        after.Remove("disabled");
        before.Remove("disabled");
        JsonNode.DeepEquals(before, after).ShouldBeTrue("nothing else in the file changes");
        AccountsPlace.ModeOf(place.FileOf("claude-1")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await place.RunAsync("accounts list")).Out.ShouldContain(" paused ");

        await using var next = isRunning ? null : await place.StartAsync(); // a pause outlives the program
        var host = running ?? next!;
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)(await host.AccountAsync("claude-1"))["pausedBy"]).ShouldBe("its file (disabled)");
        (await place.RunAsync("accounts resume claude-1")).Code.ShouldBe(ExitCodes.Done);
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Paused_key_stays_paused_over_a_restart(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 0, chatGpt: 0);
        await using (var first = isRunning ? await place.StartAsync() : null)
        {
            (await place.RunAsync("accounts pause lab")).Out.ShouldContain("is paused");
            (await place.RunAsync("accounts list")).Out.ShouldContain(" paused ");
            using var stored = new StoredAccounts(place.Configuration(), TimeProviders.Real);
            (await stored.ListAsync(CancellationToken.None)).Accounts.Single(a => a.Account.Id == place.KeyId).Account.PausedBy.ShouldNotBeNull("it is on disk when the person is told");
        }

        await using (var host = await place.StartAsync())
        {
            ((string?)(await host.AccountAsync(place.KeyId))["pausedBy"])!.ShouldStartWith("a command at ");
            (await host.AskAsync(Dialect.OpenAIChat, "sandbox-chat", "hello")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        (await place.RunAsync("accounts list")).Out.ShouldContain(" paused ");
        (await place.RunAsync("accounts resume lab")).Code.ShouldBe(ExitCodes.Done);
        await using var last = await place.StartAsync();
        (await last.AskAsync(Dialect.OpenAIChat, "sandbox-chat", "hello")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refresh_makes_one_call_and_writes_the_new_pair(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1);
        await using var running = isRunning ? await place.StartAsync() : null;

        var run = await place.RunAsync("accounts refresh claude-1");

        run.Code.ShouldBe(ExitCodes.Done, run.Error);
        run.Out.ShouldContain("token refreshed, good until ");
        place.Sandbox.TokenCalls.ShouldBe(1);
        (await File.ReadAllTextAsync(place.FileOf("claude-1"))).ShouldContain("sandbox-refresh-claude-1-g2");
        await using var next = isRunning ? null : await place.StartAsync();
        var host = running ?? next!;
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
        place.Sandbox.Requests.Of(SandboxOperation.Messages).Single().Header("authorization").ShouldBe("Bearer sandbox-access-claude-1-g2");
    }

    [Fact]
    public async Task Two_refreshes_from_two_terminals_are_one_call()
    {
        var gate = new SandboxGate();
        await using var place = await AccountsPlace.CreateAsync(claude: 1, prepare: s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token)));
        await using var host = await place.StartAsync();

        var first = place.RunAsync("accounts refresh claude-1");
        await gate.Reached.WaitAsync(Deadline.Long);
        var second = place.RunAsync("accounts refresh claude-1 --json");
        await host.Logs.Line(l => l.Contains("control: Refresh", StringComparison.Ordinal) && l.Contains("ordered", StringComparison.Ordinal));
        await host.Logs.Line(_ => host.Logs.All.Count(l => l.Contains("control: Refresh", StringComparison.Ordinal) && l.Contains("ordered", StringComparison.Ordinal)) == 2);
        await host.AccountsAsync(); // the accounts' actor answers after it has passed both orders on
        gate.Open();

        (await first).Code.ShouldBe(ExitCodes.Done);
        ((string?)JsonNode.Parse((await second).Out)!["results"]![0]!["result"]).ShouldBe("done");
        place.Sandbox.TokenCalls.ShouldBe(1);
    }

    [Fact]
    public async Task Refused_refresh_is_told_everywhere_and_the_others_go_on()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 2, prepare: s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Answer(400, """{"error":"invalid_grant"}""").For(SandboxOperation.Token)));
        await using var host = await place.StartAsync();
        place.Sandbox.Accounts["claude-1"].ExpireAccessToken();

        var run = await place.RunAsync("accounts refresh claude-1");

        run.Code.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain("needs a new login");
        run.Error.ShouldContain("invalid_grant");
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello again")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.RunAsync("accounts list")).Out.ShouldContain("login needed: ");
        (await place.RunAsync("accounts show claude-1")).Out.ShouldContain("login needed: ");
        ((string?)(await host.AccountAsync("claude-1"))["state"])!.ShouldStartWith("login-needed");
        host.Logs.All.Count(l => l.Contains("needs a new login, and serves nothing until then", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault60_reset_after_an_external_reset_serves_at_once(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1, chatGpt: 0, prepare: s => s.Accounts["claude-1"].ExhaustQuota(SandboxWindow.SevenDays, TimeProviders.Real.GetUtcNow() + TimeSpan.FromDays(3)));
        var host = await place.StartAsync();
        try
        {
            (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
            (await place.RunAsync("accounts list")).Out.ShouldContain("quota used up for ");
            place.Sandbox.Accounts["claude-1"].SetQuota(SandboxWindow.SevenDays, 0.1);
            if (!isRunning)
            {
                await host.DisposeAsync();
            }

            var run = await place.RunAsync("accounts reset claude-1");

            run.Code.ShouldBe(ExitCodes.Done);
            run.Out.ShouldContain("forgotten");
            host = isRunning ? host : await place.StartAsync();
            (await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Remove_asks_and_deletes_the_login_and_what_is_left_of_its_tokens(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1);
        await using var host = isRunning ? await place.StartAsync() : null;
        await place.RunAsync("accounts refresh claude-1"); // leaves a journal with the pair before
        var file = place.FileOf("claude-1");

        var unasked = await place.RunAsync("accounts remove claude-1");
        var denied = await place.RunAsync("accounts remove claude-1", typed: "n\n");
        File.Exists(file).ShouldBeTrue();
        var removed = await place.RunAsync("accounts remove claude-1", typed: "y\n");

        (unasked.Code, unasked.Error.Contains("--yes", StringComparison.Ordinal)).ShouldBe((ExitCodes.Refused, true));
        denied.Code.ShouldBe(ExitCodes.Refused);
        denied.Out.ShouldContain("Delete this login from this machine?");
        removed.Code.ShouldBe(ExitCodes.Done, removed.Error);
        File.Exists(file).ShouldBeFalse();
        Directory.EnumerateFiles(place.Directory, "*", SearchOption.AllDirectories)
            .Where(f => f != place.ConfigurationPath && f != place.SocketPath && !f.EndsWith("lock", StringComparison.Ordinal)).ToList()
            .ForEach(f => ReadShared(f).ShouldNotContain("sandbox-refresh-claude-1", Case.Sensitive, f));
        (await place.RunAsync("accounts list")).Out.ShouldNotContain("claude-1");
        (await place.RunAsync("accounts show claude-1")).Code.ShouldBe(ExitCodes.NotFound);
        if (host is not null)
        {
            (await host.AccountsAsync()).ShouldAllBe(a => (string?)a["label"] != "claude-1");
        }
    }

    [Fact]
    public async Task Fault58_remove_during_a_stream_lets_the_stream_end_first()
    {
        var gate = new SandboxGate();
        await using var place = await AccountsPlace.CreateAsync(claude: 1, prepare: s => s.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.AfterEvents(5))));
        await using var host = await place.StartAsync();
        using var stream = await host.BeginAsync(Dialect.AnthropicMessages, Asking.Claude, "[[n=20]] hello");
        await gate.Reached.WaitAsync(Deadline.Long);
        var file = place.FileOf("claude-1");

        var removing = place.RunAsync("accounts remove claude-1 --yes");
        await host.UntilAsync(accounts => accounts.Any(a => (string?)a["label"] == "claude-1" && ((string?)a["state"])!.Contains("removed", StringComparison.Ordinal)));

        (await place.RunAsync("accounts list")).Out.ShouldContain("being removed");
        ((int)(await host.AskAsync(Dialect.AnthropicMessages, Asking.Claude, "hello")).Status).ShouldBeOneOf(404, 503);
        File.Exists(file).ShouldBeTrue();
        gate.Open();
        var text = await stream.Content.ReadAsStringAsync();
        text.ShouldContain("message_stop");
        (await removing).Code.ShouldBe(ExitCodes.Done);
        File.Exists(file).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_is_removed_in_the_configuration_whose_entry_is_named(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 0, chatGpt: 0);
        await using var host = isRunning ? await place.StartAsync() : null;

        var run = await place.RunAsync("accounts remove lab --yes");

        run.Code.ShouldBe(ExitCodes.Refused);
        run.Error.ShouldContain(place.ConfigurationPath);
        run.Error.ShouldContain("openai-compatibility[0]");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Name_that_fits_several_accounts_lists_them_and_changes_none(bool isRunning)
    {
        await using var place = await AccountsPlace.CreateAsync();
        await using var host = isRunning ? await place.StartAsync() : null;

        var ambiguous = await place.RunAsync("accounts pause claude-");
        var mixed = await place.RunAsync("accounts pause codex-1 nobody");

        ambiguous.Code.ShouldBe(ExitCodes.Ambiguous);
        ambiguous.Error.ShouldContain("claude-1@sandbox.example");
        ambiguous.Error.ShouldContain("claude-2@sandbox.example");
        ambiguous.Error.ShouldNotContain("codex-1@sandbox.example");
        mixed.Code.ShouldBe(ExitCodes.NotFound);
        mixed.Error.ShouldContain("\"nobody\"");
        (await place.RunAsync("accounts list")).Out.ShouldNotContain("paused");
    }

    [Fact]
    public async Task Account_goes_by_id_prefix_label_file_and_email()
    {
        await using var place = await AccountsPlace.CreateAsync();
        var file = Path.GetFileName(place.FileOf("claude-2"));
        var id = (string)JsonNode.Parse((await place.RunAsync("accounts show claude-2 --json")).Out)!["id"]!;

        foreach (var name in (string[])[id, id[..^1], "claude-2", file, Path.GetFileNameWithoutExtension(file), "claude-2@sandbox.example"])
        {
            var run = await place.RunAsync($"accounts show {name}");
            run.Code.ShouldBe(ExitCodes.Done, name);
            run.Out.ShouldContain("claude-2@sandbox.example");
        }
    }

    [Fact]
    public async Task Orders_from_many_terminals_leave_proxy_and_file_of_one_mind()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1, chatGpt: 0);
        await using var host = await place.StartAsync();

        var runs = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => place.RunAsync(i % 3 == 0 ? "accounts list" : i % 3 == 1 ? "accounts pause claude-1" : "accounts resume claude-1")));

        runs.ShouldAllBe(r => r.Code == ExitCodes.Done);
        var isPaused = (await host.AccountAsync("claude-1"))["pausedBy"] is not null;
        ((bool?)JsonNode.Parse(await File.ReadAllTextAsync(place.FileOf("claude-1")))!["disabled"] ?? false).ShouldBe(isPaused);
    }

    // A database that is open can be read all the same.
    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
