using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.OAuth;

/// <summary>Authorization codes of the sandbox: they name the account that signs in.</summary>
internal static class LoginCode
{
    private const string Prefix = "sandbox-code-";

    public static SandboxAccount? AccountOf(SandboxAccounts accounts, string? code) =>
        code?.StartsWith(Prefix, StringComparison.Ordinal) == true ? accounts.Find(code[Prefix.Length..]) : null;
}
