using System.Net;
using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>Faults 9 to 12 and 17 as an account's actor takes them: what the provider really says, classified, on virtual time.</summary>
public sealed class AccountFaultSpecs
{
    private const string ClaudeModel = "claude-sonnet-4-5";
    private const string CodexModel = "gpt-5.1";
    private const string ClaudeFile = "claude-ann@example.com.json";
    private const string CodexFile = "codex-ann@example.com.json";

    private const string ClaudeExpired = """{"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired. Please obtain a new token or refresh your existing token."}}""";
    private const string CodexExpired = """{"error":{"message":"Provided authentication token is expired. Please try signing in again.","type":"invalid_request_error","param":null,"code":"token_expired"}}""";
    private const string ClaudeRevoked = """{"type":"error","error":{"type":"authentication_error","message":"OAuth token has been revoked. Please obtain a new token."}}""";
    private const string CodexRevoked = """{"detail":"Unauthorized"}""";
    private const string ClaudePolicy = """{"type":"error","error":{"type":"permission_error","message":"OAuth authentication is currently not allowed for this organization."}}""";
    private const string CodexPolicy = """{"detail":{"code":"workspace_policy","message":"Your workspace does not allow this."}}""";
    private const string Challenge = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";

    [Theory]
    [InlineData(UpstreamKind.Claude, ClaudeExpired)]
    [InlineData(UpstreamKind.Codex, CodexExpired)]
    public async Task Fault9_expired_token_makes_one_refresh_and_the_retry_waits_behind_it(UpstreamKind kind, string body)
    {
        await using var world = await StartAsync();
        var account = new Account(world, kind);
        var old = await account.LeaseAsync(1);
        var late = await account.LeaseAsync(2);

        await world.EndAsync(old, account.Fails(401, body));
        world.Acquire(account.Id, 3, account.Model);
        var call = await world.Tokens.NextAsync();
        call.Body.ShouldContain("g1");
        await world.UntilAsync(account.Id, v => v.Waiters == 1);
        call.Gives(2);

        var fresh = (await world.Router.ExpectAsync<AccountEvents.Granted>(g => g.Lease.Ticket.Value == 3)).Lease;
        fresh.Generation.ShouldBe(old.Generation + 1);
        await world.EndAsync(late, account.Fails(401, body)); // of the token before: it changes nothing
        (await account.LeaseAsync(4)).Generation.ShouldBe(fresh.Generation);
        world.Tokens.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, ClaudeRevoked)]
    [InlineData(UpstreamKind.Codex, CodexRevoked)]
    public async Task Fault10_revoked_login_asks_for_its_owner_and_no_time_brings_it_back(UpstreamKind kind, string body)
    {
        await using var world = await StartAsync();
        var account = new Account(world, kind);
        await world.EndAsync(await account.LeaseAsync(1), account.Fails(401, body));
        world.Acquire(account.Id, 2, account.Model);
        (await world.Tokens.NextAsync()).Says(HttpStatusCode.BadRequest, """{"error":"invalid_grant","error_description":"Refresh token not found or invalid"}""");

        (await world.Router.ExpectAsync<AccountEvents.Refused>(r => r.Ticket.Value == 2)).Reason.Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        for (var hours = 0; hours < 3; hours++)
        {
            world.Time.Advance(TimeSpan.FromHours(8));
            (await account.RefusalAsync(3 + hours)).Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        }

        world.Tokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault10_refused_api_key_is_left_alone_at_once()
    {
        var entry = new ApiKeyAccount { Provider = "claude", Kind = UpstreamKind.Claude, ApiKey = "made-up-api-key", BaseUrl = new Uri("https://api.anthropic.com"), EntryKey = "claude:1" };
        await using var world = new AccountsWorld(configure: c => c with { ApiKeyAccounts = [entry] });
        await world.StartAsync();
        var id = AccountId.For("claude", "claude:1");

        await world.EndAsync(await world.LeaseAsync(id, 1), Outcome(UpstreamKind.Claude, 401, """{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}""", world.Now));

        (await world.RefusalAsync(id, 2)).Kind.ShouldBe(IneligibilityKind.LoginNeeded);
        world.Tokens.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, 403, ClaudePolicy)]
    [InlineData(UpstreamKind.Codex, 403, CodexPolicy)]
    [InlineData(UpstreamKind.Codex, 402, """{"detail":{"code":"deactivated_workspace"}}""")]
    public async Task Fault11_forbidden_account_is_out_for_thirty_minutes_to_the_second(UpstreamKind kind, int status, string body)
    {
        await using var world = await StartAsync();
        var account = new Account(world, kind);
        await world.EndAsync(await account.LeaseAsync(1), account.Fails(status, body));

        (await account.RefusalAsync(2)).Kind.ShouldBe(IneligibilityKind.Forbidden);
        world.Time.Advance(TimeSpan.FromSeconds((30 * 60) - 1));
        (await account.RefusalAsync(3)).Kind.ShouldBe(IneligibilityKind.Forbidden);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await account.LeaseAsync(4);
        world.Tokens.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(UpstreamKind.Claude)]
    [InlineData(UpstreamKind.Codex)]
    public async Task Fault12_challenge_cools_ten_seconds_then_ever_longer_and_a_success_forgets_it(UpstreamKind kind)
    {
        await using var world = await StartAsync();
        var account = new Account(world, kind);
        var ticket = 1L;
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 320, 600, 600 })
        {
            await world.EndAsync(await account.LeaseAsync(ticket++), account.Fails(403, Challenge));
            world.Time.Advance(TimeSpan.FromSeconds(seconds - 1));
            (await account.RefusalAsync(ticket++)).Kind.ShouldBe(IneligibilityKind.Failing);
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await world.EndAsync(await account.LeaseAsync(ticket++), AttemptOutcome.Success);
        await world.EndAsync(await account.LeaseAsync(ticket++), account.Fails(403, Challenge));
        (await account.RefusalAsync(ticket)).Until.ShouldBe(world.Now.AddSeconds(10));
    }

    [Theory]
    [InlineData(UpstreamKind.Claude, """{"type":"error","error":{"type":"rate_limit_error","message":"Error"}}""")]
    [InlineData(UpstreamKind.Codex, """{"detail":"Too Many Requests"}""")]
    [InlineData(UpstreamKind.Codex, "")]
    public async Task Fault17_429_without_headers_cools_nobody(UpstreamKind kind, string body)
    {
        await using var world = await StartAsync();
        var account = new Account(world, kind);
        for (var ticket = 1; ticket <= 5; ticket++)
        {
            await world.EndAsync(await account.LeaseAsync(ticket), account.Fails(429, body));
        }

        var view = await world.ViewAsync(account.Id);
        view.Cooldowns.ShouldBeEmpty();
        view.Counters.Failures["Throttled"].ShouldBe(5);
    }

    private static async Task<AccountsWorld> StartAsync()
    {
        var world = new AccountsWorld();
        world.Write(ClaudeFile, world.Claude(1, TimeSpan.FromDays(30)));
        world.Write(CodexFile, $$"""{"type":"codex","email":"ann@example.com","account_id":"made-up","access_token":"sandbox-access-codex-1-g1","refresh_token":"sandbox-refresh-codex-1-g1","expired":"{{world.Now.AddDays(30):yyyy-MM-ddTHH:mm:ssZ}}","last_refresh":"{{world.Now:yyyy-MM-ddTHH:mm:ssZ}}"}""");
        await world.StartAsync();
        return world;
    }

    private static AttemptOutcome Outcome(UpstreamKind kind, int status, string body, DateTimeOffset now) => new(
        FailureClassifier.Classify(
            new UpstreamError
            {
                Kind = kind,
                Status = status,
                IsOAuth = true,
                Body = Encoding.UTF8.GetBytes(body),
                Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["content-type"] = body == Challenge ? "text/html; charset=UTF-8" : "application/json" },
            },
            now),
        Committed: false,
        Cancelled: false);

    private sealed class Account(AccountsWorld world, UpstreamKind kind)
    {
        public AccountId Id { get; } = AccountsWorld.IdOf(kind == UpstreamKind.Claude ? ClaudeFile : CodexFile);

        public string Model { get; } = kind == UpstreamKind.Claude ? ClaudeModel : CodexModel;

        public Task<Lease> LeaseAsync(long ticket) => world.LeaseAsync(Id, ticket, Model);

        public Task<Ineligibility> RefusalAsync(long ticket) => world.RefusalAsync(Id, ticket, Model);

        public AttemptOutcome Fails(int status, string body) => Outcome(kind, status, body, world.Now);
    }
}
