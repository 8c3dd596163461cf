using System.Net;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>
/// Conversations with encrypted or signed reasoning that change accounts, turn by turn, through the real parts on
/// virtual time. The sandbox refuses encrypted reasoning of another account; the client must see nothing of it.
/// </summary>
public sealed class ReasoningFailoverTests
{
    private const string Session = "made-up-session";

    private readonly ManualTimeProvider _time = new();

    public static TheoryData<Dialect, bool> Clients { get; } = new()
    {
        { Dialect.OpenAIResponses, true },
        { Dialect.OpenAIResponses, false },
        { Dialect.AnthropicMessages, true },
        { Dialect.AnthropicMessages, false },
        { Dialect.OpenAIChat, true },
        { Dialect.OpenAIChat, false },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Conversation_moves_to_another_chatgpt_account_and_back_with_nothing_visible(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, dialect, Asking.Gpt, stream);
        await talk.SayAsync("hello", attempts: 1);
        var (first, second) = (talk.ServedBy, talk.ServedBy == "codex-1" ? "codex-2" : "codex-1");
        await talk.SayAsync("on its own account", attempts: 1);
        talk.ServedBy.ShouldBe(first);
        talk.ReasoningSent.ShouldBe(dialect != Dialect.OpenAIChat);

        // The account runs out in the middle of the talk.
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(20));
        await talk.SayAsync("on the other one", attempts: 2);
        talk.ServedBy.ShouldBe(second);
        talk.ReasoningSent.ShouldBeFalse();
        await talk.SayAsync("and it stays there", attempts: 1);
        talk.ServedBy.ShouldBe(second);

        // The first one comes back: that moves nobody.
        _time.Advance(TimeSpan.FromMinutes(21));
        await talk.SayAsync("though the first one is back", attempts: 1);
        talk.ServedBy.ShouldBe(second);

        // Now the second one runs out.
        host.Sandbox.Accounts[second].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(20));
        await talk.SayAsync("back on the first one", attempts: 2);
        talk.ServedBy.ShouldBe(first);
        await talk.SayAsync("and on", attempts: 1);
        talk.ServedBy.ShouldBe(first);

        // No call was wasted on reasoning that the account can't read.
        host.Sandbox.Requests.Of(SandboxOperation.Responses).Select(r => r.Status).ShouldBe([200, 200, 429, 200, 200, 200, 429, 200, 200]);
        (await host.AccountsAsync()).Where(a => ((string?)a["label"])!.StartsWith("codex", StringComparison.Ordinal))
            .SelectMany(a => a["cooldowns"]!.AsArray()).Where(c => (string?)c!["cause"] != "Quota").ShouldBeEmpty();
        await host.LeavesNoLeaseAsync();
    }

    /// <summary>The proxy has forgotten who served the talk: it learns from the refusal, once per request at most.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Conversation_that_comes_back_after_its_binding_is_forgotten_goes_on_unseen(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, dialect, Asking.Gpt, stream);
        await talk.SayAsync("hello", attempts: 1);
        var first = talk.ServedBy;
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(20));
        await talk.SayAsync("on the other one", attempts: 2);
        _time.Advance(TimeSpan.FromHours(2));

        // Its history holds reasoning of both accounts: whichever is chosen can't read some of it.
        await talk.SayAsync("after two hours", attempts: dialect == Dialect.OpenAIChat ? 1 : 2);
        var home = talk.ServedBy;
        await talk.SayAsync("and on", attempts: 1);

        talk.ServedBy.ShouldBe(home);
        var calls = host.Sandbox.Requests.Of(SandboxOperation.Responses);
        calls.Select(r => r.Status).ShouldBe(dialect == Dialect.OpenAIChat ? [200, 429, 200, 200, 200] : [200, 429, 200, 400, 200, 200]);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Compaction_of_another_account_is_left_behind_too(bool stream)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, Dialect.OpenAIResponses, Asking.Gpt, stream);
        await talk.SayAsync("hello", attempts: 1);
        var first = talk.ServedBy;
        talk.History.Insert(0, new JsonObject { ["type"] = "compaction", ["encrypted_content"] = talk.Last.Signature });
        await talk.SayAsync("its maker reads it", attempts: 1);
        host.Sandbox.Requests.All[^1].Body.ToArray().AsSpan().IndexOf("\"compaction\""u8).ShouldBeGreaterThan(0);

        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));
        await talk.SayAsync("another can't", attempts: 2);

        talk.ServedBy.ShouldNotBe(first);
        host.Sandbox.Requests.All[^1].Body.ToArray().AsSpan().IndexOf("\"compaction\""u8).ShouldBe(-1);
        host.Sandbox.Requests.Of(SandboxOperation.Responses).ShouldAllBe(r => r.Status != 400);
    }

    /// <summary>The refusal may come inside the stream, after <c>response.created</c>.</summary>
    [Theory]
    [InlineData(Dialect.OpenAIResponses)]
    [InlineData(Dialect.AnthropicMessages)]
    public async Task Refusal_inside_the_stream_is_mended_too(Dialect dialect)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, dialect, Asking.Gpt, stream: true);
        await talk.SayAsync("hello", attempts: 1);
        host.Sandbox.Accounts[talk.ServedBy].Script.Enqueue(SandboxFault.StreamError("invalid_encrypted_content", "The encrypted content could not be verified.", afterEvents: 2));

        await talk.SayAsync("again", attempts: 2);

        talk.ReasoningSent.ShouldBeFalse();
        host.Sandbox.Requests.Of(SandboxOperation.Responses).Select(r => r.Account).Distinct().ShouldHaveSingleItem();
    }

    /// <summary>Claude's signatures are good on every account: they stay as they are when the account changes.</summary>
    [Theory]
    [InlineData(Dialect.AnthropicMessages, true)]
    [InlineData(Dialect.AnthropicMessages, false)]
    [InlineData(Dialect.OpenAIResponses, true)]
    [InlineData(Dialect.OpenAIResponses, false)]
    public async Task Conversation_moves_to_another_claude_account_with_its_signed_thinking(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, dialect, Asking.Claude, stream);
        await talk.SayAsync("hello", attempts: 1);
        var first = talk.ServedBy;
        host.Sandbox.Accounts[first].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddMinutes(20));

        await talk.SayAsync("on the other one", attempts: 2);

        talk.ServedBy.ShouldNotBe(first);
        talk.ReasoningSent.ShouldBeTrue();
        await talk.SayAsync("and on", attempts: 1);
        talk.ReasoningSent.ShouldBeTrue();
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Select(r => r.Status).ShouldBe([200, 429, 200, 200]);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, true)]
    [InlineData(Dialect.AnthropicMessages, false)]
    [InlineData(Dialect.OpenAIResponses, true)]
    public async Task Signature_that_claude_refuses_is_left_out_from_then_on(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync();
        var talk = new Conversation(host, dialect, Asking.Claude, stream);
        await talk.SayAsync("hello", attempts: 1);
        var account = talk.ServedBy;
        host.Sandbox.Accounts[account].Script.Enqueue(SandboxFault.Answer(
            400, """{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}"""));

        await talk.SayAsync("again", attempts: 2);

        talk.ServedBy.ShouldBe(account);
        talk.ReasoningSent.ShouldBeFalse();
        await talk.SayAsync("and on", attempts: 1);
        host.Sandbox.Requests.Of(SandboxOperation.Messages).Select(r => r.Status).ShouldBe([200, 400, 200, 200]);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
    }

    private Task<HostFixture> StartAsync() =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) }, Time = _time });

    /// <summary>A client's talk: it sends back everything that it was given, as real ones do.</summary>
    private sealed class Conversation(HostFixture host, Dialect dialect, string model, bool stream)
    {
        private readonly JsonObject _body = Start(dialect, model, stream);

        public JsonArray History => _body[dialect == Dialect.OpenAIResponses ? "input" : "messages"]!.AsArray();

        public Turn Last { get; private set; } = null!;

        public string ServedBy { get; private set; } = string.Empty;

        /// <summary>Reasoning went upstream with the last call.</summary>
        public bool ReasoningSent
        {
            get
            {
                var upstream = JsonNode.Parse(host.Sandbox.Requests.All[^1].Body.Span)!;
                return upstream["input"] is JsonArray input
                    ? input.Any(i => (string?)i!["type"] == "reasoning")
                    : upstream["messages"]!.AsArray().SelectMany(m => m!["content"] as JsonArray ?? []).Any(b => (string?)b!["type"] == "thinking");
            }
        }

        /// <summary>One turn: a whole answer with thinking, and nothing of what went on behind it.</summary>
        public async Task SayAsync(string text, int attempts)
        {
            History.Add(new JsonObject { ["role"] = "user", ["content"] = $"[[think n=3]] {text}" });

            var answer = await host.AskAsync(dialect, _body, Session);

            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            answer.Header("x-proxy-attempts").ShouldBe($"{attempts}");
            answer.Body.ShouldNotContain("event: error");
            answer.Body.ShouldNotContain("response.failed");
            Last = Turn.Read(dialect, answer.Body, stream);
            Last.Thinking.ShouldNotBeEmpty();
            Last.Text.ShouldContain("[served by ");
            (dialect == Dialect.OpenAIChat || !string.IsNullOrEmpty(Last.Signature)).ShouldBeTrue();
            ServedBy = Last.Text.Split("[served by ")[1].Split(']')[0];
            foreach (var item in Last.Back)
            {
                History.Add(item!.DeepClone());
            }
        }

        private static JsonObject Start(Dialect dialect, string model, bool stream)
        {
            var body = Asking.Body(dialect, model, "", stream, dialect switch
            {
                Dialect.AnthropicMessages => """{"thinking":{"type":"enabled","budget_tokens":2048}}""",
                Dialect.OpenAIChat => """{"reasoning_effort":"high"}""",
                _ => """{"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"}}""",
            });
            body[dialect == Dialect.OpenAIResponses ? "input" : "messages"]!.AsArray().Clear();
            return body;
        }
    }
}
