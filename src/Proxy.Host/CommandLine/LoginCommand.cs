using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;
using Proxy.Host.Logins;
using Proxy.Host.Serving;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.CommandLine;

/// <summary>Logins: as options of the root, under the names that CLIProxyAPI gives them, and as <c>accounts login</c>.</summary>
internal static class LoginCommand
{
    /// <summary>Adds <c>--claude-login</c>, <c>--codex-login</c>, <c>--codex-device-login</c> and what goes with them.</summary>
    public static void AddTo(RootCommand root, CommandContext context)
    {
        var (noBrowser, port) = (NoBrowser(), Port());
        Option<bool>[] logins =
        [
            Login("claude-login", "Log in to a Claude account, and stop.", UpstreamKind.Claude, isDevice: false),
            Login("codex-login", "Log in to a ChatGPT account, and stop.", UpstreamKind.Codex, isDevice: false),
            Login("codex-device-login", "Log in to a ChatGPT account with a code that is typed in on another device, and stop.", UpstreamKind.Codex, isDevice: true),
        ];
        Option<bool> Login(string name, string description, UpstreamKind kind, bool isDevice) => new($"--{name}")
        {
            Description = description,
            Action = new LoginAction((parsed, cancellation) => RunAsync(context, parsed, kind, isDevice, parsed.GetValue(noBrowser), parsed.GetValue(port), cancellation)),
        };

        foreach (var option in logins)
        {
            root.Add(option);
        }

        root.Add(noBrowser);
        root.Add(port);
        root.Validators.Add(result =>
        {
            var asked = logins.Where(l => result.GetResult(l) is { Implicit: false }).ToList();
            if (asked.Count > 1)
            {
                result.AddError($"{asked[0].Name} and {asked[1].Name} are two logins. Do one after the other.");
            }
            else if (asked.Count == 1 && result.GetResult("--sandbox") is OptionResult { Implicit: false })
            {
                result.AddError($"{asked[0].Name} adds an account of yours, and --sandbox has made-up ones only. Leave one of them out.");
            }
        });
    }

    /// <summary>Makes <c>login</c>, for below <c>accounts</c>.</summary>
    public static Command CreateSubcommand(CommandContext context)
    {
        var provider = new Argument<string>("provider") { Description = "claude or codex." };
        provider.AcceptOnlyFromAmong("claude", "codex");
        var device = new Option<bool>("--device") { Description = "codex: with a code that is typed in on another device." };
        var (noBrowser, port) = (NoBrowser(), Port());
        var login = new Command("login", "Log in to an account. Of an account that is there already the tokens are replaced, and nothing else.") { provider, device, noBrowser, port };
        login.Validators.Add(result =>
        {
            if (result.GetValue(device) && result.GetResult(provider) is { Tokens: [{ Value: "claude" }] })
            {
                result.AddError("--device is for codex: Claude has no such login. With --no-browser the browser may run on another machine.");
            }
        });
        login.SetAction((parsed, cancellation) =>
            RunAsync(context, parsed, parsed.GetValue(provider) == "claude" ? UpstreamKind.Claude : UpstreamKind.Codex, parsed.GetValue(device), parsed.GetValue(noBrowser), parsed.GetValue(port), cancellation));
        return login;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, UpstreamKind kind, bool isDevice, bool noBrowser, int? port, CancellationToken cancellation)
    {
        if (context.Configure(parsed) is not { } configuration)
        {
            return ExitCodes.Configuration;
        }

        using var outbound = new OutboundFactory(context.Time, configuration.Relay.Connect);
        var setting = new LoginSetting(configuration, new InvokerTokenTransport(outbound.For), context.Time, context.In, context.Out, context.Error, noBrowser ? null : context.OpenBrowser);
        var login = ProviderLogin.Of(kind, configuration);
        return isDevice ? await new DeviceFlow(setting, login).RunAsync(cancellation) : await new LoginFlow(setting, login).RunAsync(port, cancellation);
    }

    private static Option<bool> NoBrowser() => new("--no-browser") { Description = "Login: open no browser; the address is printed." };

    private static Option<int?> Port() => PortOption.Create(
        "--oauth-callback-port", "Login: listen for the answer on this port. 0: any free one. The provider still sends the browser to its registered port.");

    /// <summary>Takes the place of the root's own action, which serves.</summary>
    private sealed class LoginAction(Func<ParseResult, CancellationToken, Task<int>> run) : AsynchronousCommandLineAction
    {
        public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
            parseResult.Errors.Count == 0 ? run(parseResult, cancellationToken) : Task.FromResult(WrongUsage.Tell(parseResult));
    }
}
