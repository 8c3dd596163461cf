using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Proxy.Actors.Credentials;
using Proxy.Actors.Tests.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>
/// Compatibility with CLIProxyAPI in both directions: its files (<c>tests/vectors/auth</c>) are read, and what a refresh
/// of ours makes of them is read by a strict reader that knows nothing of our code, only of spec/accounts.md 1.5.
/// </summary>
public sealed partial class CliProxyApiFilesTests : IDisposable
{
    private static readonly string[] ExpiryNames = ["expired", "expire", "expires_at", "expiresAt", "expiry", "expires"];
    private static readonly string[] LastRefreshNames = ["last_refresh", "lastRefresh", "last_refreshed_at", "lastRefreshedAt"];
    private static readonly DateTimeOffset Expiry = new(2025, 12, 17, 20, 15, 30, TimeSpan.Zero);
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-compat-").FullName;
    private readonly ManualTimeProvider _time = new();

    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "auth"), "*.json").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void There_are_files_of_both_programs() => Files.Count.ShouldBeGreaterThanOrEqualTo(6);

    [Theory]
    [MemberData(nameof(Files))]
    public void File_of_the_other_program_is_read(string name)
    {
        var file = Store(name).Read(name).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File;

        file.Expires.ShouldBe(Expiry);
        file.LastRefresh.ShouldNotBeNull().ShouldBeInRange(Expiry.AddHours(-8).AddMinutes(-1), Expiry.AddHours(-7));
        if (file.Kind == UpstreamKind.Claude)
        {
            (file.Provider, file.Tokens.Access, file.Tokens.Refresh, file.Email).ShouldBe(("claude", "sk-ant-oat01-made-up-1", "sk-ant-ort01-made-up-1", "ann+work@example.com"));
        }
        else
        {
            (file.Provider, file.Tokens.Access, file.Tokens.Refresh, file.Email, file.ChatGptAccountId, file.Plan).ShouldBe(("codex", "made-up-codex-access-1", "rt_made-up-1", "bob@example.com", "f3c1-made-up", "plus"));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_a_refresh_writes_is_read_by_the_other_program_and_keeps_all_else(string name)
    {
        var store = Store(name);
        var before = File.ReadAllBytes(Path.Combine(_root, "auth", name));
        var old = store.Read(name).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File;
        var tokens = new ScriptedTokens();
        var renewing = new TokenRenewal(store, new TokenRefresher(tokens, _time), _time).RenewAsync(
            new RenewalRequest { AccountId = "a-1", FileName = name, Known = old.Tokens, Endpoint = new TokenEndpoint(old.Kind, new Uri("https://platform.example/token"), "client") }, CancellationToken.None);
        (await tokens.NextAsync()).Gives(2, expiresIn: 3600);
        (await renewing.WaitAsync(AccountsWorld.FailSafe)).ShouldBeOfType<RenewalOutcome.Renewed>().NotSaved.ShouldBeNull();
        var after = File.ReadAllBytes(Path.Combine(_root, "auth", name));

        var read = ReadStrictly(after);

        (read.Access, read.Refresh, read.Expiry).ShouldBe(("sandbox-access-claude-1-g2", "sandbox-refresh-claude-1-g2", _time.GetUtcNow().AddHours(1)));
        (read.LastRefresh, read.Type, read.Email).ShouldBe((_time.GetUtcNow(), old.Provider, old.Email));
        string[] changed = ["access_token", "refresh_token", "token", .. ExpiryNames, .. LastRefreshNames];
        Members(after).Where(m => !changed.Contains(m.Name)).ShouldBe(Members(before).Where(m => !changed.Contains(m.Name)));
        var names = Members(before).Select(m => m.Name).ToList();
        Members(after).Select(m => m.Name).Take(names.Count).ShouldBe(names); // in their order; what was not there comes last
        Encoding.UTF8.GetString(after).ShouldNotContain("\\u"); // text as people wrote it
    }

    /// <summary>As CLIProxyAPI reads: types, spellings and order of look-up as in spec/accounts.md 1.5; anything else fails.</summary>
    private static (string Access, string Refresh, DateTimeOffset Expiry, DateTimeOffset LastRefresh, string Type, string Email) ReadStrictly(byte[] content)
    {
        content.Count(b => b == '\n').ShouldBe(1);
        content[^1].ShouldBe((byte)'\n');
        using var document = JsonDocument.Parse(content);
        var root = document.RootElement;
        root.EnumerateObject().Select(p => p.Name).ShouldBeUnique();
        var type = Text(root, "type");
        type.ShouldBeOneOf("claude", "codex");
        JsonElement[] places = root.TryGetProperty("token", out var nested) ? [root, nested] : [root];
        foreach (var name in new[] { "id_token", "account_id", "email" })
        {
            if (root.TryGetProperty(name, out var value))
            {
                value.ValueKind.ShouldBe(JsonValueKind.String, name);
            }
        }

        var holder = places.First(p => p.TryGetProperty("access_token", out _));
        return (Text(holder, "access_token"), Text(holder, "refresh_token"), Time(places, ExpiryNames), Time(places, LastRefreshNames), type, Text(root, "email"));
    }

    private static string Text(JsonElement element, string name)
    {
        var value = element.GetProperty(name);
        value.ValueKind.ShouldBe(JsonValueKind.String, name);
        return value.GetString()!;
    }

    private static DateTimeOffset Time(JsonElement[] places, string[] names)
    {
        var value = (from place in places from name in names where place.TryGetProperty(name, out _) select place.GetProperty(name)).First();
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
        if (Rfc3339().IsMatch(text))
        {
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        }

        if (Plain().IsMatch(text))
        {
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        }

        var unix = long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        return unix > 1_000_000_000_000 ? DateTimeOffset.FromUnixTimeMilliseconds(unix) : DateTimeOffset.FromUnixTimeSeconds(unix);
    }

    private static List<(string Name, string Raw)> Members(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        return [.. document.RootElement.EnumerateObject().Select(p => (p.Name, p.Value.GetRawText()))]; // numbers digit by digit
    }

    private CredentialStore Store(string name)
    {
        var store = new CredentialStore(Path.Combine(_root, "auth"), Path.Combine(_root, "state"), _time);
        store.MakeDirectories();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "auth", name), Path.Combine(_root, "auth", name), overwrite: true);
        return store;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$")]
    private static partial Regex Plain();
}
