using Proxy.Actors.Accounts;

namespace Proxy.Actors.Tests.Accounts;

public sealed class MaskedMailTests
{
    [Theory]
    [InlineData("claude-ann@example.com.json", "c…@example.com.json")]
    [InlineData("ann@example.com and bob@example.org", "a…@example.com and b…@example.org")]
    [InlineData("/home/ann/auths/codex-bob@example.com.json", "/home/ann/auths/c…@example.com.json")]
    [InlineData("a…@example.com", "a…@example.com")]
    [InlineData("no address, @ alone", "no address, @ alone")]
    [InlineData("a@b@c", "a…@b…@c")]
    [InlineData("", "")]
    public void Nothing_but_the_first_letter_is_left(string text, string masked) => MaskedMail.In(text).ShouldBe(masked);
}
