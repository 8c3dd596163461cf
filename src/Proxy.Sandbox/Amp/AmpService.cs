using System.Text;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Amp;

/// <summary>A small ampcode.com: who am I, the internal calls (spec/amp-client.md), and an echo of anything else.</summary>
internal sealed class AmpService : ISandboxService
{
    public SandboxOperation OperationOf(string method, string path) => SandboxOperation.Amp;

    public SandboxAccount? AccountOf(HttpRequest request, SandboxOperation operation, ReadOnlyMemory<byte> body) => null;

    public IReadOnlyList<KeyValuePair<string, string>> CommonHeaders(long number, SandboxAccount? account) => [new("x-sandbox-amp", "1")];

    public Reply Answer(SandboxExchange x)
    {
        const string User = """{"id":"user_sandbox","email":"amp@sandbox.example","username":"sandbox"}""";
        var json = (x.Request.Method, x.Request.Path.Value) switch
        {
            ("GET", "/api/user") => User,
            ("POST", "/api/internal") => x.Request.Query.ContainsKey("getUserInfo")
                ? $"{{\"ok\":true,\"result\":{User}}}"
                : """{"ok":true,"result":null}""",
            _ => Echo(x),
        };
        return Reply.Json(200, json, CommonHeaders(x.Number, null));
    }

    private static string Echo(SandboxExchange x)
    {
        var headers = x.Request.Headers.Select(h => $"{JsonString.Quote(h.Key.ToLowerInvariant())}:{JsonString.Quote(h.Value.ToString())}");
        return $"{{\"method\":{JsonString.Quote(x.Request.Method)},\"path\":{JsonString.Quote(x.Request.Path + x.Request.QueryString.Value)},\"headers\":{{{string.Join(',', headers)}}},\"body\":{JsonString.Quote(Encoding.UTF8.GetString(x.Body.Span))}}}";
    }
}
