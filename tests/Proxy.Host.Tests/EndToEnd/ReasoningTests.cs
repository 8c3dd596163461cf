using System.Net;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Signed and encrypted reasoning, which only its maker can read: what comes back, and what must not.</summary>
public sealed class ReasoningTests
{
    private const string Session = "made-up-session";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Anthropic_clients_thinking_signature_comes_back_to_claude_unchanged(bool stream)
    {
        await using var host = await StartAsync();
        var body = Thinking(Dialect.AnthropicMessages, Asking.Claude, stream);
        var turn = await FirstAsync(host, Dialect.AnthropicMessages, body, stream);
        turn.Signature.ShouldNotBeNullOrEmpty();

        (await SecondAsync(host, Dialect.AnthropicMessages, body, turn)).Status.ShouldBe(HttpStatusCode.OK);

        var block = Upstream(host)["messages"]![1]!["content"]![0]!;
        ((string?)block["signature"]).ShouldBe(turn.Signature);
        ((string?)block["thinking"]).ShouldBe(turn.Thinking);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Anthropic_clients_encrypted_reasoning_comes_back_to_the_chatgpt_account_that_made_it(bool stream)
    {
        await using var host = await StartAsync();
        var body = Thinking(Dialect.AnthropicMessages, Asking.Gpt, stream);
        var turn = await FirstAsync(host, Dialect.AnthropicMessages, body, stream);
        turn.Signature.ShouldNotBeNullOrEmpty();

        var answer = await SecondAsync(host, Dialect.AnthropicMessages, body, turn);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);

        ReasoningOf(Upstream(host)).Select(r => (string?)r["encrypted_content"]).ShouldBe([turn.Signature]);
        host.Sandbox.Requests.All.Select(r => r.Account).Distinct().ShouldHaveSingleItem();
        answer.Header("x-proxy-attempts").ShouldBe("1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Responses_clients_reasoning_of_claude_comes_back_as_signed_thinking(bool stream)
    {
        await using var host = await StartAsync();
        var body = Thinking(Dialect.OpenAIResponses, Asking.Claude, stream);
        var turn = await FirstAsync(host, Dialect.OpenAIResponses, body, stream);
        turn.Signature.ShouldNotBeNullOrEmpty();

        (await SecondAsync(host, Dialect.OpenAIResponses, body, turn)).Status.ShouldBe(HttpStatusCode.OK);

        var block = Upstream(host)["messages"]![1]!["content"]![0]!;
        ((string?)block["type"]).ShouldBe("thinking");
        ((string?)block["thinking"]).ShouldBe(turn.Thinking);
        ((string?)block["signature"]).ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(Dialect.OpenAIResponses)]
    [InlineData(Dialect.AnthropicMessages)]
    public async Task Session_that_moves_to_another_chatgpt_account_goes_there_without_encrypted_reasoning(Dialect dialect)
    {
        await using var host = await StartAsync();
        var body = Thinking(dialect, Asking.Gpt, stream: true);
        var turn = await FirstAsync(host, dialect, body, stream: true);
        var owner = host.Sandbox.Requests.All.Single().Account!;
        host.Sandbox.Accounts[owner].ExhaustQuota(SandboxWindow.FiveHours, TimeProviders.Real.GetUtcNow().AddHours(2));

        var answer = await SecondAsync(host, dialect, body, turn);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        host.Sandbox.Requests.All.Select(r => r.Status).ShouldBe([200, 429, 200]); // no call is wasted on an invalid_encrypted_content
        ReasoningOf(Upstream(host)).ShouldBeEmpty();
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Dialect.OpenAIResponses)]
    [InlineData(Dialect.AnthropicMessages)]
    public async Task Foreign_reasoning_that_nobody_knew_of_is_stripped_and_tried_once_more_on_the_same_account(Dialect dialect)
    {
        // Without sessions nothing is known about who made it.
        await using var host = await StartAsync("routing:\n  session-affinity: false\nrequest-retry: 0");
        var body = Thinking(dialect, Asking.Gpt, stream: true);
        var turn = await FirstAsync(host, dialect, body, stream: true);

        var answer = await SecondAsync(host, dialect, body, turn); // round-robin: the other account

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Header("x-proxy-attempts").ShouldBe("2");
        var calls = host.Sandbox.Requests.Of(SandboxOperation.Responses);
        calls.Select(r => r.Status).ShouldBe([200, 400, 200]);
        calls[1].Account.ShouldBe(calls[2].Account);
        ReasoningOf(Upstream(host)).ShouldBeEmpty();
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude, Asking.Gpt)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt, Asking.Claude)]
    [InlineData(Dialect.OpenAIResponses, Asking.Claude, Asking.Gpt)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt, Asking.Claude)]
    public async Task Fault72_model_switch_with_foreign_thinking_is_served(Dialect dialect, string from, string to)
    {
        await using var host = await StartAsync();
        var body = Thinking(dialect, from, stream: true);
        var turn = await FirstAsync(host, dialect, body, stream: true);
        body["model"] = to;

        var answer = await SecondAsync(host, dialect, body, turn);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Header("x-proxy-attempts").ShouldBe("1");
        Upstream(host).ToJsonString().ShouldNotContain(turn.Signature!);
    }

    private static Task<HostFixture> StartAsync(string yaml = "") => HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Yaml = yaml });

    private static JsonObject Thinking(Dialect dialect, string model, bool stream) => Asking.Body(dialect, model, "[[think n=3]] hello", stream, dialect == Dialect.AnthropicMessages
        ? """{"thinking":{"type":"enabled","budget_tokens":2048}}"""
        : """{"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"}}""");

    private static async Task<Turn> FirstAsync(HostFixture host, Dialect dialect, JsonObject body, bool stream)
    {
        var answer = await host.AskAsync(dialect, body, Session);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return Turn.Read(dialect, answer.Body, stream);
    }

    private static Task<Answered> SecondAsync(HostFixture host, Dialect dialect, JsonObject body, Turn turn)
    {
        var history = body[dialect == Dialect.OpenAIResponses ? "input" : "messages"]!.AsArray();
        foreach (var item in turn.Back)
        {
            history.Add(item!.DeepClone());
        }

        history.Add(new JsonObject { ["role"] = "user", ["content"] = "and again" });
        return host.AskAsync(dialect, body, Session);
    }

    private static JsonNode Upstream(HostFixture host) => JsonNode.Parse(host.Sandbox.Requests.All[^1].Body.Span)!;

    private static IEnumerable<JsonNode> ReasoningOf(JsonNode upstream) => upstream["input"]!.AsArray().Where(i => (string?)i!["type"] == "reasoning").Select(i => i!);
}
