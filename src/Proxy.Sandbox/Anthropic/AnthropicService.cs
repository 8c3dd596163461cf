using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.OAuth;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Anthropic;

/// <summary>The simulated Anthropic: messages, token counts, models, profile, usage, the pages of a login and the OAuth token endpoint.</summary>
internal sealed class AnthropicService(SandboxAccounts accounts, AnswerPlanner planner, LoginCodes codes) : ISandboxService
{
    private readonly ConsentPages _consent = new(AuthorizeRules.Claude, SandboxAccountKind.ClaudeOAuth, accounts, codes);

    public SandboxOperation OperationOf(string method, string path) => (method, path) switch
    {
        (_, ConsentPages.AuthorizePath or ConsentPages.ConsentPath) => SandboxOperation.Authorize,
        ("POST", "/v1/messages") => SandboxOperation.Messages,
        ("POST", "/v1/messages/count_tokens") => SandboxOperation.CountTokens,
        ("GET", "/v1/models") => SandboxOperation.Models,
        ("POST", "/v1/oauth/token") => SandboxOperation.Token,
        ("GET", "/api/oauth/profile") => SandboxOperation.Profile,
        ("GET", "/api/oauth/usage") => SandboxOperation.Usage,
        _ => SandboxOperation.Other,
    };

    public SandboxAccount? AccountOf(HttpRequest request, SandboxOperation operation, ReadOnlyMemory<byte> body)
    {
        if (operation == SandboxOperation.Token)
        {
            return ClaudeTokens.AccountOf(accounts, codes, body);
        }

        if (operation == SandboxOperation.Authorize)
        {
            return _consent.AccountOf(request, body);
        }

        if (Bearer.Of(request) is { } token)
        {
            return accounts.ByAccessToken(token) is { Kind: SandboxAccountKind.ClaudeOAuth } account ? account : null;
        }

        return request.Headers["x-api-key"].FirstOrDefault() is { } key ? accounts.ByKey(key, SandboxAccountKind.ClaudeKey) : null;
    }

    public IReadOnlyList<KeyValuePair<string, string>> CommonHeaders(long number, SandboxAccount? account) =>
    [
        new("request-id", RequestId(number)),
        new("anthropic-organization-id", "sandbox-organization"),
        new("Set-Cookie", "__cf_bm=sandbox; path=/; HttpOnly"),
        new("cf-ray", $"sandbox{number:x8}"),
        new("Alt-Svc", "h3=\":443\"; ma=86400"),
    ];

    public Reply Answer(SandboxExchange x) => x.Operation switch
    {
        SandboxOperation.Token => ClaudeTokens.Answer(codes, x, CommonHeaders(x.Number, null)),
        SandboxOperation.Authorize => _consent.Answer(x),
        SandboxOperation.Other => Refuse(x, new Refusal(404, "not_found_error", "Not found")),
        _ => Authentication.Check(x) is { } refusal ? Refuse(x, refusal) : Serve(x),
    };

    private Reply Serve(SandboxExchange x)
    {
        if (x.Operation == SandboxOperation.Models)
        {
            return Json(x, 200, Models());
        }

        if (x.Operation == SandboxOperation.Profile)
        {
            return Json(x, 200, $"{{\"account\":{{\"uuid\":{JsonString.Quote(x.Account!.AccountId)},\"email\":{JsonString.Quote(x.Account.Email)}}},\"organization\":{{\"uuid\":{JsonString.Quote(x.Account.OrganizationId)},\"name\":\"Sandbox\"}}}}");
        }

        if (x.Operation == SandboxOperation.Usage)
        {
            return Json(x, 200, UsagePage.Of(x.Account!.UsageFigures));
        }

        if (x.ReadObject() is not { } body)
        {
            return Refuse(x, Bad.Request("The request body is not valid JSON."));
        }

        var isCount = x.Operation == SandboxOperation.CountTokens;
        var account = x.Account!;
        if ((RequestRules.Check(body, isCount) ?? ModelRefusal(account, body)) is { } refusal)
        {
            return Refuse(x, refusal);
        }

        if (isCount)
        {
            return Json(x, 200, $"{{\"input_tokens\":{(x.Body.Length / 4) + 1}}}");
        }

        var model = body.Text("model")!;
        var figures = account.Figures;
        if (figures.IsExhausted || figures.ExhaustedFor(model) is not null)
        {
            return Exhausted(x, account, figures, model);
        }

        account.Use(model);
        return Message(x, account, body);
    }

    private Reply Message(SandboxExchange x, SandboxAccount account, JsonElement body)
    {
        var answer = planner.Plan(MessagePrompt.Read(body, x.Body.Length), x.Fault.Shape, account.Name);
        var writer = new MessageWriter(answer, body.Text("model")!, x.Number, ThinkingRules.IsOmitted(body));
        var isStream = body.True("stream");
        return new Reply
        {
            Headers = Headers(x, account, body.Text("model")!),
            ContentType = isStream ? "text/event-stream; charset=utf-8" : "application/json",
            IsStream = isStream,
            Frames = isStream ? writer.Stream() : [new Frame(System.Text.Encoding.UTF8.GetBytes(writer.Message()), FrameRole.Content)],
            First = isStream ? answer.First : answer.WholeWait,
            Gap = answer.Gap,
            ErrorFrame = MessageWriter.Error,
        };
    }

    private static Refusal? ModelRefusal(SandboxAccount account, JsonElement body) =>
        account.Refuses(body.Text("model")!) ? new Refusal(404, "not_found_error", $"model: {body.Text("model")}") : null;

    private Reply Exhausted(SandboxExchange x, SandboxAccount account, QuotaFigures figures, string model)
    {
        SandboxQuota?[] windows = [figures.FiveHours, figures.SevenDays, figures.ExhaustedFor(model)?.Value];
        var reset = windows.Where(w => w is { IsExhausted: true }).Max(w => w!.Value.ResetsAt);
        var seconds = Math.Max(0, (long)Math.Ceiling((reset - x.Now).TotalSeconds));
        var reply = Refuse(x, new Refusal(429, "rate_limit_error", "This request would exceed your account's rate limit. Please try again later."));
        return reply with { Headers = [.. Headers(x, account, model), new("retry-after", seconds.ToString(CultureInfo.InvariantCulture))] };
    }

    private List<KeyValuePair<string, string>> Headers(SandboxExchange x, SandboxAccount account, string model) =>
        [.. CommonHeaders(x.Number, account), .. RateLimitHeaders.Of(account, model, x.Now)];

    private Reply Json(SandboxExchange x, int status, string json) => Reply.Json(status, json, CommonHeaders(x.Number, x.Account));

    private Reply Refuse(SandboxExchange x, Refusal refusal) =>
        Json(x, refusal.Status, $"{{\"type\":\"error\",\"error\":{{\"type\":{JsonString.Quote(refusal.Type!)},\"message\":{JsonString.Quote(refusal.Message)}}},\"request_id\":\"{RequestId(x.Number)}\"}}");

    private static string RequestId(long number) => $"req_sandbox_{number:D6}";

    private static string Models()
    {
        var items = AnthropicModels.Ids.Select(id => $"{{\"type\":\"model\",\"id\":\"{id}\",\"display_name\":\"{id}\",\"created_at\":\"2026-01-01T00:00:00Z\"}}");
        return $"{{\"data\":[{string.Join(',', items)}],\"has_more\":false,\"first_id\":\"{AnthropicModels.Ids.First()}\",\"last_id\":\"{AnthropicModels.Ids.Last()}\"}}";
    }
}
