using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Tests.EndToEnd;

/// <summary>An answer, read to its end.</summary>
internal sealed record Answered(HttpStatusCode Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>Asks a host what a client asks it, and what its debug endpoint knows afterwards.</summary>
internal static class Asking
{
    public const string Claude = "claude-sonnet-4-5-20250929";
    public const string Gpt = "gpt-5.1";

    public static string PathOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => "/v1/messages",
        Dialect.OpenAIChat => "/v1/chat/completions",
        _ => "/v1/responses",
    };

    /// <summary>One user message, and <paramref name="more"/> members of the request's own.</summary>
    public static JsonObject Body(Dialect dialect, string model, string text, bool stream = false, string more = "{}")
    {
        var body = new JsonObject { ["model"] = model, ["stream"] = stream };
        var messages = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text });
        switch (dialect)
        {
            case Dialect.AnthropicMessages:
                body["max_tokens"] = 4096;
                body["messages"] = messages;
                break;
            case Dialect.OpenAIChat:
                body["messages"] = messages;
                break;
            default:
                body["input"] = messages;
                break;
        }

        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        return body;
    }

    public static HttpRequestMessage Request(Dialect dialect, JsonObject body, string? session = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, PathOf(dialect)) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        if (session is not null)
        {
            request.Headers.Add("X-Session-ID", session);
        }

        return request;
    }

    public static Task<Answered> AskAsync(this HostFixture host, Dialect dialect, string model, string text, bool stream = false) =>
        host.AskAsync(dialect, Body(dialect, model, text, stream));

    public static async Task<Answered> AskAsync(this HostFixture host, Dialect dialect, JsonObject body, string? session = null)
    {
        using var request = Request(dialect, body, session);
        using var answer = await host.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new Answered(answer.StatusCode, text, answer.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Sends and returns as soon as the host's headers are there.</summary>
    public static async Task<HttpResponseMessage> BeginAsync(this HostFixture host, Dialect dialect, string model, string text, CancellationToken leave = default)
    {
        using var request = Request(dialect, Body(dialect, model, text, stream: true));
        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave);
    }

    /// <summary>What the debug endpoint shows of the account with that label.</summary>
    public static async Task<JsonNode> AccountAsync(this HostFixture host, string label) =>
        (await host.AccountsAsync()).Single(a => (string?)a["label"] == label);

    /// <summary>All accounts of the debug endpoint.</summary>
    public static async Task<IReadOnlyList<JsonNode>> AccountsAsync(this HostFixture host)
    {
        IReadOnlyList<JsonNode> accounts = [];
        await host.UntilAsync(shown => (accounts = shown) is not null);
        return accounts;
    }

    /// <summary>All that answered: one that stops at this moment does not.</summary>
    private static JsonNode[] AccountsOf(JsonNode tree) => [.. tree["accounts"]!.AsObject().Select(a => a.Value!).OfType<JsonObject>()];

    /// <summary>Asks the debug endpoint until its accounts show what is waited for.</summary>
    public static Task UntilAsync(this HostFixture host, Func<IReadOnlyList<JsonNode>, bool> condition) =>
        host.UntilTreeAsync(tree => condition(AccountsOf(tree)));

    /// <summary>Asks the debug endpoint until it shows what is waited for; what is told to an actor takes its time.</summary>
    public static async Task UntilTreeAsync(this HostFixture host, Func<JsonNode, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
        while (true)
        {
            var tree = await host.Client.GetStringAsync("/debug/actors");
            // On a crowded machine an actor may take longer than the debug endpoint waits for it.
            if (!tree.Contains("\"no answer\"", StringComparison.Ordinal) && condition(JsonNode.Parse(tree)!))
            {
                return;
            }

            deadline.IsCancellationRequested.ShouldBeFalse("the debug endpoint never showed it: " + tree);
            await Task.Yield();
        }
    }

    /// <summary>The sum of all leases goes to zero, and none was lost on the way.</summary>
    public static async Task LeavesNoLeaseAsync(this HostFixture host)
    {
        await host.UntilTreeAsync(tree => tree["router"]!["tickets"]!.AsArray().Count == 0
            && tree["accounts"]!.AsObject().All(a => a.Value is JsonObject account && account["leases"]!.AsArray().Count == 0));
        (await host.AccountsAsync()).ShouldAllBe(a => (int)a["counters"]!["bugs"]! == 0);
    }
}
