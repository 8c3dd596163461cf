using Proxy.Host.Endpoints;

namespace Proxy.Host.Tests.Endpoints;

public sealed class ClientNamesTests
{
    [Theory]
    [InlineData("claude-cli/2.1.0 (external, cli)", "claude-cli")]
    [InlineData("codex_cli_rs/0.60.0 (Linux 6.8; x86_64) vscode", "codex_cli_rs")]
    [InlineData("factory-cli", "factory-cli")]
    [InlineData("Mozilla (x)", "Mozilla")]
    [InlineData("", null)]
    [InlineData("(none)", null)]
    [InlineData("na\u00efve/1", null)]
    [InlineData("a-name-that-is-longer-than-any-product-has/1", null)]
    public void The_product_is_the_first_word(string userAgent, string? name) => ClientNames.Of(userAgent).ShouldBe(name);
}
