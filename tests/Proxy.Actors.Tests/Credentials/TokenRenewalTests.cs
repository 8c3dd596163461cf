using System.Net;
using System.Text.Json;
using Proxy.Actors.Credentials;
using Proxy.Actors.Tests.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

public sealed class TokenRenewalTests : IDisposable
{
    private const string Name = "claude-a.json";
    private const string Id = "claude-00000000";
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-renewal-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedTokens _tokens = new();
    private readonly CredentialStore _store;
    private readonly TokenRenewal _renewal;

    public TokenRenewalTests()
    {
        _store = new CredentialStore(Path.Combine(_root, "auth"), Path.Combine(_root, "state"), _time);
        _store.MakeDirectories();
        _renewal = new TokenRenewal(_store, new TokenRefresher(_tokens, _time), _time);
        Write(1);
    }

    private string PathOfFile => Path.Combine(_root, "auth", Name);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task New_pair_is_written_with_unknown_members_kept_and_for_the_owner_only()
    {
        var renewing = RenewAsync(1);
        var call = await _tokens.NextAsync();
        (call.Url.ToString(), call.ContentType).ShouldBe(("https://platform.example/token", "application/json"));
        using (var body = JsonDocument.Parse(call.Body))
        {
            body.RootElement.GetProperty("grant_type").GetString().ShouldBe("refresh_token");
            body.RootElement.GetProperty("refresh_token").GetString().ShouldBe("sandbox-refresh-claude-1-g1");
            body.RootElement.GetProperty("client_id").GetString().ShouldBe("client");
        }

        call.Gives(2, expiresIn: 3600);

        var renewed = (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();
        (renewed.CalledProvider, renewed.NotSaved, renewed.File.Expires).ShouldBe((true, null, _time.GetUtcNow().AddHours(1)));
        using var written = JsonDocument.Parse(File.ReadAllBytes(PathOfFile));
        written.RootElement.GetProperty("refresh_token").GetString().ShouldBe("sandbox-refresh-claude-1-g2");
        written.RootElement.GetProperty("mystery").GetProperty("kept").GetBoolean().ShouldBeTrue();
        written.RootElement.GetProperty("expires_at").GetInt64().ShouldBe(_time.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        Directory.GetFiles(Path.Combine(_root, "auth")).ShouldBe([PathOfFile]);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(PathOfFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(Path.Combine(_root, "state", "tokens")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Theory]
    [InlineData("\uFEFF{0}")]
    [InlineData("{0}\0\0")]
    [InlineData("{1},}")]
    [InlineData("{1},\"mystery\":1,\"mystery\":{\"kept\":true,\"kept\":true}}")]
    public async Task New_pair_is_saved_in_every_file_that_could_be_read(string form)
    {
        var plain = File.ReadAllText(PathOfFile);
        File.WriteAllText(PathOfFile, form.Replace("{0}", plain, StringComparison.Ordinal).Replace("{1}", plain[..^1], StringComparison.Ordinal));

        var renewing = RenewAsync(1);
        (await _tokens.NextAsync()).Gives(2);

        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>().NotSaved.ShouldBeNull();
        using var written = JsonDocument.Parse(File.ReadAllBytes(PathOfFile));
        written.RootElement.GetProperty("refresh_token").GetString().ShouldBe("sandbox-refresh-claude-1-g2");
        written.RootElement.GetProperty("mystery").GetProperty("kept").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task File_that_says_its_end_twice_says_the_new_one_twice()
    {
        File.WriteAllText(PathOfFile, """{"type":"claude","expired":"2025-01-01T00:00:00Z","token":{"access_token":"sandbox-access-claude-1-g1","refresh_token":"sandbox-refresh-claude-1-g1","expires_at":1735689600}}""");

        var renewing = RenewAsync(1);
        (await _tokens.NextAsync()).Gives(2, expiresIn: 3600);
        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();

        _store.Read(Name).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File.Expires.ShouldBe(_time.GetUtcNow().AddHours(1));
        File.ReadAllText(PathOfFile).ShouldNotContain("1735689600");
    }

    [Fact]
    public async Task Codex_is_asked_with_a_form()
    {
        var renewing = RenewAsync(1, UpstreamKind.Codex);
        var call = await _tokens.NextAsync();
        call.ContentType.ShouldBe("application/x-www-form-urlencoded");
        call.Body.ShouldBe("client_id=client&grant_type=refresh_token&refresh_token=sandbox-refresh-claude-1-g1&scope=openid+profile+email");
        call.Gives(2);
        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""", true)]
    [InlineData(HttpStatusCode.Unauthorized, """{"error":{"code":"refresh_token_reused","message":"used"}}""", true)]
    [InlineData(HttpStatusCode.Unauthorized, """{"error":{"type":"authentication_error"}}""", true)]
    [InlineData(HttpStatusCode.TooManyRequests, """{"error":{"type":"rate_limit_error"}}""", false)]
    [InlineData(HttpStatusCode.InternalServerError, "oops", false)]
    [InlineData(HttpStatusCode.Forbidden, "<!doctype html><p>challenge", false)]
    [InlineData(HttpStatusCode.Found, "", false)]
    public async Task Fault50_only_words_about_the_token_end_it(HttpStatusCode status, string body, bool isRefused)
    {
        var renewing = RenewAsync(1);
        (await _tokens.NextAsync()).Says(status, body, more: r => r.Headers.TryAddWithoutValidation("Retry-After", "17"));

        var outcome = await renewing;

        if (isRefused)
        {
            outcome.ShouldBeOfType<RenewalOutcome.Refused>();
        }
        else
        {
            outcome.ShouldBeOfType<RenewalOutcome.Temporary>().RetryAfter.ShouldBe(TimeSpan.FromSeconds(17));
        }

        _store.ReadJournal(Id).Open.ShouldBeNull();
    }

    [Fact]
    public async Task Fault49_lost_answer_is_remembered_over_a_crash_and_the_old_token_tried_once()
    {
        var renewing = RenewAsync(1);
        (await _tokens.NextAsync()).Breaks();
        (await renewing).ShouldBeOfType<RenewalOutcome.Lost>();
        _store.ReadJournal(Id).Lost.ShouldBe(1);

        renewing = RenewAsync(1);
        (await _tokens.NextAsync()).Breaks();
        (await renewing).ShouldBeOfType<RenewalOutcome.Refused>();

        (await RenewAsync(1)).ShouldBeOfType<RenewalOutcome.Refused>();
        _tokens.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Connection_that_was_never_made_loses_nothing()
    {
        for (var i = 0; i < 5; i++)
        {
            var renewing = RenewAsync(1);
            (await _tokens.NextAsync()).Breaks(HttpRequestError.ConnectionError);
            (await renewing).ShouldBeOfType<RenewalOutcome.Temporary>();
        }
    }

    [Fact]
    public async Task Fault52_pair_of_a_second_process_is_found_before_and_after_the_call()
    {
        Write(2);
        (await RenewAsync(1)).ShouldBeOfType<RenewalOutcome.Renewed>().ShouldSatisfyAllConditions(r => r.CalledProvider.ShouldBeFalse(), r => r.File.Tokens.Access.ShouldBe("sandbox-access-claude-1-g2"));

        var renewing = RenewAsync(2);
        var call = await _tokens.NextAsync();
        Write(3);
        call.Says(HttpStatusCode.BadRequest, """{"error":"refresh_token_reused"}""");
        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>().File.Tokens.Access.ShouldBe("sandbox-access-claude-1-g3");
    }

    [Fact]
    public async Task Login_made_while_the_provider_was_asked_is_not_overwritten()
    {
        var renewing = RenewAsync(1);
        var call = await _tokens.NextAsync();
        Write(9);
        call.Gives(2);

        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>().File.Tokens.Access.ShouldBe("sandbox-access-claude-1-g9");
        File.ReadAllText(PathOfFile).ShouldContain("g9");
    }

    [Fact]
    public async Task Fault53_pair_that_could_not_be_written_is_taken_from_the_journal_by_the_next_process()
    {
        var file = Load(1);
        _store.WriteJournal(Id, new RefreshJournal { Pending = new RefreshedTokens { Access = "sandbox-access-claude-1-g2", Refresh = "sandbox-refresh-claude-1-g2" }, PendingFor = file.Fingerprint });

        (await RenewAsync(1)).ShouldBeOfType<RenewalOutcome.Renewed>().File.Tokens.Access.ShouldBe("sandbox-access-claude-1-g2");

        _tokens.Count.ShouldBe(0);
        File.ReadAllText(PathOfFile).ShouldContain("sandbox-refresh-claude-1-g2");
        _store.ReadJournal(Id).Pending.ShouldBeNull();
    }

    [Fact]
    public async Task Account_that_was_removed_meanwhile_is_not_brought_back()
    {
        var renewing = RenewAsync(1);
        var call = await _tokens.NextAsync();
        File.Delete(PathOfFile);
        call.Gives(2);

        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>().NotSaved.ShouldNotBeNull();
        File.Exists(PathOfFile).ShouldBeFalse();
    }

    [Fact]
    public async Task Lock_of_another_process_is_waited_for_and_then_given_up()
    {
        var held = await _store.LockAsync(Id, Name, TimeSpan.Zero, CancellationToken.None);
        held.ShouldNotBeNull();
        (await _store.LockAsync(Id, Name, TimeSpan.Zero, CancellationToken.None)).ShouldBeNull();

        var renewing = RenewAsync(1);
        held.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await _tokens.NextAsync()).Gives(2);
        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();
    }

    private static TokenPair Load(int generation) => new($"sandbox-access-claude-1-g{generation}", $"sandbox-refresh-claude-1-g{generation}");

    private Task<RenewalOutcome> RenewAsync(int known, UpstreamKind kind = UpstreamKind.Claude) =>
        _renewal.RenewAsync(new RenewalRequest { AccountId = Id, FileName = Name, Known = Load(known), Endpoint = new TokenEndpoint(kind, new Uri("https://platform.example/token"), "client") }, CancellationToken.None).WaitAsync(AccountsWorld.FailSafe);

    private void Write(int generation) =>
        File.WriteAllText(PathOfFile, $$"""{"mystery":{"kept":true},"type":"claude","access_token":"sandbox-access-claude-1-g{{generation}}","refresh_token":"sandbox-refresh-claude-1-g{{generation}}","expires_at":1767225600}""");
}
