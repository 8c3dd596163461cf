using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Tests.Requests;

public sealed class SessionKeysTests
{
    private static readonly string[] HeaderOrder = ["X-Claude-Code-Session-Id", "Session-Id", "Session_id", "thread-id", "X-Session-ID", "X-Session-Affinity", "X-Amp-Thread-Id"];

    [Theory]
    [InlineData("user_0f0f_account__session_abc-1", "abc-1")]
    [InlineData("""{\"device_id\":\"d\",\"account_uuid\":\"a\",\"session_id\":\"abc-2\"}""", "abc-2")]
    public void Session_part_of_user_id_is_the_key(string userId, string key)
    {
        var request = Anthropic($$"""{"model":"m","metadata":{"user_id":"{{userId}}"},"messages":[{"role":"user","content":"hi"}]}""");

        request.Session.UserSession.ShouldBe(key);
        SessionKeys.Find(_ => null, request).ShouldBe(key);
        request.SessionKey.ShouldBe(key);
    }

    [Fact]
    public void Other_user_id_only_salts_the_digest()
    {
        var one = Anthropic("""{"model":"m","metadata":{"user_id":"someone"},"messages":[{"role":"user","content":"hi"}]}""");
        var other = Anthropic("""{"model":"m","metadata":{"user_id":"{\"device_id\":\"x\"}"},"messages":[{"role":"user","content":"hi"}]}""");
        var none = Anthropic("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""");

        string?[] keys = [one.SessionKey, other.SessionKey, none.SessionKey];
        keys.ShouldAllBe(k => k!.Length == 64);
        keys.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Order_is_that_of_the_design()
    {
        var all = HeaderOrder.ToDictionary(h => h, h => "from " + h, StringComparer.OrdinalIgnoreCase);
        var request = Anthropic("""{"model":"m","metadata":{"user_id":"u_session_s1"},"messages":[]}""");

        SessionKeys.Find(all.GetValueOrDefault, request).ShouldBe("from X-Claude-Code-Session-Id");
        all.Remove("X-Claude-Code-Session-Id");
        SessionKeys.Find(all.GetValueOrDefault, request).ShouldBe("s1");

        var responses = Responses("""{"model":"m","input":"hi","prompt_cache_key":"p","conversation":{"id":"c"}}""");
        foreach (var header in HeaderOrder.Skip(1))
        {
            SessionKeys.Find(all.GetValueOrDefault, responses).ShouldBe("from " + header);
            all[header] = " ";
        }

        SessionKeys.Find(all.GetValueOrDefault, responses).ShouldBe("p");
        SessionKeys.Find(_ => null, Responses("""{"model":"m","input":"hi","prompt_cache_key":"","conversation":{"id":"c"}}""")).ShouldBe("c");
        SessionKeys.Find(_ => null, Responses("""{"model":"m","input":"hi","conversation":"c2"}""")).ShouldBe("c2");
        SessionKeys.Find(_ => null, Responses("""{"model":"m","input":"hi"}"""))!.Length.ShouldBe(64);
        SessionKeys.Find(_ => null, Responses("""{"model":"m","input":[]}""")).ShouldBeNull();
    }

    [Fact]
    public void Client_request_id_is_no_session() =>
        SessionKeys.Find(h => string.Equals(h, "X-Client-Request-Id", StringComparison.OrdinalIgnoreCase) ? "r" : null, Responses("""{"model":"m","input":[]}""")).ShouldBeNull();

    [Theory]
    [InlineData(Dialect.AnthropicMessages, """{"model":"m","system":"S","messages":[{"role":"user","content":"U"}]}""", """{"model":"m","messages":[{"content":[{"text":"U","cache_control":{"type":"ephemeral"},"type":"text"}],"role":"user"},{"role":"assistant","content":"x"}],"system":[{"type":"text","text":"S"}]}""")]
    [InlineData(Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}""", """{"model":"m","messages":[{"role":"developer","content":[{"type":"text","text":"S"}]},{"role":"user","content":"U"},{"role":"user","content":"V"}]}""")]
    [InlineData(Dialect.OpenAIResponses, """{"model":"m","instructions":"S","input":"U"}""", """{"model":"m","input":[{"type":"message","role":"developer","content":"S"},{"role":"user","content":[{"type":"input_text","text":"U"}]}]}""")]
    public void Digest_goes_by_the_words_of_the_opening(Dialect dialect, string one, string other)
    {
        var key = Read(dialect, one).SessionKey;

        key!.Length.ShouldBe(64);
        Read(dialect, other).SessionKey.ShouldBe(key);
        Read(dialect, one.Replace("\"U\"", "\"other\"", StringComparison.Ordinal)).SessionKey.ShouldNotBe(key);
        Read(dialect, one.Replace("\"S\"", "\"other\"", StringComparison.Ordinal)).SessionKey.ShouldNotBe(key);
    }

    [Fact]
    public void Digest_looks_at_four_kibibytes_of_each()
    {
        string Body(string system, string user) => JsonSerializer.Serialize(new { model = "m", system, messages = new[] { new { role = "user", content = user } } });
        var long4k = new string('a', 4096);

        var key = Anthropic(Body(long4k, long4k)).SessionKey;

        Anthropic(Body(long4k + "x", long4k + "y")).SessionKey.ShouldBe(key);
        Anthropic(Body(long4k[1..] + "x", long4k)).SessionKey.ShouldNotBe(key);
        Anthropic(Body(long4k, long4k[1..] + "x")).SessionKey.ShouldNotBe(key);
    }

    [Fact]
    public void Billing_line_that_changes_with_each_request_does_not_count()
    {
        string Body(string line) => $$"""{"model":"m","system":[{"type":"text","text":"x-anthropic-billing-header: v={{line}};"},{"type":"text","text":"S"}],"messages":[{"role":"user","content":"U"}]}""";

        Anthropic(Body("1")).SessionKey.ShouldBe(Anthropic(Body("2")).SessionKey);
    }

    [Fact]
    public void Endless_key_is_bounded() => SessionKeys.Find(_ => new string('k', 5000), Responses("""{"model":"m","input":[]}"""))!.Length.ShouldBe(64);

    [Fact]
    public void Fault74_key_is_stable_over_fifty_turns_while_cache_control_moves()
    {
        var words = Gen.Elements("list the files", "fix it", "é😀 \"quoted\" \\ /", "", "again, please").Where(w => w.Length > 0);
        var opening = words.Zip(words).Zip(Gen.Choose(0, 1_000_000));

        Prop.ForAll(opening.ToArbitrary(), input =>
        {
            var ((system, user), seed) = input;
            var random = new Random(seed);
            var turns = new List<string> { user };
            string? first = null;
            for (var turn = 0; turn < 50; turn++)
            {
                var key = Anthropic(Body(system, turns, random)).SessionKey;
                first ??= key;
                key.ShouldBe(first);
                turns.Add($"turn {turn}");
            }

            first.ShouldNotBeNull();
        }).QuickCheckThrowOnFailure();
    }

    private static string Body(string system, List<string> turns, Random random)
    {
        var marked = random.Next(turns.Count + 1) - 1;
        object Block(string text, bool cached) => cached
            ? new { type = "text", text, cache_control = new { type = "ephemeral" } }
            : new { type = "text", text };
        return JsonSerializer.Serialize(new
        {
            model = "m",
            max_tokens = random.Next(1, 1000),
            system = new[] { Block(system, random.Next(2) == 0) },
            messages = turns.Select((text, i) => new { role = i % 2 == 0 ? "user" : "assistant", content = new[] { Block(text, i == marked) } }),
        });
    }

    private static ClientRequest Anthropic(string body) => Read(Dialect.AnthropicMessages, body);

    private static ClientRequest Responses(string body) => Read(Dialect.OpenAIResponses, body);

    private static ClientRequest Read(Dialect dialect, string body)
    {
        var request = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), out var problem);
        problem.ShouldBeNull();
        return request!;
    }
}
