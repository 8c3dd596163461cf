using Proxy.Host.Terminal;

namespace Proxy.Host.Tests.Terminal;

/// <summary>Clients name models and providers name people: neither may write on the owner's terminal.</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("claude-sonnet-4-5", "claude-sonnet-4-5")]
    [InlineData("a\u001b]0;title\u0007b", "a?]0;title?b")]
    [InlineData("one\r\n12:00 ERR feigned", "one??12:00 ERR feigned")]
    [InlineData("\u202Egpj.exe\u200B\u2028\u2029\u0085\u007f", "?gpj.exe?????")]
    [InlineData("größe → 中文 …", "größe → 中文 …")]
    public void Nothing_that_steers_is_left(string text, string plain)
    {
        PlainText.Of(text).ShouldBe(plain);
        PlainText.IsPlain(text).ShouldBe(text == plain);
    }

    [Fact]
    public void Long_text_is_cut_and_shows_it() => PlainText.Of("abcdef", 4).ShouldBe("abcd…");
}
