using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;

namespace Proxy.Host.Tests.Endpoints;

/// <summary>Counting spends no quota: Anthropic counts for Claude accounts, everything else is counted here.</summary>
public sealed class CountTokensTests
{
    // "// lists files", line, "type ls = () => any;", empty line
    private const int ToolTokens = 11;

    [Fact]
    public async Task A_model_of_another_provider_is_counted_without_an_upstream_call()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });

        var few = await CountAsync(host, """{"model":"gpt-5.4","messages":[{"role":"user","content":"one two three"}]}""");
        var many = await CountAsync(host, """{"model":"gpt-5.4","messages":[{"role":"user","content":"one two three four five six seven eight nine ten"}],"tools":[{"name":"ls","description":"lists files","input_schema":{"type":"object"}}]}""");

        few.ShouldBe(3 + 4 + 3);
        many.ShouldBe(10 + 4 + 3 + ToolTokens);
        host.Sandbox.Accounts.All.Sum(a => a.Served).ShouldBe(0);
    }

    [Fact]
    public async Task A_claude_model_is_counted_by_its_provider()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });

        (await CountAsync(host, """{"model":"claude-sonnet-4-5-20250929","messages":[{"role":"user","content":"one two three"}]}""")).ShouldBePositive();

        host.Sandbox.Requests.All.ShouldContain(r => r.Path.Contains("count_tokens", StringComparison.Ordinal));
        host.Host.Pipeline.Tokens.HasVocabulary.ShouldBeFalse("the vocabulary is for models that are counted here");
    }

    [Theory]
    [InlineData("""{"model":"gpt-5.4","messages":"no list"}""")]
    [InlineData("""{"model":"gpt-5.4"}""")]
    public async Task A_malformed_question_is_a_400_in_the_callers_dialect(string body)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });

        using var answer = await host.Client.PostAsync("/v1/messages/count_tokens", Json(body));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        host.Host.Pipeline.Tokens.HasVocabulary.ShouldBeFalse("a refusal needs no vocabulary");
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
    }

    [Fact]
    public async Task An_alias_that_looks_like_a_suffix_is_served_as_it_stands()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions
        {
            Sandbox = new SandboxOptions(),
            Configure = c => c with
            {
                ApiKeyAccounts = [.. c.ApiKeyAccounts.Select(a => a.Kind == Proxy.Protocol.Dialects.UpstreamKind.Compatible
                    ? a with { Models = [.. a.Models, new Proxy.Actors.Configuration.ModelAlias("sandbox-chat", "gpt-5.4-high")] }
                    : a)],
            },
        });

        using var answer = await host.Client.PostAsync("/v1/chat/completions", Json("""{"model":"gpt-5.4-high","messages":[{"role":"user","content":"hello"}]}"""));

        (await answer.Content.ReadAsStringAsync()).ShouldContain("[served by compatible-1]");
    }

    private static async Task<long> CountAsync(HostFixture host, string body)
    {
        using var answer = await host.Client.PostAsync("/v1/messages/count_tokens", Json(body));
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["input_tokens"]!.GetValue<long>();
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
