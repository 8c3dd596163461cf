using Proxy.Actors.Credentials;
using Proxy.Actors.Credentials.Logins;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Tests.Credentials.Logins;

/// <summary>Made-up logins.</summary>
internal static class MadeUp
{
    public static NewLogin Claude(string? email, int generation = 1, string? account = null, string? organization = null) => new()
    {
        Kind = UpstreamKind.Claude,
        Tokens = new RefreshedTokens { Access = $"sandbox-access-claude-g{generation}", Refresh = $"sandbox-refresh-claude-g{generation}", Expires = new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero), Email = email },
        Profile = new LoginProfile { Email = email, AccountUuid = account, OrganizationUuid = organization, OrganizationName = organization is null ? null : $"Org {organization}" },
    };

    public static NewLogin Codex(string? email, string? workspace, string? plan, int generation = 1) => new()
    {
        Kind = UpstreamKind.Codex,
        Tokens = new RefreshedTokens { Access = $"sandbox-access-codex-g{generation}", Refresh = $"sandbox-refresh-codex-g{generation}", IdToken = $"sandbox-id-codex-g{generation}", Email = email, ChatGptAccountId = workspace },
        Profile = new LoginProfile { Email = email },
        Plan = plan,
    };
}
