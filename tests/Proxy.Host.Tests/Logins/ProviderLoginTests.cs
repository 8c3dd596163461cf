using Proxy.Actors.Configuration;
using Proxy.Host.Logins;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Tests.Logins;

/// <summary>The addresses of spec/accounts.md 1.3 [B] and 1.4, to the letter.</summary>
public sealed class ProviderLoginTests
{
    private static readonly LoginState State = new("0123456789abcdef0123456789abcdef");

    [Fact]
    public void Claude_is_asked_at_its_address() =>
        ProviderLogin.Of(UpstreamKind.Claude, new ProxyConfiguration()).AuthorizeAddress("the-challenge", State).AbsoluteUri.ShouldBe(
            "https://claude.ai/oauth/authorize?code=true&client_id=9d1c250a-e61b-44d9-88ed-5944d1962f5e&response_type=code"
            + "&redirect_uri=http%3A%2F%2Flocalhost%3A54545%2Fcallback"
            + "&scope=user%3Aprofile%20user%3Ainference%20user%3Asessions%3Aclaude_code%20user%3Amcp_servers%20user%3Afile_upload"
            + "&code_challenge=the-challenge&code_challenge_method=S256&state=0123456789abcdef0123456789abcdef");

    [Fact]
    public void ChatGPT_is_asked_at_its_address() =>
        ProviderLogin.Of(UpstreamKind.Codex, new ProxyConfiguration()).AuthorizeAddress("the-challenge", State).AbsoluteUri.ShouldBe(
            "https://auth.openai.com/oauth/authorize?codex_cli_simplified_flow=true&id_token_add_organizations=true&prompt=login"
            + "&client_id=app_EMoamEEZ73f0CkXaXp7hrann&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback"
            + "&scope=openid%20email%20profile%20offline_access&code_challenge=the-challenge&code_challenge_method=S256&state=0123456789abcdef0123456789abcdef");

    [Fact]
    public void Tokens_and_profile_come_from_the_newest_addresses()
    {
        var configuration = new ProxyConfiguration();
        ProviderLogin.Of(UpstreamKind.Claude, configuration).TokenEndpoint.Url.AbsoluteUri.ShouldBe("https://platform.claude.com/v1/oauth/token");
        configuration.Claude.ProfileUrl!.AbsoluteUri.ShouldBe("https://api.anthropic.com/api/oauth/profile");
        ProviderLogin.Of(UpstreamKind.Codex, configuration).TokenEndpoint.Url.AbsoluteUri.ShouldBe("https://auth.openai.com/oauth/token");
        configuration.Codex.DeviceUrl!.AbsoluteUri.ShouldBe("https://auth.openai.com/api/accounts/deviceauth");
    }
}
