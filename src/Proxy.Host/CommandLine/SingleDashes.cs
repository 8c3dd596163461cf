namespace Proxy.Host.CommandLine;

/// <summary>
/// CLIProxyAPI's options have one dash (<c>-claude-login</c>, <c>-config FILE</c>), and scripts are written for it. They are
/// taken as the ones with two: as aliases they would stand in the help in place of them.
/// </summary>
internal static class SingleDashes
{
    private static readonly string[] Names = ["config", "claude-login", "codex-login", "codex-device-login", "no-browser", "oauth-callback-port"];

    /// <summary>The arguments with two dashes.</summary>
    public static string[] Doubled(IReadOnlyList<string> args) => [.. args.Select(a => IsOne(a) ? $"-{a}" : a)];

    private static bool IsOne(string arg) =>
        arg.Length > 2 && arg[0] == '-' && arg[1] != '-' && Names.Contains(arg[1..].Split('=', ':')[0], StringComparer.Ordinal);
}
