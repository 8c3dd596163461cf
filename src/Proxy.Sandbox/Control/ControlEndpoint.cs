using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.OAuth;
using Proxy.Sandbox.Recording;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Control;

/// <summary>The control port, behind its token: POST /control (<see cref="ControlCommand"/>) and GET /state.</summary>
internal sealed class ControlEndpoint(SandboxAccounts accounts, RequestLog requests, FaultScript loginFaults, PromptCache cache, TimeProvider time, string token)
{
    public async Task RunAsync(HttpContext http)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Bearer.Of(http.Request) ?? string.Empty), Encoding.UTF8.GetBytes(token)))
        {
            await WriteAsync(http, 401, """{"error":"the control port wants the token that was printed at start, as Bearer"}""");
            return;
        }

        switch (http.Request.Method, http.Request.Path.Value)
        {
            case ("GET", "/state"):
                await WriteAsync(http, 200, State());
                break;
            case ("POST", "/control"):
                await ControlAsync(http);
                break;
            default:
                await WriteAsync(http, 404, """{"error":"POST /control or GET /state"}""");
                break;
        }
    }

    private async Task ControlAsync(HttpContext http)
    {
        JsonDocument document;
        try
        {
            document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException e)
        {
            await WriteAsync(http, 400, $"{{\"error\":{JsonString.Quote(e.Message)}}}");
            return;
        }

        using (document)
        {
            var root = document.RootElement;
            var commands = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().ToArray() : [root];
            foreach (var command in commands)
            {
                if (Run(command) is { } problem)
                {
                    await WriteAsync(http, 400, $"{{\"error\":{JsonString.Quote(problem)}}}");
                    return;
                }
            }
        }

        await WriteAsync(http, 200, State());
    }

    private string? Run(JsonElement command)
    {
        if (command.Text("do") != "reset")
        {
            return ControlCommand.Run(command, accounts, loginFaults, time.GetUtcNow());
        }

        foreach (var account in accounts.All)
        {
            account.Reset();
        }

        loginFaults.Clear();
        requests.Clear();
        cache.Clear();
        return null;
    }

    private string State()
    {
        var all = accounts.All.Select(a => string.Create(CultureInfo.InvariantCulture,
            $"{{\"name\":\"{a.Name}\",\"kind\":\"{a.Kind}\",\"generation\":{a.Generation},\"expires\":{a.ExpiresAt.ToUnixTimeSeconds()},\"served\":{a.Served},\"faultsWaiting\":{a.Script.Waiting},\"5h\":{Window(a.FiveHours)},\"7d\":{Window(a.SevenDays)}}}"));
        return $"{{\"requests\":{requests.Count},\"tokenCalls\":{requests.TokenCalls},\"connections\":{requests.Connections},\"accounts\":[{string.Join(',', all)}]}}";
    }

    private static string Window(SandboxQuota quota) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"used\":{quota.Used:0.####},\"resetsAt\":{quota.ResetsAt.ToUnixTimeSeconds()}}}");

    private static async Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json), http.RequestAborted);
    }
}
