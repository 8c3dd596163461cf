using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>The legacy <c>/v1/completions</c> (spec/protocols.md 11), for every kind of upstream.</summary>
public sealed class CompletionsTests
{
    public static TheoryData<string, bool> Upstreams { get; } = new()
    {
        { Asking.Gpt, true },
        { Asking.Gpt, false },
        { Asking.Claude, true },
        { Asking.Claude, false },
        { "sandbox-chat", true },
        { "sandbox-chat", false },
    };

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Prompt_is_written_on(string model, bool stream)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, model, stream, """{"prompt":["first line","second line"],"echo":true,"max_tokens":50,"temperature":0.5,"stop":["never"],"best_of":1,"user":"somebody"}""");

        answer.Text.ShouldStartWith("first line\nsecond lineYou said: first line second line [served by ");
        answer.Text.Split("first line\nsecond line").Length.ShouldBe(2);
        answer.Finish.ShouldBe("stop");
        answer.Answers.ShouldAllBe(a => (string?)a["object"] == "text_completion" && !string.IsNullOrEmpty((string?)a["id"]) && (long)a["created"]! > 0 && !string.IsNullOrEmpty((string?)a["model"]));
        answer.Answers.SelectMany(a => a["choices"]!.AsArray()).ShouldAllBe(c => (int)c!["index"]! == 0 && c["delta"] == null && c["message"] == null);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Answer_that_was_cut_by_the_limit_says_so(string model, bool stream)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, model, stream, """{"prompt":"[[truncate]] hello","stream_options":null}""");

        answer.Finish.ShouldBe("length");
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Usage_is_told_as_it_is_asked_for(string model, bool stream)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, model, stream, stream ? """{"prompt":"hello","stream_options":{"include_usage":true}}""" : """{"prompt":"hello"}""");

        var usage = answer.Answers.Select(a => a["usage"]).OfType<JsonObject>().ShouldHaveSingleItem();
        ((int)usage["prompt_tokens"]!).ShouldBePositive();
        ((int)usage["completion_tokens"]!).ShouldBePositive();
        ((int)usage["total_tokens"]!).ShouldBe((int)usage["prompt_tokens"]! + (int)usage["completion_tokens"]!);
    }

    [Theory]
    [InlineData("""{"prompt":[1,2,3]}""", "prompt")]
    [InlineData("""{"prompt":[[1,2],[3]]}""", "prompt")]
    [InlineData("""{"prompt":"x","suffix":"end"}""", "suffix")]
    public async Task What_no_chat_model_can_do_is_a_400_and_no_call(string more, string parameter)
    {
        await using var host = await StartAsync();
        foreach (var model in new[] { Asking.Gpt, Asking.Claude, "sandbox-chat" })
        {
            var body = JsonNode.Parse(more)!.AsObject();
            body["model"] = model;
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await host.Client.PostAsync("/v1/completions", content);

            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
            ((string?)error["type"]).ShouldBe("invalid_request_error");
            ((string?)error["param"]).ShouldBe(parameter);
        }

        host.Sandbox.Requests.Count.ShouldBe(0);
    }

    private static Task<HostFixture> StartAsync() => HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });

    private static async Task<Completion> AskAsync(HostFixture host, string model, bool stream, string more)
    {
        var body = JsonNode.Parse(more)!.AsObject();
        body["model"] = model;
        body["stream"] = stream;
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await host.Client.PostAsync("/v1/completions", content);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal).ShouldBe(stream);
        return new Completion(stream ? Turn.Events(text) : [JsonNode.Parse(text)!]);
    }

    private sealed record Completion(IReadOnlyList<JsonNode> Answers)
    {
        public string Text => string.Concat(Answers.SelectMany(a => a["choices"]!.AsArray()).Select(c => (string?)c!["text"]));

        public string? Finish => Answers.SelectMany(a => a["choices"]!.AsArray()).Select(c => (string?)c!["finish_reason"]).Single(f => f is not null);
    }
}
