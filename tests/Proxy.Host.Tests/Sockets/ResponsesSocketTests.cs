using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Host.Tests.Sockets;

/// <summary>The WebSocket form of Responses over the real parts (spec/accounts.md 8.16, spec/clients.md 2.5 and 5).</summary>
public sealed class ResponsesSocketTests
{
    private const string Tools = """{"tools":[{"type":"function","name":"read","parameters":{"type":"object","properties":{"path":{"type":"string"}}}}],"include":["reasoning.encrypted_content"],"reasoning":{"effort":"low","summary":"auto"}}""";

    private static Task<HostFixture> StartAsync(Action<SandboxServer>? prepare = null, TimeProvider? time = null) =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) }, Time = time ?? TimeProviders.Real, PrepareSandbox = prepare });

    [Theory]
    [InlineData(Asking.Gpt)]
    [InlineData(Asking.Claude)]
    public async Task Tool_round_trip_on_one_socket_sends_only_what_is_new(string model)
    {
        await using var host = await StartAsync();
        using var client = await SocketClient.OpenAsync(host);

        await client.CreateAsync([], generate: false, model: model, more: Tools);
        var prepared = await client.AnswerAsync();
        await client.CreateAsync([User("""[[think]] [[call read {"path":"a.txt"}]] look""")], Id(prepared), model: model, more: Tools);
        var called = await client.AnswerAsync();
        var call = called[^1]["response"]!["output"]!.AsArray().Single(i => (string?)i!["type"] == "function_call")!;
        await client.CreateAsync([new JsonObject { ["type"] = "function_call_output", ["call_id"] = (string?)call["call_id"], ["output"] = "the token" }], Id(called), model: model, more: Tools);
        var done = await client.AnswerAsync();

        prepared.Select(e => (string?)e["type"]).ShouldBe(["response.created", "response.completed"]);
        called[0]["type"]!.GetValue<string>().ShouldBe("response.created");
        ((string?)called[^1]["type"]).ShouldBe("response.completed");
        ((string?)call["arguments"])!.ShouldContain("a.txt");
        ((string?)done[^1]["type"]).ShouldBe("response.completed");
        Text(done).ShouldContain("[served by ");
        host.Sandbox.Requests.Count.ShouldBe(2);
        await client.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        client.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task Turn_boundary_chooses_another_account_when_the_first_is_out_of_quota()
    {
        var time = new ManualTimeProvider();
        await using var host = await StartAsync(time: time);
        using var client = await SocketClient.OpenAsync(host);
        await client.CreateAsync([User("[[think]] one")], more: Tools);
        var first = await client.AnswerAsync();
        var account = Served(first);
        host.Sandbox.Accounts[account].ExhaustQuota(SandboxWindow.FiveHours, time.GetUtcNow() + TimeSpan.FromHours(2));

        await client.CreateAsync([User("two")], Id(first), more: Tools);
        var second = await client.AnswerAsync();

        ((string?)second[^1]["type"]).ShouldBe("response.completed", second[^1].ToJsonString());
        Served(second).ShouldNotBe(account);
    }

    [Fact]
    public async Task Fault71_unknown_previous_response_is_an_error_event_and_the_socket_goes_on()
    {
        await using var host = await StartAsync();
        using var client = await SocketClient.OpenAsync(host);

        await client.CreateAsync([User("on")], "resp_of_another_socket");
        var error = (await client.AnswerAsync()).ShouldHaveSingleItem();
        await client.SendAsync("{}");
        var noType = (await client.AnswerAsync()).ShouldHaveSingleItem();
        await client.CreateAsync([User("hello")]);
        var answer = await client.AnswerAsync();

        ((string?)error["type"]).ShouldBe("error");
        ((int)error["status"]!).ShouldBe(400);
        ((string?)error["error"]!["code"]).ShouldBe("previous_response_not_found");
        ((string?)noType["error"]!["param"]).ShouldBe("type");
        ((string?)answer[^1]["type"]).ShouldBe("response.completed");
    }

    [Fact]
    public async Task Sockets_share_the_budget_of_request_bodies_and_give_it_back()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Yaml = "limits: { request-body: 1MiB, body-budget: 1MiB }" });
        var large = new string('x', 400_000);
        using (var client = await SocketClient.OpenAsync(host))
        {
            await client.CreateAsync([User("small")]);
            ((string?)(await client.AnswerAsync())[^1]["type"]).ShouldBe("response.completed");

            // Its message and the body that it becomes are more than there is.
            await client.CreateAsync([User(large), User(large[..200_000])]);
            var error = (await client.AnswerAsync()).ShouldHaveSingleItem();
            ((int)error["status"]!).ShouldBe(503);

            await client.CreateAsync([User(large)], generate: false);
            ((string?)(await client.AnswerAsync())[^1]["type"]).ShouldBe("response.completed");
            using var other = await SocketClient.OpenAsync(host);
            await other.CreateAsync([User(large), User(large)]);
            (await other.NextAsync()).ShouldBeNull("what the first remembers leaves no room for its message");
            other.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
            await client.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        using var again = await SocketClient.OpenAsync(host);
        await again.CreateAsync([User(large)]);
        ((string?)(await again.AnswerAsync())[^1]["type"]).ShouldBe("response.completed");
        await host.LeavesNoLeaseAsync();
    }

    [Fact]
    public async Task All_accounts_out_is_an_error_event_with_status_and_reset()
    {
        var time = new ManualTimeProvider();
        await using var host = await StartAsync(
            s => s.Accounts.All.Where(a => a.Name.StartsWith("codex", StringComparison.Ordinal)).ToList().ForEach(a => a.ExhaustQuota(SandboxWindow.FiveHours, time.GetUtcNow() + TimeSpan.FromHours(2))),
            time);
        using var client = await SocketClient.OpenAsync(host);

        await client.CreateAsync([User("hello")]);
        var error = (await client.AnswerAsync()).ShouldHaveSingleItem();

        ((int)error["status"]!).ShouldBe(429);
        ((string?)error["error"]!["type"]).ShouldBe("usage_limit_reached");
        error["error"]!["resets_at"].ShouldNotBeNull();
        error["headers"]!["x-proxy-request-id"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Stream_that_breaks_ends_with_response_failed_and_the_socket_goes_on()
    {
        await using var host = await StartAsync(s => s.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(SandboxFault.CleanEnd(FaultPlace.AfterEvents(7)))));
        using var client = await SocketClient.OpenAsync(host);

        await client.CreateAsync([User("[[n=20]] hello")]);
        var broken = await client.AnswerAsync();
        host.Sandbox.Accounts.All.ToList().ForEach(a => a.Script.Clear());
        await client.CreateAsync([User("again")]);
        var answer = await client.AnswerAsync();

        ((string?)broken[^1]["type"]).ShouldBe("response.failed");
        ((string?)answer[^1]["type"]).ShouldBe("response.completed");
    }

    [Fact]
    public async Task Fault37_client_that_leaves_its_socket_takes_the_upstream_call_along()
    {
        var gate = new SandboxGate();
        await using var host = await StartAsync(s => s.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.AfterEvents(7)))));
        var client = await SocketClient.OpenAsync(host);
        await client.CreateAsync([User("[[n=20]] hello")]);
        await gate.Reached.WaitAsync(Deadline.Long);

        client.Socket.Abort();

        await host.Sandbox.Requests.All.Single().Aborted.WaitAsync(Deadline.Long);
        await host.LeavesNoLeaseAsync();
        gate.Open();
    }

    [Fact]
    public async Task What_is_no_text_or_too_large_closes_the_socket_with_its_reason()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { request-body: 4KiB }" });
        using var binary = await SocketClient.OpenAsync(host);
        await binary.Socket.SendAsync(new byte[3], WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        (await binary.NextAsync()).ShouldBeNull();
        using var large = await SocketClient.OpenAsync(host);
        await large.SendAsync(new string('x', 5000));
        (await large.NextAsync()).ShouldBeNull();

        binary.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.InvalidMessageType);
        large.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.MessageTooBig);
        large.Socket.CloseStatusDescription!.ShouldContain("limits.request-body");
    }

    [Fact]
    public async Task Idle_socket_is_closed_when_the_proxy_stops()
    {
        await using var host = await StartAsync();
        using var client = await SocketClient.OpenAsync(host);
        await client.CreateAsync([], generate: false);
        await client.AnswerAsync();

        var next = client.NextAsync();
        var stopping = host.Host.StopAsync(CancellationToken.None);

        (await next).ShouldBeNull();
        await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await stopping;
        client.Socket.CloseStatus.ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
    }

    private static JsonObject User(string text) => new() { ["type"] = "message", ["role"] = "user", ["content"] = text };

    private static string Id(IReadOnlyList<JsonNode> answer) => (string)answer[^1]["response"]!["id"]!;

    private static string Text(IReadOnlyList<JsonNode> answer) => Turn.Read(Protocol.Dialects.Dialect.OpenAIResponses, answer[^1]["response"]!.ToJsonString(), stream: false).Text;

    private static string Served(IReadOnlyList<JsonNode> answer)
    {
        var text = Text(answer);
        var at = text.IndexOf("[served by ", StringComparison.Ordinal) + "[served by ".Length;
        return text[at..text.IndexOf(']', at)];
    }
}
