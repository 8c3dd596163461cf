using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;
using Proxy.Testing;

namespace Proxy.Host.Tests.Importing;

/// <summary><c>accounts import</c> over a home directory of its own.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private const string Access = "made-up-claude-access";
    private const string Refresh = "made-up-claude-refresh";
    private readonly string _home = Directory.CreateTempSubdirectory("cpa-import-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly Dictionary<string, string> _environment = [];

    private string Claude => Path.Combine(_home, ".claude", ".credentials.json");

    private string Codex => Path.Combine(_home, ".codex", "auth.json");

    private string Auth => Path.Combine(_home, "auths");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Without_a_flag_it_shows_what_there_is_and_changes_nothing()
    {
        WriteClaude();
        WriteCodex();
        var before = Pictures();

        var (code, said, error) = await RunAsync();

        code.ShouldBe(ExitCodes.Done, error);
        said.ShouldContain("Claude Code");
        said.ShouldContain("ann@example.com, plan max");
        said.ShouldContain("in 2 h");
        said.ShouldContain("bob@example.com, plan plus");
        said.ShouldContain("not imported");
        said.ShouldContain("Nothing was changed");
        said.ShouldContain("the first to refresh logs the other out");
        (said + error).ShouldNotContain("made-up-"); // no token, no part of one
        Directory.Exists(Auth).ShouldBeFalse();
        Pictures().ShouldBe(before);
    }

    [Fact]
    public async Task Copy_makes_files_that_both_programs_read_and_warns_of_the_shared_chain()
    {
        WriteClaude();
        WriteCodex();
        var before = Pictures();

        var (code, said, error) = await RunAsync("--copy");

        code.ShouldBe(ExitCodes.Done, error);
        said.ShouldContain("the first to refresh logs the other out");
        var claude = Read("claude-ann@example.com.json");
        ((string?)claude["type"], (string?)claude["access_token"], (string?)claude["refresh_token"], (string?)claude["email"]).ShouldBe(("claude", Access, Refresh, "ann@example.com"));
        DateTimeOffset.Parse((string)claude["expired"]!, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(_time.GetUtcNow().AddHours(2));
        var codex = Read(Directory.GetFiles(Auth, "codex-*.json").Select(Path.GetFileName).Single()!);
        ((string?)codex["type"], (string?)codex["account_id"], (string?)codex["refresh_token"], (string?)codex["email"]).ShouldBe(("codex", "made-up-workspace", "made-up-codex-refresh", "bob@example.com"));
        Pictures().ShouldBe(before);

        var (again, _, refused) = await RunAsync("--copy");
        again.ShouldBe(ExitCodes.Refused);
        refused.ShouldContain("is a copy of it already");
        (await RunAsync()).Said.ShouldContain("copied already, to claude-ann@example.com.json");
    }

    [Fact]
    public async Task Link_holds_no_token_and_is_not_made_twice()
    {
        WriteClaude();
        var before = Pictures();

        var (code, said, error) = await RunAsync("--link");

        code.ShouldBe(ExitCodes.Done, error);
        said.ShouldContain("open Claude Code once to renew it");
        var file = Directory.GetFiles(Auth, "*.json").Single();
        File.ReadAllText(file).ShouldNotContain("made-up-");
        var content = Read(Path.GetFileName(file));
        ((string?)content["type"], (string?)content["link"], (string?)content["email"]).ShouldBe(("claude-link", Claude, "ann@example.com"));
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (await RunAsync("--link")).Code.ShouldBe(ExitCodes.Refused);
        (await RunAsync("--copy")).Error.ShouldContain("linked");
        (await RunAsync()).Said.ShouldContain("linked already");
        Pictures().ShouldBe(before);
    }

    [Fact]
    public async Task Own_login_of_the_same_account_is_neither_overwritten_nor_doubled()
    {
        WriteClaude();
        Directory.CreateDirectory(Auth);
        var own = Path.Combine(Auth, "claude-ann@example.com.json");
        File.WriteAllText(own, """{"type":"claude","email":"Ann@example.com","access_token":"own-access","refresh_token":"own-refresh"}""");
        var before = File.ReadAllBytes(own);

        (await RunAsync("--copy")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(ExitCodes.Refused), r => r.Error.ShouldContain("with a login of its own"));
        (await RunAsync("--link")).Code.ShouldBe(ExitCodes.Refused);

        File.ReadAllBytes(own).ShouldBe(before);
        Directory.GetFiles(Auth).ShouldBe([own]);
    }

    [Fact]
    public async Task Places_of_the_environment_and_a_given_file_count()
    {
        WriteClaude();
        var elsewhere = Path.Combine(_home, "elsewhere");
        Directory.CreateDirectory(elsewhere);
        File.Move(Claude, Path.Combine(elsewhere, ".credentials.json"));
        (await RunAsync()).Code.ShouldBe(ExitCodes.NotFound);

        _environment["CLAUDE_CONFIG_DIR"] = elsewhere;
        (await RunAsync()).Said.ShouldContain(Path.Combine(elsewhere, ".credentials.json"));

        _environment.Clear();
        WriteCodex();
        var given = Path.Combine(elsewhere, "copy-of-auth.json");
        File.Move(Codex, given);
        (await RunAsync("--from", given)).Said.ShouldContain("bob@example.com");
        _environment["CODEX_HOME"] = elsewhere;
        File.Move(given, Path.Combine(elsewhere, "auth.json"));
        (await RunAsync("--json")).ShouldSatisfyAllConditions(
            r => r.Code.ShouldBe(ExitCodes.Done),
            r => JsonNode.Parse(r.Said)!.AsArray().Single()!["email"]!.GetValue<string>().ShouldBe("bob@example.com"));
    }

    [Theory]
    [InlineData("""{"OPENAI_API_KEY":"sk-made-up-key","tokens":null}""", "codex-api-key")]
    [InlineData("""{"OPENAI_API_KEY":null,"tokens":{"access_token":""}}""", "not logged in")]
    [InlineData("""{"tokens":{"access_token":"made""", "in the middle of its JSON")]
    [InlineData("""{"something":"else"}""", "no login of Codex")]
    public async Task Codex_without_a_usable_login_is_explained(string content, string words)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Codex)!);
        File.WriteAllText(Codex, content);

        var (code, said, error) = await RunAsync("--copy");

        code.ShouldBe(ExitCodes.NotFound);
        said.ShouldContain(words);
        (said + error).ShouldNotContain("sk-made-up");
        Directory.Exists(Auth).ShouldBeFalse();
    }

    [Fact]
    public async Task Copy_and_link_together_are_a_mistake() => (await RunAsync("--copy", "--link")).Code.ShouldNotBe(ExitCodes.Done);

    private async Task<(int Code, string Said, string Error)> RunAsync(params string[] more)
    {
        using StringWriter said = new(), error = new();
        var places = new DefaultPlaces(_home, Auth, Path.Combine(_home, "state"));
        var configuration = Path.Combine(_home, "config.yaml");
        File.WriteAllText(configuration, $"auth-dir: {Auth}\nstate-dir: {Path.Combine(_home, "state")}\n");
        var context = new CommandContext(_time, (_, _, _, _) => throw new InvalidOperationException("serves nothing"), places)
        {
            Out = said,
            Error = error,
            Environment = name => _environment.GetValueOrDefault(name),
        };
        var code = await ProxyCommand.InvokeAsync(["accounts", "import", .. more, "--config", configuration], context);
        return (code, said.ToString(), error.ToString());
    }

    private JsonNode Read(string name) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(Auth, name)))!;

    private void WriteClaude()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Claude)!);
        File.WriteAllText(Claude, $$$"""{"claudeAiOauth":{"accessToken":"{{{Access}}}","refreshToken":"{{{Refresh}}}","expiresAt":{{{_time.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds()}}},"scopes":["user:inference","user:profile"],"subscriptionType":"max","rateLimitTier":"default_claude_max_20x"}}""");
        File.WriteAllText(Path.Combine(_home, ".claude.json"), """{"numStartups":3,"oauthAccount":{"accountUuid":"u-1","emailAddress":"ann@example.com","organizationUuid":"o-1","organizationName":"Ann"}}""");
    }

    private void WriteCodex()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Codex)!);
        const string claims = """{"email":"bob@example.com","https://api.openai.com/auth":{"chatgpt_account_id":"made-up-workspace","chatgpt_plan_type":"plus"}}""";
        var access = Jwt($$"""{"exp":{{_time.GetUtcNow().AddDays(9).ToUnixTimeSeconds()}}}""");
        File.WriteAllText(Codex, JsonSerializer.Serialize(new
        {
            OPENAI_API_KEY = (string?)null,
            tokens = new { id_token = Jwt(claims), access_token = access, refresh_token = "made-up-codex-refresh", account_id = "made-up-workspace" },
            last_refresh = "2025-12-31T10:00:00.123456789Z",
        }));
    }

    // The other programs' files, to the last bit that a write would change.
    private string[] Pictures() => [.. Directory.EnumerateFiles(_home, "*", SearchOption.AllDirectories)
        .Where(f => f.Contains(".claude", StringComparison.Ordinal) || f.Contains(".codex", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O} {(OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(f))} {Convert.ToHexString(File.ReadAllBytes(f))}")];

    private static string Jwt(string payload) => $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.c2ln";
}
