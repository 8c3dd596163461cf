using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Exchanges;

public class TokenEstimateTests
{
    [Fact]
    public void Prose_counts_about_a_token_and_a_bit_per_word()
    {
        var words = string.Join(' ', Enumerable.Repeat("The quick brown fox jumps over the lazy dog.", 100));

        Count(words).ShouldBeInRange(900, 1200);
    }

    [Fact]
    public void More_text_never_counts_less()
    {
        var text = "Añ 1234, {\"x\": [1,2]} \\n 漢字 😀 internationalisation";
        var last = 0L;
        for (var length = 0; length <= text.Length; length++)
        {
            var count = Count(text[..length].TrimEnd('\ud83d'));
            count.ShouldBeGreaterThanOrEqualTo(last);
            last = count;
        }
    }

    private static long Count(string text) => TokenEstimate.Count(new Conversation
    {
        Origin = Dialect.AnthropicMessages,
        Model = "m",
        Items = [new MessageItem(Role.User, [new TextPart(JsonText.FromString(text))])],
    });
}
