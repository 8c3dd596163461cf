using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Recording;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>
/// Requests that name items of earlier answers, as opencode 1.0 with <c>@ai-sdk/openai</c> 2.x sends them
/// (spec/clients.md 2.10), for every kind of upstream. None of them stores anything: the sandbox refuses what is only named.
/// </summary>
public sealed class ContinuationTests
{
    private const string Chat = "sandbox-chat";

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(Asking.Gpt, true)]
    [InlineData(Asking.Gpt, false)]
    [InlineData(Asking.Claude, true)]
    [InlineData(Asking.Claude, false)]
    [InlineData(Chat, true)]
    [InlineData(Chat, false)]
    public async Task Second_turn_that_only_names_the_first_ones_items_is_whole_for_the_upstream(string model, bool stream)
    {
        await using var host = await StartAsync();
        var question = User("""[[think]] [[call read {"path":"a.txt","limit":1.50}]] read it""");
        var first = await AskAsync(host, Body(model, stream, question));

        var output = OutputOf(first, stream);
        var call = output.Single(i => (string?)i!["type"] == "function_call")!;
        var second = await AskAsync(host, Body(model, stream, [question, .. output.Select(Named), Result(call, "three lines")]));

        second.Status.ShouldBe(HttpStatusCode.OK, second.Body);
        TextOf(OutputOf(second, stream)).ShouldContain("TOOL-DONE three lines");
        var sent = host.Sandbox.Requests.All[^1];
        sent.BodyText.ShouldNotContain("item_reference");
        sent.BodyText.ShouldContain("Calling the tool. ");
        sent.BodyText.ShouldContain((string)call["call_id"]!);
        sent.BodyText.ShouldContain("1.50"); // as it came, three dialects later
        (model == Chat || Reasoning(sent)).ShouldBeTrue();

        // The third turn names the items of both.
        JsonNode[] third = [question, .. output.Select(Named), Result(call, "three lines"), .. OutputOf(second, stream).Select(Named), User("thanks")];
        (await AskAsync(host, Body(model, stream, third))).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All[^1].BodyText.ShouldContain("TOOL-DONE three lines");
        host.Sandbox.Requests.All.ShouldAllBe(r => r.Status == 200);
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData(Asking.Gpt)]
    [InlineData(Asking.Claude)]
    public async Task The_account_that_made_the_items_goes_on_without_any_session(string model)
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            var question = User($"[[think n=3]] question {i}");
            var output = OutputOf(await AskAsync(host, Body(model, false, question)), false);
            var maker = host.Sandbox.Requests.All[^1].Account;
            (await AskAsync(host, Body(model, false, [question, .. output.Select(Named), User("and on")]))).Status.ShouldBe(HttpStatusCode.OK);
            host.Sandbox.Requests.All[^1].Account.ShouldBe(maker);
        }

        // In turns, the next request would have gone to the other account each time.
        host.Sandbox.Requests.All.Select(r => r.Account).Distinct().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_account_gets_the_items_without_the_reasoning_that_it_can_not_read(bool stream)
    {
        await using var host = await StartAsync();
        var question = User("[[think n=3]] hello");
        var output = OutputOf(await AskAsync(host, Body(Asking.Gpt, stream, question)), stream);
        output.ShouldContain(i => (string?)i!["type"] == "reasoning");
        var maker = host.Sandbox.Requests.All[^1].Account!;
        host.Sandbox.Accounts[maker].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));
        await AskAsync(host, Body(Asking.Gpt, stream, User("the proxy learns that it is out")));
        await AskAsync(host, Body(Asking.Gpt, stream, User("and the other takes its turn")));

        var answer = await AskAsync(host, Body(Asking.Gpt, stream, [question, .. output.Select(Named), User("go on")]));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var sent = host.Sandbox.Requests.All[^1];
        sent.Account.ShouldNotBe(maker);
        sent.BodyText.ShouldContain($"[served by {maker}]");
        Reasoning(sent).ShouldBeFalse();
        host.Sandbox.Requests.All.ShouldAllBe(r => r.Status != 400);
    }

    [Fact]
    public async Task Another_clients_items_can_not_be_named()
    {
        await using var host = await StartAsync();
        var output = OutputOf(await AskAsync(host, Body(Asking.Gpt, false, User("my secret plan")), key: "made-up-key-one"), false);
        var named = Body(Asking.Gpt, false, [.. output.Select(Named), User("what did I say?")]);

        var stranger = await AskAsync(host, named, key: "made-up-key-two");
        var nobody = await AskAsync(host, named);
        var owner = await AskAsync(host, named, key: "made-up-key-one");

        stranger.Status.ShouldBe(HttpStatusCode.BadRequest);
        stranger.Body.ShouldNotContain("secret plan");
        nobody.Status.ShouldBe(HttpStatusCode.BadRequest);
        owner.Status.ShouldBe(HttpStatusCode.OK, owner.Body);
        host.Sandbox.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("/v1/responses", Asking.Gpt, true)]
    [InlineData("/v1/responses", Asking.Gpt, false)]
    [InlineData("/v1/responses", Asking.Claude, false)]
    [InlineData("/v1/responses", Chat, true)]
    [InlineData("/v1/responses/compact", Asking.Gpt, false)]
    [InlineData("/v1/chat/completions", Asking.Gpt, false)]
    [InlineData("/v1/chat/completions", Asking.Claude, true)]
    public async Task Unknown_id_is_a_400_that_names_it_and_costs_no_call(string path, string model, bool stream)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, Body(model, stream, User("hello"), new JsonObject { ["type"] = "item_reference", ["id"] = "msg_made_up" }), path: path);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        ((string?)answer.Json["error"]!["type"]).ShouldBe("invalid_request_error");
        ((string?)answer.Json["error"]!["param"]).ShouldBe("input");
        ((string?)answer.Json["error"]!["message"]).ShouldBe("input item 'msg_made_up' is not known here: send the item itself");
        host.Sandbox.Requests.Count.ShouldBe(0);
        await host.LeavesNoLeaseAsync();
    }

    /// <summary>The API's own type allows a reference without a type.</summary>
    [Fact]
    public async Task Reference_without_a_type_is_one()
    {
        await using var host = await StartAsync();
        var output = OutputOf(await AskAsync(host, Body(Asking.Gpt, false, User("hello"))), false);

        var answer = await AskAsync(host, Body(Asking.Gpt, false, User("hello"), new JsonObject { ["id"] = (string)output[0]!["id"]! }, User("on")));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        host.Sandbox.Requests.All[^1].BodyText.ShouldContain("You said: hello");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_kept_for_clients_that_said_so(bool stream)
    {
        await using var host = await StartAsync();
        var body = Body(Asking.Gpt, stream, User("hello"));
        body["store"] = false;
        var output = OutputOf(await AskAsync(host, body), stream);

        var answer = await AskAsync(host, Body(Asking.Gpt, stream, [.. output.Select(Named)]));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain((string)output[0]!["id"]!);
    }

    [Fact]
    public async Task Items_are_forgotten_after_an_hour_without_use()
    {
        await using var host = await StartAsync();
        var named = Body(Asking.Gpt, false, [.. OutputOf(await AskAsync(host, Body(Asking.Gpt, false, User("hello"))), false).Select(Named), User("on")]);
        _time.Advance(TimeSpan.FromMinutes(59));
        (await AskAsync(host, named)).Status.ShouldBe(HttpStatusCode.OK);
        _time.Advance(TimeSpan.FromMinutes(59));
        (await AskAsync(host, named)).Status.ShouldBe(HttpStatusCode.OK);
        _time.Advance(TimeSpan.FromMinutes(60));
        (await AskAsync(host, named)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>A cut answer is none: what the client got of it can't be named.</summary>
    [Fact]
    public async Task Items_of_a_stream_that_broke_are_not_kept()
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts.All.ToList().ForEach(a => a.Script.Enqueue(SandboxFault.StreamError("server_error", "it broke", afterEvents: 9)));
        var broken = await AskAsync(host, Body(Asking.Gpt, true, User("[[think n=3]] hello")));
        broken.Body.ShouldContain("response.failed");
        var id = (string)Turn.Events(broken.Body).First(e => (string?)e["type"] == "response.output_item.done")["item"]!["id"]!;

        host.Sandbox.Accounts.All.ToList().ForEach(a => a.Script.Clear());
        var answer = await AskAsync(host, Body(Asking.Gpt, false, new JsonObject { ["type"] = "item_reference", ["id"] = id }, User("on")));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain(id);
    }

    /// <summary>The backend may end with an empty output; the client has ids from the events (spec/protocols.md 2.5).</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Items_of_an_answer_whose_last_event_names_none_are_known_all_the_same(bool stream)
    {
        await using var host = await StartAsync(new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30), EmptyCompletedOutput = true });
        var output = OutputOf(await AskAsync(host, Body(Asking.Gpt, stream, User("hello"))), stream);
        output.ShouldNotBeEmpty();

        var answer = await AskAsync(host, Body(Asking.Gpt, stream, [.. output.Select(Named), User("on")]));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
    }

    private Task<HostFixture> StartAsync(SandboxOptions? sandbox = null) => HostFixture.StartAsync(new HostFixtureOptions
    {
        Sandbox = sandbox ?? new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) },
        Yaml = "routing: { session-affinity: false }",
        Time = _time,
    });

    /// <summary>A request as <c>@ai-sdk/openai</c> 2.x sends it: no <c>store</c>.</summary>
    private static JsonObject Body(string model, bool stream, params JsonNode[] input)
    {
        var body = JsonNode.Parse("""
            {"tools":[{"type":"function","name":"read","description":"reads","parameters":{"type":"object","properties":{"path":{"type":"string"},"limit":{"type":"number"}}},"strict":false}],
             "tool_choice":"auto","reasoning":{"effort":"medium","summary":"auto"},"include":["reasoning.encrypted_content"]}
            """)!.AsObject();
        body["model"] = model;
        body["stream"] = stream;
        body["input"] = new JsonArray([.. input.Select(i => i.DeepClone())]);
        return body;
    }

    private static JsonObject User(string text) => new()
    {
        ["role"] = "user",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = text }),
    };

    private static JsonNode Named(JsonNode? item) => new JsonObject { ["type"] = "item_reference", ["id"] = (string)item!["id"]! };

    private static JsonObject Result(JsonNode call, string output) => new()
    {
        ["type"] = "function_call_output",
        ["call_id"] = (string)call["call_id"]!,
        ["output"] = output,
    };

    private static async Task<Answered> AskAsync(HostFixture host, JsonObject body, string? key = null, string path = "/v1/responses")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        using var answer = await host.Client.SendAsync(request);
        return new Answered(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>The items as such a client sees them: those of a stream from their own events.</summary>
    private static JsonArray OutputOf(Answered answer, bool stream)
    {
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return stream
            ? new JsonArray([.. Turn.Events(answer.Body).Where(e => (string?)e["type"] == "response.output_item.done").Select(e => e["item"]!.DeepClone())])
            : answer.Json["output"]!.DeepClone().AsArray();
    }

    private static string TextOf(JsonArray output) =>
        string.Concat(output.Where(i => (string?)i!["type"] == "message").SelectMany(i => i!["content"]!.AsArray()).Select(p => (string?)p!["text"]));

    private static bool Reasoning(RecordedRequest sent) =>
        sent.BodyText.Contains("\"encrypted_content\"", StringComparison.Ordinal) || sent.BodyText.Contains("\"signature\"", StringComparison.Ordinal);
}
