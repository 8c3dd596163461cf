using System.Net;
using System.Text.Json.Nodes;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Sandbox;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Recording;
using Proxy.Testing;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>Names, aliases, fallbacks, retired models, headers and payload rules, through the real parts.</summary>
public sealed class ModelTests
{
    private const string Opus = "claude-opus-4-5-20251101";

    private readonly ManualTimeProvider _time = new();

    private Task<HostFixture> StartAsync(string yaml = "", Func<ProxyConfiguration, ProxyConfiguration>? configure = null) =>
        HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions { TokenLifetime = TimeSpan.FromDays(30) }, Time = _time, Yaml = yaml, Configure = configure });

    [Theory]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude, true)]
    [InlineData(Dialect.AnthropicMessages, Asking.Claude, false)]
    [InlineData(Dialect.OpenAIChat, Asking.Claude, true)]
    [InlineData(Dialect.OpenAIChat, Asking.Claude, false)]
    [InlineData(Dialect.OpenAIResponses, Asking.Claude, true)]
    [InlineData(Dialect.OpenAIResponses, Asking.Claude, false)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt, true)]
    [InlineData(Dialect.AnthropicMessages, Asking.Gpt, false)]
    [InlineData(Dialect.OpenAIChat, Asking.Gpt, true)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt, true)]
    [InlineData(Dialect.OpenAIResponses, Asking.Gpt, false)]
    public async Task Forced_alias_is_the_only_name_that_its_client_sees(Dialect dialect, string model, bool stream)
    {
        var provider = model == Asking.Gpt ? "codex" : "claude";
        await using var host = await StartAsync($"oauth-model-alias:\n  {provider}:\n    - {{ name: {model}, alias: house, force-mapping: true }}");

        var answer = await host.AskAsync(dialect, "house", "[[n=3]] hello", stream);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Upstream(host).Json()["model"]!.GetValue<string>().ShouldBe(model);
        Names(answer.Body).Distinct().ShouldBe(["house"]);
        answer.Body.ShouldNotContain(model);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Alias_that_is_not_forced_lets_the_upstreams_name_through(bool stream)
    {
        await using var host = await StartAsync($"oauth-model-mappings:\n  claude:\n    - {{ name: {Asking.Claude}, alias: house }}");

        var answer = await host.AskAsync(Dialect.AnthropicMessages, "house", "[[n=3]] hello", stream);

        Names(answer.Body).Distinct().ShouldBe([Asking.Claude]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forced_alias_of_a_compatible_server_is_in_every_chunk(bool stream)
    {
        await using var host = await StartAsync(configure: Compatible(new ModelAlias("sandbox-chat", "house") { ForceMapping = true }));

        var answer = await host.AskAsync(Dialect.OpenAIChat, "house", "[[n=3]] hello", stream);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Names(answer.Body).Distinct().ShouldBe(["house"]);
        answer.Body.ShouldNotContain("sandbox-chat");
    }

    [Fact]
    public async Task Pool_uses_its_models_in_turn_where_sessions_do_not_matter()
    {
        await using var host = await StartAsync("routing: { session-affinity: false }", Compatible(new ModelAlias("pool-a", "pool"), new ModelAlias("pool-b", "pool"), new ModelAlias("pool-c", "pool")));

        for (var i = 0; i < 6; i++)
        {
            (await host.AskAsync(Dialect.OpenAIChat, "pool", $"[[n=1]] {i}")).Status.ShouldBe(HttpStatusCode.OK);
        }

        Models(host).ShouldBe(["pool-a", "pool-b", "pool-c", "pool-a", "pool-b", "pool-c"]);
    }

    [Fact]
    public async Task Pool_keeps_a_session_on_one_model_and_spreads_sessions_over_all()
    {
        await using var host = await StartAsync(configure: Compatible(new ModelAlias("pool-a", "pool"), new ModelAlias("pool-b", "pool"), new ModelAlias("pool-c", "pool")));
        var used = new HashSet<string>();

        for (var session = 0; session < 12; session++)
        {
            host.Sandbox.Requests.Clear();
            for (var turn = 0; turn < 3; turn++)
            {
                await host.AskAsync(Dialect.OpenAIChat, Asking.Body(Dialect.OpenAIChat, "pool", $"[[n=1]] {turn}"), $"session-{session}");
            }

            used.Add(Models(host).Distinct().ShouldHaveSingleItem());
        }

        used.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Pool_goes_on_with_another_model_when_one_is_gone_and_leaves_it_alone()
    {
        await using var host = await StartAsync("routing: { session-affinity: false }", Compatible(new ModelAlias("pool-a", "pool"), new ModelAlias("pool-b", "pool")));
        host.Sandbox.Accounts["compatible-1"].RefuseModel("pool-a");

        // Virtual time stands still: the next model is asked at once.
        var first = await host.AskAsync(Dialect.OpenAIChat, "pool", "[[n=1]] hello");
        first.Status.ShouldBe(HttpStatusCode.OK, first.Body);
        Models(host).ShouldBe(["pool-a", "pool-b"]);

        for (var i = 0; i < 3; i++)
        {
            (await host.AskAsync(Dialect.OpenAIChat, "pool", $"[[n=1]] {i}")).Status.ShouldBe(HttpStatusCode.OK);
        }

        Models(host).Skip(2).ShouldBe(["pool-b", "pool-b", "pool-b"]);
    }

    [Fact]
    public async Task Alias_brings_its_own_effort()
    {
        await using var host = await StartAsync($"oauth-model-alias:\n  codex:\n    - {{ name: {Asking.Gpt}(low), alias: quick }}");

        await host.AskAsync(Dialect.OpenAIResponses, Asking.Body(Dialect.OpenAIResponses, "quick", "[[n=1]] hello", more: """{"reasoning":{"effort":"high"}}"""));

        Upstream(host).Json()["reasoning"]!["effort"]!.GetValue<string>().ShouldBe("low");
        Upstream(host).Json()["model"]!.GetValue<string>().ShouldBe(Asking.Gpt);
    }

    [Theory]
    [InlineData("gpt-5.1-low", "gpt-5.1", "low")]
    [InlineData("gpt-5.1-medium", "gpt-5.1", "medium")]
    [InlineData("gpt-5.1-high", "gpt-5.1", "high")]
    [InlineData("gpt-5.1-codex-low", "gpt-5.1-codex", "low")]
    [InlineData("gpt-5.1-codex-medium", "gpt-5.1-codex", "medium")]
    [InlineData("gpt-5.1-codex-high", "gpt-5.1-codex", "high")]
    [InlineData("gpt-5.1-codex-mini-medium", "gpt-5.1-codex-mini", "medium")]
    [InlineData("gpt-5.1-codex-mini-high", "gpt-5.1-codex-mini", "high")]
    [InlineData("gpt-5.1(8192)", "gpt-5.1", "medium")]
    [InlineData("gpt-5.6-sol(high)", "gpt-5.6-sol", "high")]
    public async Task Custom_models_of_the_product_brief_are_served(string asked, string model, string effort)
    {
        await using var host = await StartAsync();

        var answer = await host.AskAsync(Dialect.OpenAIResponses, asked, "[[n=1]] hello", stream: true);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Upstream(host).Json()["model"]!.GetValue<string>().ShouldBe(model);
        Upstream(host).Json()["reasoning"]!["effort"]!.GetValue<string>().ShouldBe(effort);
    }

    [Theory]
    [InlineData("claude-haiku-4-5-20251001", null)]
    [InlineData("claude-sonnet-4-5-20250929", null)]
    [InlineData("claude-opus-4-1-20250805", null)]
    [InlineData("claude-sonnet-4-5-20250929(high)", 24576)]
    [InlineData("claude-sonnet-4-5-thinking", 8192)]
    [InlineData("claude-opus-4-5-thinking-high", 24576)]
    public async Task Claude_models_of_the_product_brief_are_served(string asked, int? budget)
    {
        await using var host = await StartAsync();

        var answer = await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, asked, "[[n=1]] hello", more: """{"max_tokens":32000}"""));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        ((int?)Upstream(host).Json()["thinking"]?["budget_tokens"]).ShouldBe(budget);
    }

    [Fact]
    public async Task Thinking_name_of_old_yields_to_what_the_body_asks()
    {
        await using var host = await StartAsync();

        await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, "claude-sonnet-4-5-thinking", "[[n=1]] hello", more: """{"thinking":{"type":"enabled","budget_tokens":2000}}"""));

        ((int)Upstream(host).Json()["thinking"]!["budget_tokens"]!).ShouldBe(2000);
        Upstream(host).Json()["model"]!.GetValue<string>().ShouldBe("claude-sonnet-4-5-20250929");
    }

    [Theory]
    [InlineData(Dialect.OpenAIResponses, """{"reasoning":{"effort":"xhigh"}}""")]
    [InlineData(Dialect.OpenAIChat, """{"reasoning_effort":"xhigh"}""")]
    [InlineData(Dialect.AnthropicMessages, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}}""")]
    public async Task Clamped_effort_is_told_in_the_debug_log(Dialect dialect, string more)
    {
        await using var host = await StartAsync("debug: true");

        (await host.AskAsync(dialect, Asking.Body(dialect, Asking.Gpt, "[[n=1]] hello", more: more))).Status.ShouldBe(HttpStatusCode.OK);

        Upstream(host).Json()["reasoning"]!["effort"]!.GetValue<string>().ShouldBe("high");
        host.Logs.All.ShouldContain(l => l.StartsWith("Debug:", StringComparison.Ordinal) && l.Contains("effort xhigh (high instead)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, true)]
    [InlineData(Dialect.AnthropicMessages, false)]
    [InlineData(Dialect.OpenAIChat, true)]
    [InlineData(Dialect.OpenAIResponses, true)]
    [InlineData(Dialect.OpenAIResponses, false)]
    public async Task Model_out_of_quota_falls_back_across_dialects_and_says_so(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync("model-fallbacks:\n  \"claude-opus-*\": [gpt-5.4]");
        var reset = _time.GetUtcNow().AddHours(2);
        host.Sandbox.Accounts["claude-1"].ExhaustQuota(SandboxWindow.FiveHours, reset);
        host.Sandbox.Accounts["claude-2"].ExhaustQuota(SandboxWindow.FiveHours, reset);

        var answer = await host.AskAsync(dialect, Asking.Body(dialect, Opus + "(low)", "[[n=2]] hello", stream), "s1");

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Body.ShouldContain("[served by codex-");
        answer.Header("x-proxy-model").ShouldBe("gpt-5.4");
        answer.Header("x-proxy-attempts").ShouldBe("3");
        Names(answer.Body).Distinct().ShouldBe(["gpt-5.4"]);
        Upstream(host).Json()["reasoning"]!["effort"]!.GetValue<string>().ShouldBe("low");
        host.Logs.All.ShouldContain(l => l.Contains($"{Opus}(low) is out of quota on every account, gpt-5.4 is used instead", StringComparison.Ordinal));

        // Its quota is back: so is the model, for the very next turn.
        _time.Advance(TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1));
        host.Sandbox.Requests.Clear();
        var next = await host.AskAsync(dialect, Asking.Body(dialect, Opus, "[[n=2]] hello again", stream), "s1");
        next.Body.ShouldContain("[served by claude-");
        next.Header("x-proxy-model").ShouldBeNull();
        await host.LeavesNoLeaseAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("model-fallbacks:\n  \"claude-opus-*\": [gpt-5.4]\nquota-exceeded:\n  switch-preview-model: false")]
    public async Task Without_a_list_or_switched_off_nothing_falls_back(string yaml)
    {
        await using var host = await StartAsync(yaml);
        host.Sandbox.Accounts["claude-1"].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));
        host.Sandbox.Accounts["claude-2"].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));

        (await host.AskAsync(Dialect.AnthropicMessages, Opus, "hello")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Session_stays_without_quota_where_it_must_not_switch()
    {
        await using var host = await StartAsync("quota-exceeded:\n  switch-project: false");
        var first = await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "[[n=1]] hello"), "s1");
        var account = first.Body.Contains("[served by claude-1]", StringComparison.Ordinal) ? "claude-1" : "claude-2";
        host.Sandbox.Accounts[account].ExhaustQuota(SandboxWindow.FiveHours, _time.GetUtcNow().AddHours(2));

        var refused = await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "[[n=1]] hello"), "s1");
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests, refused.Body);
        refused.Body.ShouldContain(account);
        (await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "[[n=1]] hello"), "s2")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Retired_model_is_sent_as_asked_and_its_refusal_names_the_successor()
    {
        await using var host = await StartAsync();
        host.Sandbox.Accounts["codex-1"].RefuseModel("gpt-5.1");
        host.Sandbox.Accounts["codex-2"].RefuseModel("gpt-5.1");

        var answer = await host.AskAsync(Dialect.OpenAIResponses, "gpt-5.1-high", "hello");

        answer.Status.ShouldBe(HttpStatusCode.NotFound, answer.Body);
        answer.Body.ShouldContain("Its successor is 'gpt-5.5'.");
        Models(host).Distinct().ShouldBe(["gpt-5.1"]);
    }

    [Theory]
    [InlineData(Dialect.OpenAIResponses, true)]
    [InlineData(Dialect.OpenAIResponses, false)]
    [InlineData(Dialect.AnthropicMessages, true)]
    public async Task Retired_model_is_redirected_where_its_owner_wants_that_and_keeps_its_name(Dialect dialect, bool stream)
    {
        await using var host = await StartAsync("retired-models: redirect");

        var answer = await host.AskAsync(dialect, "gpt-5.1-high", "[[n=2]] hello", stream);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        Models(host).ShouldBe(["gpt-5.5"]);
        Upstream(host).Json()["reasoning"]!["effort"]!.GetValue<string>().ShouldBe("high");
        Names(answer.Body).Distinct().ShouldBe(["gpt-5.1-high"]);
        answer.Header("x-proxy-model").ShouldBe("gpt-5.5");
    }

    [Fact]
    public async Task Owners_models_extend_the_catalogue()
    {
        await using var host = await StartAsync("""
            retired-models: redirect
            models:
              - { id: gpt-5.5, retired: true, successor: gpt-5.4 }
              - { id: gpt-9-made-up, name: Made Up Nine, created: 1790035200 }
            """);

        await host.AskAsync(Dialect.OpenAIResponses, "gpt-5.5", "[[n=1]] hello");
        Models(host).ShouldBe(["gpt-5.4"]);

        var list = JsonNode.Parse(await host.Client.GetStringAsync("/v1/models"))!["data"]!.AsArray().Select(m => (string)m!["id"]!).ToList();
        list.ShouldContain("gpt-9-made-up");
        list.ShouldNotContain("gpt-5.5");
    }

    [Fact]
    public async Task Payload_rules_change_what_goes_upstream_after_translation_and_nothing_else()
    {
        await using var host = await StartAsync("""
            payload:
              default:
                - models: [{ name: "gpt-*", protocol: codex, from-protocol: claude }]
                  params: { "text.verbosity": low, "parallel_tool_calls": false }
              override:
                - models: [{ name: "claude-*", headers: { X-Tier: "batch-*" } }]
                  params: { "max_tokens": 77, "stop_sequences.-1": "END" }
              filter:
                - models: [{ name: "claude-*", exist: [metadata.note] }]
                  params: [metadata]
            """);

        await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Gpt, "[[n=1]] hello"));
        Upstream(host).Json()["text"]!["verbosity"]!.GetValue<string>().ShouldBe("low");
        await host.AskAsync(Dialect.OpenAIResponses, Asking.Body(Dialect.OpenAIResponses, Asking.Gpt, "[[n=1]] hello"));
        Upstream(host).Json()["text"].ShouldBeNull();

        using var request = Asking.Request(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "[[n=1]] hello", more: """{"metadata":{"user_id":"u"}}"""));
        request.Headers.Add("X-Tier", "batch-7");
        (await host.Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        ((int)Upstream(host).Json()["max_tokens"]!).ShouldBe(77);
        Upstream(host).Json()["stop_sequences"]!.ToJsonString().ShouldBe("""["END"]""");
        Upstream(host).Json()["metadata"]!["user_id"]!.GetValue<string>().ShouldBe("u");

        await host.AskAsync(Dialect.AnthropicMessages, Asking.Body(Dialect.AnthropicMessages, Asking.Claude, "[[n=1]] hello"));
        ((int)Upstream(host).Json()["max_tokens"]!).ShouldBe(4096);
    }

    [Fact]
    public async Task Account_headers_copy_the_clients_and_never_show()
    {
        await using var host = await StartAsync(configure: c => c with
        {
            ApiKeyAccounts = [.. c.ApiKeyAccounts.Select(a => a with { Headers = [new("X-Team", "blue"), new("X-Trace", "$X-Request-Id"), new("X-Missing", "$X-Absent"), new("X-Price", "$$5")] })],
        });
        using var request = Asking.Request(Dialect.OpenAIChat, Asking.Body(Dialect.OpenAIChat, "sandbox-chat", "[[n=1]] hello"));
        request.Headers.Add("X-Request-Id", "trace-made-up-1");

        (await host.Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var sent = Upstream(host);
        (sent.Header("X-Team"), sent.Header("X-Trace"), sent.Header("X-Missing"), sent.Header("X-Price")).ShouldBe(("blue", "trace-made-up-1", null, "$5"));
        host.Logs.All.ShouldNotContain(l => l.Contains("trace-made-up-1", StringComparison.Ordinal));
        (await host.Client.GetStringAsync("/debug/actors")).ShouldNotContain("trace-made-up-1");
    }

    [Fact]
    public async Task Lists_show_aliases_prefixes_and_what_is_left_of_the_models()
    {
        await using var host = await StartAsync("""
            oauth-excluded-models:
              claude: ["claude-opus-*", "CLAUDE-3*"]
            oauth-model-alias:
              claude:
                - { name: claude-sonnet-4-5-20250929, alias: sonnet, display-name: "Our Sonnet" }
                - { name: claude-haiku-4-5-20251001, alias: haiku, fork: true }
            """);

        var openai = JsonNode.Parse(await host.Client.GetStringAsync("/v1/models"))!;
        var ids = openai["data"]!.AsArray().Select(m => (string)m!["id"]!).ToList();
        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
        ids.ShouldContain("sonnet");
        ids.ShouldContain("haiku");
        ids.ShouldContain("claude-haiku-4-5-20251001");
        ids.ShouldNotContain("claude-sonnet-4-5-20250929");
        ids.ShouldNotContain(i => i.StartsWith("claude-opus", StringComparison.Ordinal) || i.StartsWith("claude-3", StringComparison.Ordinal));
        openai["data"]![0]!.AsObject().Select(p => p.Key).ShouldBe(["id", "object", "created", "owned_by"]);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/sonnet");
        request.Headers.Add("anthropic-version", "2026-10-21");
        using var one = await host.Client.SendAsync(request);
        JsonNode.Parse(await one.Content.ReadAsStringAsync())!["display_name"]!.GetValue<string>().ShouldBe("Our Sonnet");
        (await host.AskAsync(Dialect.AnthropicMessages, Opus, "hello")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Reload_brings_new_names_rules_and_fallbacks_and_a_running_request_keeps_the_old()
    {
        await using var host = await StartAsync();
        var gate = new SandboxGate();
        host.Sandbox.Accounts["codex-1"].Script.Enqueue(SandboxFault.None with { Gate = gate, Operation = SandboxOperation.Responses });
        host.Sandbox.Accounts["codex-2"].Script.Enqueue(SandboxFault.None with { Gate = gate, Operation = SandboxOperation.Responses });
        var running = host.AskAsync(Dialect.OpenAIResponses, Asking.Gpt, "[[n=1]] hello");
        await host.Sandbox.Requests.WaitForAsync(r => r.Path.EndsWith("/responses", StringComparison.Ordinal));

        await EditAsync(host, $$"""
            oauth-model-alias:
              codex:
                - { name: {{Asking.Gpt}}, alias: house, force-mapping: true }
            payload:
              override:
                - models: [{ name: "gpt-*" }]
                  params: { "text.verbosity": high }
            """);
        await host.UntilTreeAsync(_ => host.Host.Configuration.Version == 2);
        await UntilListedAsync(host, "house");
        gate.Open();
        var old = await running;
        old.Status.ShouldBe(HttpStatusCode.OK, old.Body);
        Upstream(host).Json()["text"].ShouldBeNull();

        var next = await host.AskAsync(Dialect.OpenAIResponses, "house", "[[n=1]] hello");
        Names(next.Body).Distinct().ShouldBe(["house"]);
        Upstream(host).Json()["text"]!["verbosity"]!.GetValue<string>().ShouldBe("high");
        host.Logs.All.Single(l => l.Contains("config.yaml applied", StringComparison.Ordinal)).ShouldContain("oauth-model-alias, payload");
    }

    private async Task EditAsync(HostFixture host, string text)
    {
        var seen = host.Logs.Line(l => l.Contains("config.yaml applied", StringComparison.Ordinal));
        await File.WriteAllTextAsync(host.ConfigurationPath, $$"""
            auth-dir: ./auths
            state-dir: ./state
            providers:
              claude: { base-url: "{{host.Sandbox.ClaudeBaseUrl}}", token-url: "{{host.Sandbox.ClaudeTokenUrl}}" }
              codex: { base-url: "{{host.Sandbox.CodexBaseUrl}}", token-url: "{{host.Sandbox.CodexTokenUrl}}" }
            {{text}}
            """);
        _time.Advance(ConfigurationWatcher.PollInterval + ConfigurationWatcher.Debounce + TimeSpan.FromMilliseconds(1));
        await seen;
    }

    private static Task UntilListedAsync(HostFixture host, string name) =>
        host.UntilTreeAsync(_ => host.Host.Engine.Table.Lists(name));

    private static Func<ProxyConfiguration, ProxyConfiguration> Compatible(params ModelAlias[] models) => c => c with
    {
        ApiKeyAccounts = [.. c.ApiKeyAccounts.Where(a => a.Kind == UpstreamKind.Compatible).Take(1).Select(a => a with { Models = models })],
    };

    private static RecordedRequest Upstream(HostFixture host) => host.Sandbox.Requests.All.Last(r => r.Method == "POST" && r.Operation is SandboxOperation.Messages or SandboxOperation.Responses or SandboxOperation.Chat);

    private static List<string> Models(HostFixture host) => [.. host.Sandbox.Requests.All
        .Where(r => r.Operation is SandboxOperation.Messages or SandboxOperation.Responses or SandboxOperation.Chat)
        .Select(r => r.Json()["model"]!.GetValue<string>())];

    /// <summary>Every value of a member called model, anywhere in an answer.</summary>
    private static List<string> Names(string answer)
    {
        IReadOnlyList<JsonNode> all = answer.StartsWith('{') ? [JsonNode.Parse(answer)!] : Turn.Events(answer);
        var names = new List<string>();
        foreach (var node in all)
        {
            Collect(node, names);
        }

        names.ShouldNotBeEmpty();
        return names;

        static void Collect(JsonNode? node, List<string> names)
        {
            if (node is JsonObject o)
            {
                if (o["model"] is JsonValue model)
                {
                    names.Add((string)model!);
                }

                foreach (var (_, value) in o)
                {
                    Collect(value, names);
                }
            }
            else if (node is JsonArray a)
            {
                foreach (var value in a)
                {
                    Collect(value, names);
                }
            }
        }
    }
}

/// <summary>The JSON of what a sandbox got.</summary>
internal static class RecordedJson
{
    public static JsonNode Json(this RecordedRequest request) => JsonNode.Parse(request.BodyText)!;
}
