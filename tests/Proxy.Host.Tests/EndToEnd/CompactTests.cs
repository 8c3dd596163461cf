using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Ledger;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary><c>POST /v1/responses/compact</c>, which only ChatGPT accounts serve (spec/protocols.md 13).</summary>
public sealed class CompactTests
{
    private const string Question = """{"model":"gpt-5.1","instructions":null,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"1.50 très long"}]}],"stream":false}""";

    [Theory]
    [InlineData("/v1/responses/compact")]
    [InlineData("/responses/compact")]
    [InlineData("/v1/v1/responses/compact")]
    [InlineData("/backend-api/codex/responses/compact")]
    [InlineData("/v1/backend-api/codex/responses/compact")]
    public async Task Conversation_is_compacted_by_a_chatgpt_account(string path)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, Question, path);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        ((string?)answer.Json["object"]).ShouldBe("response.compaction");
        ((string?)answer.Json["output"]![0]!["type"]).ShouldBe("compaction");
        answer.Json["created_at"].ShouldNotBeNull();
        ((int)answer.Json["usage"]!["input_tokens"]!).ShouldBePositive();
        answer.Header("x-codex-primary-used-percent").ShouldNotBeNull();
        var sent = host.Sandbox.Requests.All.ShouldHaveSingleItem();
        sent.Operation.ShouldBe(SandboxOperation.Compact);
        sent.Path.ShouldBe("/backend-api/codex/responses/compact");
        sent.Header("Accept").ShouldBe("application/json");
        sent.BodyText.ShouldBe("""{"model":"gpt-5.1","instructions":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"1.50 très long"}]}]}""");
        await host.LeavesNoLeaseAsync();
    }

    /// <summary>As Codex goes on: the compaction stands in the conversation's place, for the account that made it.</summary>
    [Fact]
    public async Task Compaction_goes_back_to_its_account_and_another_does_without()
    {
        await using var host = await StartAsync();
        const string Session = "made-up-session";
        var compaction = (await AskAsync(host, Question, session: Session)).Json["output"]![0]!;
        var maker = host.Sandbox.Requests.All[^1].Account!;
        var body = Asking.Body(Dialect.OpenAIResponses, Asking.Gpt, "go on");
        body["input"]!.AsArray().Insert(0, compaction.DeepClone());

        (await host.AskAsync(Dialect.OpenAIResponses, body, Session)).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All[^1].Account.ShouldBe(maker);
        host.Sandbox.Requests.All[^1].BodyText.ShouldContain("\"compaction\"");

        host.Sandbox.Accounts[maker].ExhaustQuota(SandboxWindow.FiveHours, DateTimeOffset.MaxValue.AddYears(-1));
        (await host.AskAsync(Dialect.OpenAIResponses, body, Session)).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All[^1].Account.ShouldNotBe(maker);
        host.Sandbox.Requests.All[^1].BodyText.ShouldNotContain("\"compaction\"");
        host.Sandbox.Requests.All.ShouldAllBe(r => r.Status != 400);

        // The other one compacts what it can read.
        var again = JsonNode.Parse(Question)!.AsObject();
        again["input"]!.AsArray().Insert(0, compaction.DeepClone());
        (await AskAsync(host, again.ToJsonString(), session: Session)).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All.ShouldAllBe(r => r.Status != 400);
    }

    [Fact]
    public async Task Account_that_is_out_hands_over_to_the_next()
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts["codex-1"].ExhaustQuota(SandboxWindow.FiveHours, DateTimeOffset.MaxValue.AddYears(-1));
        for (var i = 0; i < 2; i++)
        {
            (await AskAsync(host, Question)).Status.ShouldBe(HttpStatusCode.OK);
            host.Sandbox.Requests.All[^1].Account.ShouldBe("codex-2");
        }

        host.Sandbox.Accounts["codex-2"].ExhaustQuota(SandboxWindow.FiveHours, DateTimeOffset.MaxValue.AddYears(-1));
        var answer = await AskAsync(host, Question);
        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        ((string?)answer.Json["error"]!["type"]).ShouldBe("usage_limit_reached");
        host.Sandbox.Requests.All.ShouldAllBe(r => r.Operation == SandboxOperation.Compact);
    }

    [Fact]
    public async Task Stream_is_refused_without_a_call()
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, Question.Replace("\"stream\":false", "\"stream\":true", StringComparison.Ordinal));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)answer.Json["error"]!["message"])!.ShouldContain("Streaming is not supported for /responses/compact");
        ((string?)answer.Json["error"]!["param"]).ShouldBe("stream");
        host.Sandbox.Requests.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(Asking.Claude)]
    [InlineData("sandbox-chat")]
    [InlineData("nobody-serves-this")]
    public async Task Model_of_another_kind_of_account_is_a_501_that_says_so_and_is_not_tried_again(string model)
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, Question.Replace("gpt-5.1", model, StringComparison.Ordinal));

        answer.Status.ShouldBe(HttpStatusCode.NotImplemented);
        ((string?)answer.Json["error"]!["message"])!.ShouldContain("ChatGPT accounts only");
        ((string?)answer.Json["error"]!["message"])!.ShouldContain(model);
        answer.Header("x-should-retry").ShouldBe("false");
        host.Sandbox.Requests.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Proxy_without_accounts_says_that_it_has_none()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions { ClaudeAccounts = 0, ChatGptAccounts = 0 },
            Configure = c => c with { ApiKeyAccounts = [] },
        });

        var answer = await AskAsync(host, Question);

        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)answer.Json["error"]!["message"])!.ShouldContain("no accounts yet");
    }

    /// <summary>A compatible server that offers the same name, and would come first.</summary>
    [Fact]
    public async Task Account_of_another_kind_that_serves_the_model_is_never_asked()
    {
        await using var host = await StartAsync(c => c with
        {
            ApiKeyAccounts = [.. c.ApiKeyAccounts.Select(a => a with { Priority = 100, Models = [.. a.Models, new Proxy.Actors.Configuration.ModelAlias("sandbox-chat", "gpt-5.1")] })],
        });
        (await host.AskAsync(Dialect.OpenAIResponses, Asking.Gpt, "hello")).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All[^1].Operation.ShouldBe(SandboxOperation.Chat);

        (await AskAsync(host, Question)).Status.ShouldBe(HttpStatusCode.OK);
        host.Sandbox.Requests.All[^1].Operation.ShouldBe(SandboxOperation.Compact);

        host.Sandbox.Accounts.All.Where(a => a.Kind == SandboxAccountKind.ChatGpt).ToList().ForEach(a => a.ExhaustQuota(SandboxWindow.FiveHours, DateTimeOffset.MaxValue.AddYears(-1)));
        (await AskAsync(host, Question)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        host.Sandbox.Requests.Of(SandboxOperation.Chat).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_the_request_itself_got_wrong_is_passed_on_and_hurts_no_account()
    {
        await using var host = await StartAsync();
        var body = Question.Replace("\"stream\":false", "\"surprise\":1", StringComparison.Ordinal);

        var answer = await AskAsync(host, body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)answer.Json["error"]!["message"])!.ShouldContain("Unsupported parameter: surprise");
        host.Sandbox.Requests.Count.ShouldBe(1);
        (await host.AccountsAsync()).ShouldAllBe(a => a["cooldowns"]!.AsArray().Count == 0 && (string?)a["state"] == "ready");
        (await AskAsync(host, Question)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Effort_of_the_models_name_and_the_clients_members_reach_the_backend()
    {
        await using var host = await StartAsync();

        var answer = await AskAsync(host, """{"model":"gpt-5.1-high","input":"hello","tools":[{"type":"function","name":"ls","parameters":{"type":"object","properties":{}}}],"parallel_tool_calls":false}""");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        var sent = JsonNode.Parse(host.Sandbox.Requests.All[^1].Body.Span)!;
        ((string?)sent["model"]).ShouldBe("gpt-5.1");
        ((string?)sent["reasoning"]!["effort"]).ShouldBe("high");
        ((string?)sent["instructions"]).ShouldBe("");
        ((bool)sent["parallel_tool_calls"]!).ShouldBeFalse();
        ((string?)sent["input"]![0]!["content"]![0]!["text"]).ShouldBe("hello");
        sent["store"].ShouldBeNull();
        sent["include"].ShouldBeNull();
        sent["prompt_cache_key"].ShouldBeNull();
    }

    [Fact]
    public async Task Codex_with_its_chatgpt_base_url_set_here_is_answered()
    {
        await using var host = await StartAsync();
        var body = Asking.Body(Dialect.OpenAIResponses, Asking.Gpt, "hello", stream: true, """{"store":false,"instructions":"x"}""");

        var answer = await AskAsync(host, body.ToJsonString(), "/backend-api/codex/responses");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldContain("response.completed");
    }

    [Fact]
    public async Task Ledger_takes_it_down_with_its_tokens()
    {
        await using var host = await StartAsync();
        var usage = (await AskAsync(host, Question)).Json["usage"]!;

        // The ledger writes in batches.
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        using var ledger = new SqliteConnection($"Data Source={UsageFile.PathIn(Path.Join(host.Directory, "state"))};Mode=ReadOnly;Pooling=False");
        List<(string Purpose, string Model, long Input, long Output)> rows = [];
        while (rows.Count == 0)
        {
            deadline.IsCancellationRequested.ShouldBeFalse("the ledger never showed it");
            await Task.Yield();
            rows = [.. ledger.Query<(string, string, long, long)>("SELECT purpose, model, input_uncached, output FROM attempts")];
        }

        rows.ShouldBe([("Compact", "gpt-5.1", (long)usage["input_tokens"]!, (long)usage["output_tokens"]!)]);
    }

    private static Task<HostFixture> StartAsync(Func<Proxy.Actors.Configuration.ProxyConfiguration, Proxy.Actors.Configuration.ProxyConfiguration>? configure = null) =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions(), Configure = configure });

    private static async Task<Answered> AskAsync(HostFixture host, string body, string path = "/v1/responses/compact", string? session = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (session is not null)
        {
            request.Headers.Add("X-Session-ID", session);
        }

        using var answer = await host.Client.SendAsync(request);
        return new Answered(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }
}
