using System.Net;
using System.Text;
using System.Text.Json;
using Proxy.Host.Routes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Tests.Doors;

public sealed class DoorTests
{
    private const string Key = "made-up-client-key";

    public static TheoryData<string, string, Dialect, bool> AllRoutes()
    {
        var data = new TheoryData<string, string, Dialect, bool>();
        foreach (var (path, route) in RouteTable.All)
        {
            data.Add(path, route.Posts ? "POST" : "GET", route.Dialect, route.NeedsKey);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Fault44_foreign_host_origin_or_site_is_refused_on_every_route(string path, string method, Dialect dialect, bool needsKey)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = $"api-keys: [{Key}]\nallowed-hosts: [proxy.home.example]" });
        async Task<HttpResponseMessage> Send(params (string Name, string Value)[] headers)
        {
            using var request = Request(path, method);
            request.Headers.TryAddWithoutValidation("x-api-key", Key);
            foreach (var (name, value) in headers)
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }

            return await host.Client.SendAsync(request);
        }

        var own = host.BaseUrl.GetLeftPart(UriPartial.Authority);
        foreach (var foreign in new[] { "evil.example", "evil.example:8317", "127.0.0.1.evil.example", "0.0.0.0", "8.8.8.8", "localhost.evil.example", "[2001:db8::1]" })
        {
            using var answer = await Send(("Host", foreign));
            ((int)answer.StatusCode).ShouldBe(421, foreign);
            await ShouldBeErrorOf(answer, dialect);
        }

        foreach (var name in new[] { "localhost", "LOCALHOST:1", "127.0.0.1:8317", "[::1]", "127.3.2.1", "dev.localhost", "proxy.home.example", "localhost." })
        {
            using var answer = await Send(("Host", name));
            ((int)answer.StatusCode).ShouldBe(200, name);
        }

        foreach (var origin in new[] { "https://evil.example", "null", "http://localhost:1", "https://" + host.BaseUrl.Authority, "vscode-webview://abc" })
        {
            using var answer = await Send(("Origin", origin));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, origin);
            answer.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
            await ShouldBeErrorOf(answer, dialect);
        }

        foreach (var site in new[] { "cross-site", "same-site", "odd" })
        {
            using var answer = await Send(("Sec-Fetch-Site", site));
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, site);
        }

        using var ours = await Send(("Origin", own), ("Sec-Fetch-Site", "same-origin"));
        ours.StatusCode.ShouldBe(HttpStatusCode.OK);
        ours.Headers.Any(h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)).ShouldBeFalse();
        _ = needsKey;
    }

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Fault43_wrong_or_missing_key_is_refused_where_one_is_needed(string path, string method, Dialect dialect, bool needsKey)
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = $"api-keys: [other-key, {Key}]" });
        (string Name, string Value)[] bad =
        [
            ("x-none", "1"), ("x-api-key", "wrong"), ("Authorization", "Bearer wrong"), ("Authorization", "wrong"), ("x-goog-api-key", "wrong"), ("Authorization", "Bearer "),
            ("x-api-key", Key + "x"), ("x-api-key", Key[..^1]), ("x-api-key", Key.ToUpperInvariant()),
        ];
        foreach (var (name, value) in bad)
        {
            using var request = Request(path, method);
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await host.Client.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(needsKey ? 401 : 200, $"{name}: {value}");
            if (needsKey)
            {
                answer.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
                (await ShouldBeErrorOf(answer, dialect)).ShouldNotContain("wrong");
            }
        }

        (string Name, string Value)[] good =
        [
            ("x-api-key", Key), ("X-API-KEY", Key), ("Authorization", "Bearer " + Key), ("Authorization", "bearer " + Key), ("Authorization", "BEARER  " + Key), ("Authorization", Key),
            ("x-goog-api-key", Key),
        ];
        foreach (var (name, value) in good)
        {
            using var request = Request(path, method);
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await host.Client.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(200, $"{name}: {value}");
        }

        foreach (var query in new[] { "key", "auth_token" })
        {
            using var request = Request($"{path}?{query}={Key}", method);
            using var answer = await host.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, query);
        }
    }

    [Fact]
    public async Task Any_key_and_none_pass_where_none_is_configured()
    {
        await using var host = await HostFixture.StartAsync();
        using var none = await host.Client.SendAsync(Request("/v1/messages", "POST"));
        none.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var dummy = Request("/v1/messages", "POST");
        dummy.Headers.TryAddWithoutValidation("x-api-key", "dummy-not-used");
        using var answer = await host.Client.SendAsync(dummy);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [MemberData(nameof(AllRoutes))]
    public async Task Wrong_method_and_wrong_content_type_are_refused_in_the_callers_dialect(string path, string method, Dialect dialect, bool needsKey)
    {
        await using var host = await HostFixture.StartAsync();
        foreach (var wrong in method == "POST" ? new[] { "GET", "PUT", "DELETE", "PATCH", "OPTIONS" } : ["POST", "PUT", "DELETE", "OPTIONS"])
        {
            using var answer = await host.Client.SendAsync(Request(path, wrong));
            ((int)answer.StatusCode).ShouldBe(405, wrong);
            answer.Content.Headers.Allow.ShouldContain(method);
            await ShouldBeErrorOf(answer, dialect);
        }

        if (method != "POST")
        {
            using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            head.StatusCode.ShouldBe(HttpStatusCode.OK);
            return;
        }

        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "text/json" })
        {
            using var request = Request(path, method);
            request.Content!.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            using var answer = await host.Client.SendAsync(request);
            ((int)answer.StatusCode).ShouldBe(415, type);
            await ShouldBeErrorOf(answer, dialect);
        }

        foreach (var type in new[] { "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json", null })
        {
            using var request = Request(path, method);
            request.Content!.Headers.Remove("Content-Type");
            if (type is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }

            using var answer = await host.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, type ?? "none");
        }

        _ = needsKey;
    }

    [Fact]
    public async Task Unknown_paths_are_404_in_json_and_still_behind_the_doors()
    {
        await using var host = await HostFixture.StartAsync();
        foreach (var path in new[] { "/nothing", "/v1", "/v1/nothing", "/v1/messages/more", "/debug", "/v1/../etc/passwd", "/favicon.ico" })
        {
            using var answer = await host.Client.SendAsync(Request(path, "GET"));
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            await ShouldBeErrorOf(answer, Dialect.OpenAIChat);
        }

        using var foreign = Request("/nothing", "GET");
        foreign.Headers.Host = "evil.example";
        using var refused = await host.Client.SendAsync(foreign);
        ((int)refused.StatusCode).ShouldBe(421);
    }

    [Theory]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("x-forwarded-host", "localhost")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 gate")]
    public async Task The_debug_endpoint_refuses_whatever_came_through_another_proxy(string name, string value)
    {
        await using var host = await HostFixture.StartAsync();
        using var open = await host.Client.GetAsync("/debug/actors");
        open.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var request = Request("/debug/actors", "GET");
        request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await host.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/v1/messages")]
    [InlineData("/messages")]
    [InlineData("//v1/messages")]
    [InlineData("/v1/messages/")]
    [InlineData("/v1/v1/chat/completions")]
    [InlineData("/chat/completions")]
    [InlineData("/responses")]
    [InlineData("/v1/v1/responses")]
    [InlineData("/messages/count_tokens")]
    [InlineData("/completions")]
    [InlineData("/v1/v1/completions")]
    [InlineData("/v1/v1/messages/count_tokens")]
    [InlineData("/backend-api/codex/responses")]
    [InlineData("/v1/backend-api/codex/responses/")]
    public async Task Fault45_a_doubled_or_missing_v1_leads_to_the_same_place(string path)
    {
        await using var host = await HostFixture.StartAsync();
        using var answer = await host.Client.SendAsync(Request(host.BaseUrl.GetLeftPart(UriPartial.Authority) + path, "POST"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        host.Fake.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fault45_models_are_found_under_every_base_url()
    {
        await using var host = await HostFixture.StartAsync();
        foreach (var path in new[] { "/v1/models", "/models", "/v1/v1/models", "/v1/models/" })
        {
            using var answer = await host.Client.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }
    }

    [Fact]
    public async Task More_requests_at_once_than_allowed_are_told_to_come_back()
    {
        await using var host = await HostFixture.StartAsync(new HostFixtureOptions { Yaml = "limits: { concurrent-requests: 1 }" });
        var inside = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        host.Fake.Answer = async (request, sink, gone) =>
        {
            inside.TrySetResult();
            await go.Task;
            return await FakeEngine.Ok(request, sink, gone);
        };
        var first = host.Client.SendAsync(Request("/v1/messages", "POST"));
        await inside.Task.WaitAsync(Deadline.Long);
        using var second = await host.Client.SendAsync(Request("/v1/messages", "POST"));
        second.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        second.Headers.RetryAfter.ShouldNotBeNull();
        await ShouldBeErrorOf(second, Dialect.AnthropicMessages);
        go.SetResult();
        using var answer = await first;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var third = await host.Client.SendAsync(Request("/v1/messages", "POST"));
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static HttpRequestMessage Request(string path, string method)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
        {
            request.Content = new StringContent(
                """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}],"input":"hi","prompt":"hi"}""", Encoding.UTF8, "application/json");
        }

        return request;
    }

    private static async Task<string> ShouldBeErrorOf(HttpResponseMessage answer, Dialect dialect)
    {
        answer.Content.Headers.ContentType.ShouldNotBeNull().MediaType.ShouldBe("application/json");
        var text = await answer.Content.ReadAsStringAsync();
        var root = JsonDocument.Parse(text).RootElement;
        root.GetProperty("error").GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        root.GetProperty("error").GetProperty("type").GetString().ShouldNotBeNullOrEmpty();
        root.TryGetProperty("type", out _).ShouldBe(dialect == Dialect.AnthropicMessages);
        return text;
    }
}
