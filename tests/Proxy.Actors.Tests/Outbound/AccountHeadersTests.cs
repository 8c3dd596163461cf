using Proxy.Actors.Outbound;

namespace Proxy.Actors.Tests.Outbound;

public sealed class AccountHeadersTests
{
    [Theory]
    [InlineData("X-Team", "blue", true, null)]
    [InlineData("User-Agent", "mine/1", true, null)]
    [InlineData("X-Trace", "$X-Request-Id", true, null)]
    [InlineData("Authorization", "Basic made-up", false, null)]
    [InlineData("Authorization", "Basic made-up", true, "own credential")]
    [InlineData("x-api-key", "made-up", true, "own credential")]
    [InlineData("chatgpt-account-id", "made-up", true, "own credential")]
    [InlineData("connection", "close", true, "connection")]
    [InlineData("Transfer-Encoding", "chunked", true, "connection")]
    [InlineData("Host", "elsewhere", true, "connection")]
    [InlineData("Content-Encoding", "gzip", true, "body")]
    [InlineData("Bad Name", "x", true, "not a header's name")]
    [InlineData("", "x", true, "not a header's name")]
    [InlineData("X-A", "line\r\nbreak", true, "plain ASCII")]
    [InlineData("X-A", "$Authorization", true, "secret")]
    [InlineData("X-A", "$x-API-key", false, "secret")]
    [InlineData("X-A", "$Cookie", true, "secret")]
    [InlineData("X-A", "$", true, "$$")]
    [InlineData("X-A", "$not a name", true, "$$")]
    public void Header_is_refused_in_words_without_its_value(string name, string value, bool hasCredential, string? said)
    {
        var why = AccountHeaders.WhyNot(name, value, hasCredential);

        (why is null).ShouldBe(said is null);
        why?.ShouldContain(said!);
        why?.ShouldNotContain("made-up");
    }

    [Theory]
    [InlineData("blue", "blue")]
    [InlineData("$$5", "$5")]
    [InlineData("$X-Trace", "t-1")]
    [InlineData("$X-Absent", null)]
    [InlineData("$X-Foreign", null)]
    public void Value_is_itself_or_the_clients_header(string written, string? sent) =>
        AccountHeaders.Resolve(written, name => name switch { "X-Trace" => "t-1", "X-Foreign" => "n\u00f6", _ => null }).ShouldBe(sent);

    [Fact]
    public void Without_a_client_nothing_is_copied() => AccountHeaders.Resolve("$X-Trace", null).ShouldBeNull();

    [Theory]
    [InlineData("http://127.0.0.1:3128", "http://127.0.0.1:3128/")]
    [InlineData("https://user:made-up@proxy.example.com:3128", "https://user:made-up@proxy.example.com:3128/")]
    [InlineData("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080/")]
    [InlineData("socks5h://127.0.0.1:1080", "socks5://127.0.0.1:1080/")]
    [InlineData("direct", null)]
    [InlineData("NONE", null)]
    public void Proxy_is_an_address_or_none_at_all(string written, string? proxy)
    {
        OutboundRoute.TryParse(written, out var read).ShouldBeTrue();
        read?.AbsoluteUri.ShouldBe(proxy);
        (read is null).ShouldBe(proxy is null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("socks4://127.0.0.1")]
    [InlineData("127.0.0.1:3128")]
    [InlineData("http://")]
    public void Anything_else_is_no_proxy(string written) => OutboundRoute.TryParse(written, out _).ShouldBeFalse();
}
