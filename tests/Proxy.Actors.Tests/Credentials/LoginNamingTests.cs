using System.Net;
using System.Text.Json;
using Proxy.Actors.Credentials;
using Proxy.Actors.Tests.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>A refresh puts a name to a login that has none, after its new pair is safe, and never at its cost.</summary>
public sealed class LoginNamingTests : IDisposable
{
    private const string Name = "claude-login-1.json";
    private static readonly Uri ProfileUrl = new("https://platform.example/profile");
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-naming-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedTokens _provider = new();
    private readonly CredentialStore _store;

    public LoginNamingTests()
    {
        _store = new CredentialStore(Path.Combine(_root, "auth"), Path.Combine(_root, "state"), _time);
        _store.MakeDirectories();
    }

    private string PathOfFile => Path.Combine(_root, "auth", Name);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Nameless_login_gets_its_name_once_the_new_pair_is_in_the_file()
    {
        Write(string.Empty);
        var renewing = RenewAsync();
        (await _provider.NextAsync()).Gives(2);
        var look = await _provider.NextAsync();
        look.Url.ShouldBe(ProfileUrl);
        Text("refresh_token").ShouldBe("sandbox-refresh-claude-1-g2");

        look.Says(HttpStatusCode.OK, """{"account":{"uuid":"u-1","email":"ann@example.com"},"organization":{"uuid":"o-1","name":"One"}}""");

        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>().File.Email.ShouldBe("ann@example.com");
        (Text("email"), Text("account_uuid"), Text("organization_uuid"), Text("organization_name"), Text("refresh_token")).ShouldBe(("ann@example.com", "u-1", "o-1", "One", "sandbox-refresh-claude-1-g2"));
    }

    [Fact]
    public async Task Look_that_fails_costs_nothing()
    {
        Write(string.Empty);
        var renewing = RenewAsync();
        (await _provider.NextAsync()).Gives(2);
        (await _provider.NextAsync()).Says(HttpStatusCode.InternalServerError, "oops");

        var renewed = (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();
        (renewed.CalledProvider, renewed.NotSaved, renewed.File.Email).ShouldBe((true, null, null));
        Text("refresh_token").ShouldBe("sandbox-refresh-claude-1-g2");
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, ",\"email\":\"ann@example.com\"")]
    public async Task Nobody_is_asked_while_a_request_waits_or_when_the_name_is_known(bool isUrgent, string more)
    {
        Write(more);
        var renewing = RenewAsync(isUrgent);
        (await _provider.NextAsync()).Gives(2);

        (await renewing).ShouldBeOfType<RenewalOutcome.Renewed>();
        _provider.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Owner_who_logs_in_meanwhile_keeps_the_new_login()
    {
        Write(string.Empty);
        var renewing = RenewAsync();
        (await _provider.NextAsync()).Gives(2);
        var look = await _provider.NextAsync();
        File.WriteAllText(PathOfFile, """{"type":"claude","access_token":"sandbox-access-claude-1-g9","refresh_token":"sandbox-refresh-claude-1-g9"}""");

        look.Says(HttpStatusCode.OK, """{"account":{"email":"ann@example.com"}}""");
        await renewing;

        Text("refresh_token").ShouldBe("sandbox-refresh-claude-1-g9");
        Text("email").ShouldBeNull();
    }

    private void Write(string more) => File.WriteAllText(PathOfFile, $$"""{"type":"claude","access_token":"sandbox-access-claude-1-g1","refresh_token":"sandbox-refresh-claude-1-g1"{{more}}}""");

    private string? Text(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOfFile));
        return document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    private Task<RenewalOutcome> RenewAsync(bool isUrgent = false) =>
        new TokenRenewal(_store, new TokenRefresher(_provider, _time), _time, new ProfileLookup(_provider, _time)).RenewAsync(
            new RenewalRequest
            {
                AccountId = "claude-00000000",
                FileName = Name,
                Known = _store.Read(Name).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File.Tokens,
                Endpoint = new TokenEndpoint(UpstreamKind.Claude, new Uri("https://platform.example/token"), "client") { ProfileUrl = ProfileUrl },
                IsUrgent = isUrgent,
            },
            CancellationToken.None).WaitAsync(AccountsWorld.FailSafe);
}
