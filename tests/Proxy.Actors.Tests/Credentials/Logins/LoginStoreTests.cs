using System.Text.Json;
using Proxy.Actors.Accounts;
using Proxy.Actors.Credentials;
using Proxy.Actors.Credentials.Logins;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials.Logins;

public sealed class LoginStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-logins-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly CredentialStore _credentials;
    private readonly LoginStore _logins;

    public LoginStoreTests()
    {
        _credentials = new CredentialStore(Path.Combine(_root, "auth"), Path.Combine(_root, "state"), _time);
        _logins = new LoginStore(_credentials, _time);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task New_account_gets_a_file_that_other_programs_can_read()
    {
        var written = await SaveAsync(MadeUp.Claude("a@example.com", account: "u-1", organization: "o-1"));

        (written.IsNew, written.IsPaused, written.KeptAside).ShouldBe((true, false, null));
        written.Id.ShouldBe(AccountId.For("claude", "claude-a@example.com.json"));
        File.ReadAllText(written.Path).ShouldBe(
            """{"id_token":"","access_token":"sandbox-access-claude-g1","refresh_token":"sandbox-refresh-claude-g1","last_refresh":"2026-01-01T00:00:00Z","email":"a@example.com","type":"claude","expired":"2026-01-01T08:00:00Z","account_uuid":"u-1","organization_uuid":"o-1","organization_name":"Org o-1"}""" + "\n");
        Loaded(written.Path).Tokens.ShouldBe(new TokenPair("sandbox-access-claude-g1", "sandbox-refresh-claude-g1"));
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(written.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(Path.Combine(_root, "auth")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.GetFiles(Path.Combine(_root, "auth")).ShouldBe([written.Path]);
    }

    [Fact]
    public async Task Codex_file_has_its_workspace()
    {
        var written = await SaveAsync(MadeUp.Codex("a@example.com", "ws-1", "plus"));

        using var json = JsonDocument.Parse(File.ReadAllBytes(written.Path));
        json.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(["id_token", "access_token", "refresh_token", "account_id", "last_refresh", "email", "type"]);
        Loaded(written.Path).ChatGptAccountId.ShouldBe("ws-1");
    }

    [Fact]
    public async Task Second_login_replaces_the_tokens_and_keeps_what_the_owner_wrote()
    {
        var first = await SaveAsync(MadeUp.Claude("a@example.com"));
        var text = File.ReadAllText(first.Path).TrimEnd();
        File.WriteAllText(first.Path, text[..^1] + ""","label":"mine","prefix":"work","priority":3,"disabled":true,"mystery":{"kept":[1,2]}}""");
        _time.Advance(TimeSpan.FromMinutes(1));

        var second = await SaveAsync(MadeUp.Claude("A@Example.com", generation: 2));

        (second.Path, second.IsNew, second.IsPaused).ShouldBe((first.Path, false, true));
        var file = Loaded(second.Path);
        (file.Tokens.Refresh, file.Label, file.Prefix, file.Priority, file.IsDisabled).ShouldBe(("sandbox-refresh-claude-g2", "mine", "work", 3, true));
        using var json = JsonDocument.Parse(File.ReadAllBytes(second.Path));
        json.RootElement.GetProperty("mystery").GetRawText().ShouldBe("""{"kept":[1,2]}""");
        json.RootElement.GetProperty("last_refresh").GetString().ShouldBe("2026-01-01T00:01:00Z");
        Directory.GetFiles(Path.Combine(_root, "auth")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Second_login_without_a_refresh_token_leaves_none_of_the_chain_before()
    {
        await SaveAsync(MadeUp.Claude("a@example.com"));
        var login = MadeUp.Claude("a@example.com", generation: 2);

        var second = await SaveAsync(login with { Tokens = login.Tokens with { Refresh = null } });

        Loaded(second.Path).Tokens.ShouldBe(new TokenPair("sandbox-access-claude-g2", null));
    }

    [Fact]
    public async Task Two_workspaces_of_one_email_are_two_files_and_a_changed_plan_is_none()
    {
        var one = await SaveAsync(MadeUp.Codex("a@example.com", "ws-1", "plus"));
        var two = await SaveAsync(MadeUp.Codex("a@example.com", "ws-2", "team"));
        var upgraded = await SaveAsync(MadeUp.Codex("a@example.com", "ws-1", "pro", generation: 2));

        two.Path.ShouldNotBe(one.Path);
        upgraded.Path.ShouldBe(one.Path);
        Directory.GetFiles(Path.Combine(_root, "auth")).Length.ShouldBe(2);
        Loaded(one.Path).Tokens.Refresh.ShouldBe("sandbox-refresh-codex-g2");
        Loaded(two.Path).Tokens.Refresh.ShouldBe("sandbox-refresh-codex-g1");
    }

    [Fact]
    public async Task File_with_an_older_programs_name_is_found_and_used()
    {
        _credentials.MakeDirectories();
        var old = Path.Combine(_root, "auth", "codex-a@example.com.json");
        File.WriteAllText(old, """{"type":"codex","email":"a@example.com","account_id":"ws-1","access_token":"sandbox-old","refresh_token":"sandbox-old"}""");

        (await SaveAsync(MadeUp.Codex("a@example.com", "ws-1", "plus"))).Path.ShouldBe(old);
    }

    [Fact]
    public async Task Two_organizations_of_one_Claude_email_are_two_files()
    {
        var own = await SaveAsync(MadeUp.Claude("a@example.com", account: "u-1", organization: "o-1"));
        var team = await SaveAsync(MadeUp.Claude("a@example.com", account: "u-1", organization: "o-2", generation: 2));
        var again = await SaveAsync(MadeUp.Claude("a@example.com", account: "u-1", organization: "o-2", generation: 3));

        Path.GetFileName(own.Path).ShouldBe("claude-a@example.com.json");
        Path.GetFileName(team.Path).ShouldMatch("^claude-a@example\\.com-[0-9a-f]{8}\\.json$");
        again.Path.ShouldBe(team.Path);
        Loaded(own.Path).Tokens.Refresh.ShouldBe("sandbox-refresh-claude-g1");
    }

    [Fact]
    public async Task File_that_could_not_be_read_is_kept_aside()
    {
        _credentials.MakeDirectories();
        var path = Path.Combine(_root, "auth", "claude-a@example.com.json");
        File.WriteAllText(path, "{\"type\":\"claude\",\"access_tok");

        var written = await SaveAsync(MadeUp.Claude("a@example.com"));

        written.Path.ShouldBe(path);
        File.ReadAllText(written.KeptAside.ShouldNotBeNull()).ShouldBe("{\"type\":\"claude\",\"access_tok");
        written.KeptAside.ShouldNotEndWith(".json");
        Loaded(path).Tokens.Refresh.ShouldBe("sandbox-refresh-claude-g1");
    }

    [Fact]
    public async Task Foreign_file_of_the_same_name_is_left_alone()
    {
        _credentials.MakeDirectories();
        var path = Path.Combine(_root, "auth", "claude-a@example.com.json");
        File.WriteAllText(path, """{"type":"gemini"}""");

        (await SaveAsync(MadeUp.Claude("a@example.com"))).Path.ShouldNotBe(path);
        File.ReadAllText(path).ShouldBe("""{"type":"gemini"}""");
    }

    [Fact]
    public async Task Save_waits_for_a_refresh_of_the_same_account_and_gives_up_after_a_while()
    {
        await SaveAsync(MadeUp.Claude("a@example.com"));
        var id = AccountId.For("claude", "claude-a@example.com.json");
        var held = await _credentials.LockAsync(id.Value, "claude-a@example.com.json", TimeSpan.Zero, CancellationToken.None);
        var before = File.ReadAllText(Path.Combine(_root, "auth", "claude-a@example.com.json"));

        var waiting = _logins.SaveAsync(MadeUp.Claude("a@example.com", generation: 2), CancellationToken.None);
        while (!waiting.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        (await waiting).ShouldBeOfType<LoginSaved.Failed>().Reason.ShouldContain("lock");
        File.ReadAllText(Path.Combine(_root, "auth", "claude-a@example.com.json")).ShouldBe(before);
        held.ShouldNotBeNull().Dispose();
        (await SaveAsync(MadeUp.Claude("a@example.com", generation: 2))).IsNew.ShouldBeFalse();
    }

    [Fact]
    public async Task Directory_that_can_not_be_made_is_said()
    {
        File.WriteAllText(Path.Combine(_root, "auth"), "a file");

        (await _logins.SaveAsync(MadeUp.Claude("a@example.com"), CancellationToken.None)).ShouldBeOfType<LoginSaved.Failed>().Reason.ShouldNotContain("sandbox-");
    }

    private async Task<LoginSaved.Written> SaveAsync(NewLogin login) =>
        (await _logins.SaveAsync(login, CancellationToken.None)).ShouldBeOfType<LoginSaved.Written>();

    private AuthFile Loaded(string path) => _credentials.Read(Path.GetFileName(path)).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File;
}
