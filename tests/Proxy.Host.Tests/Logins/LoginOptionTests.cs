using Proxy.Host.Serving;
using Proxy.Testing;

namespace Proxy.Host.Tests.Logins;

/// <summary>What can be written on the command line, and what can't.</summary>
public sealed class LoginOptionTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("--claude-login --codex-login", "two logins")]
    [InlineData("--claude-login --sandbox", "made-up ones only")]
    [InlineData("--claude-login --oauth-callback-port 70000", "0 to 65535")]
    [InlineData("--claude-login --oauth-callback-port x", "0 to 65535")]
    [InlineData("--port x", "0 to 65535")]
    [InlineData("--port -1", "0 to 65535")]
    [InlineData("accounts login gemini", "gemini")]
    [InlineData("accounts login", "login")]
    [InlineData("accounts login claude --device", "--device is for codex")]
    public async Task Contradiction_is_refused_before_anything_happens(string line, string says)
    {
        await using var bench = await LoginBench.StartAsync(_time);

        var run = bench.Run(line.Split(' '));

        (await run.Code).ShouldNotBe(ExitCodes.Done);
        run.Error.ToString().ShouldContain(says);
        run.Out.ToString().ShouldNotContain("Logging in");
        bench.Sandbox.Requests.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Configuration_that_is_wrong_has_its_own_code()
    {
        await using var bench = await LoginBench.StartAsync(_time);

        var run = bench.RunPlain("--claude-login", "--config", Path.Join(bench.AuthDirectory, "nowhere.yaml"));

        (await run.Code).ShouldBe(ExitCodes.Configuration);
    }

    [Theory]
    [InlineData("http://login.example/token")]
    [InlineData("ftp://login.example/token")]
    public async Task Endpoint_in_the_clear_is_refused(string address)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var file = Path.Join(Path.GetDirectoryName(bench.AuthDirectory), "plain.yaml");
        foreach (var key in new[] { "device-url", "token-url", "authorize-url" })
        {
            await File.WriteAllTextAsync(file, $"providers: {{ codex: {{ {key}: \"{address}\" }} }}\n");

            var run = bench.RunPlain("--codex-device-login", "--config", file);

            (await run.Code).ShouldBe(ExitCodes.Configuration);
            run.Error.ToString().ShouldContain($"providers.codex.{key}");
        }
    }

    [Fact]
    public async Task Endpoints_in_force_are_printed()
    {
        await using var bench = await LoginBench.StartAsync(_time);

        var run = bench.Run("--print-config");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        run.Out.ToString().ShouldContain(bench.Sandbox.CodexDeviceUrl.ToString());
        run.Out.ToString().ShouldContain("9d1c250a-e61b-44d9-88ed-5944d1962f5e");
        run.Out.ToString().ShouldContain("app_EMoamEEZ73f0CkXaXp7hrann");
    }

    [Theory]
    [InlineData("-claude-login -no-browser -oauth-callback-port 0")]
    [InlineData("accounts login claude --no-browser --oauth-callback-port 0")]
    public async Task Other_spellings_do_the_same(string line)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Run(line.Split(' '));
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
    }
}
