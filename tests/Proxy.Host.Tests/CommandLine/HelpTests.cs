using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;
using Proxy.Testing;

namespace Proxy.Host.Tests.CommandLine;

/// <summary>What a person sees who asks for help, or needs it.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("--help", "--config", "--claude-login", "--no-browser", "--oauth-callback-port", "accounts", "usage")]
    [InlineData("accounts --help", "--config", "list", "show", "login", "import", "remove")]
    [InlineData("usage --help", "--by", "--since", "--csv", "--top")]
    public async Task Help_names_options_as_the_documents_do(string args, params string[] names)
    {
        var (code, text, errors) = await RunAsync(args);

        (code, errors).ShouldBe((ExitCodes.Done, string.Empty));
        foreach (var name in names)
        {
            text.ShouldContain(name, Case.Sensitive);
        }

        text.Split([' ', '\n', ','], StringSplitOptions.RemoveEmptyEntries).ShouldNotContain(w => w.Length > 2 && w[0] == '-' && char.IsAsciiLetter(w[1]), "one dash and a long name");
    }

    [Theory]
    [InlineData("foo", "'foo'", "Help: --help")]
    [InlineData("--port 99999", "0 to 65535", "Help: --help")]
    [InlineData("accounts show", "account", "Help: accounts show --help")]
    [InlineData("accounts login gemini", "gemini", "Help: accounts login --help")]
    [InlineData("--claude-login --codex-login", "two logins", "Help: --help")]
    public async Task Mistakes_are_told_in_a_few_lines(string args, string what, string hint)
    {
        var (code, text, errors) = await RunAsync(args);

        code.ShouldBe(ExitCodes.Failed);
        errors.ShouldContain(what);
        errors.TrimEnd().ShouldEndWith(hint);
        text.ShouldNotContain("Usage:", Case.Sensitive, "the whole help hides what is wrong");
    }

    [Fact]
    public async Task Typo_gets_a_proposal() => (await RunAsync("--confg x")).Out.ShouldContain("--config");

    [Theory]
    [InlineData("-config /nowhere/made-up.yaml accounts")]
    [InlineData("accounts -config=/nowhere/made-up.yaml")]
    [InlineData("accounts --config /nowhere/made-up.yaml")]
    public async Task Options_of_CLIProxyAPI_have_one_dash(string args)
    {
        var (code, _, errors) = await RunAsync(args);

        code.ShouldBe(ExitCodes.Configuration);
        errors.ShouldContain("/nowhere/made-up.yaml");
    }

    private static async Task<(int Code, string Out, string Error)> RunAsync(string args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(string.Empty);
        var context = new CommandContext(new ManualTimeProvider(), RealEngine.StartAsync, new DefaultPlaces("/nowhere", "/nowhere/auths", "/nowhere/state")) { In = input, Out = output, Error = error, IsInteractive = false };
        var code = await ProxyCommand.InvokeAsync(args.Split(' '), context);
        return (code, output.ToString(), error.ToString());
    }
}
