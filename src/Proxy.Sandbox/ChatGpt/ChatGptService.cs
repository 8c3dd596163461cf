using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.OAuth;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>The simulated ChatGPT backend for Codex, the pages of a login and its token endpoint (spec/wire-protocols.md 5, spec/protocols.md 2.1).</summary>
internal sealed class ChatGptService(SandboxAccounts accounts, AnswerPlanner planner, LoginCodes codes, DeviceLogins devices, bool emptyCompletedOutput) : ISandboxService
{
    private readonly ConsentPages _consent = new(AuthorizeRules.ChatGpt, SandboxAccountKind.ChatGpt, accounts, codes);
    private readonly DevicePages _device = new(accounts, devices);

    public SandboxOperation OperationOf(string method, string path) => (method, path) switch
    {
        (_, ConsentPages.AuthorizePath or ConsentPages.ConsentPath or DevicePages.Path) => SandboxOperation.Authorize,
        ("POST", DevicePages.UserCodePath or DevicePages.TokenPath) => SandboxOperation.Device,
        ("POST", "/backend-api/codex/responses") => SandboxOperation.Responses,
        ("POST", "/backend-api/codex/responses/compact") => SandboxOperation.Compact,
        ("GET", "/backend-api/codex/models") => SandboxOperation.Models,
        ("GET", "/backend-api/wham/usage") => SandboxOperation.Usage,
        ("POST", "/oauth/token") => SandboxOperation.Token,
        _ => SandboxOperation.Other,
    };

    public SandboxAccount? AccountOf(HttpRequest request, SandboxOperation operation, ReadOnlyMemory<byte> body) =>
        operation == SandboxOperation.Token ? ChatGptTokens.AccountOf(accounts, codes, body)
        : operation == SandboxOperation.Authorize ? _consent.AccountOf(request, body)
        : operation == SandboxOperation.Device ? null
        : Bearer.Of(request) is { } token && accounts.ByAccessToken(token) is { Kind: SandboxAccountKind.ChatGpt } account ? account
        : null;

    public IReadOnlyList<KeyValuePair<string, string>> CommonHeaders(long number, SandboxAccount? account) =>
    [
        new("x-request-id", $"req_sandbox_{number:D6}"),
        new("openai-organization", "sandbox-organization"),
        new("Set-Cookie", "__cf_bm=sandbox; path=/; HttpOnly"),
        new("cf-ray", $"sandbox{number:x8}"),
        new("openai-processing-ms", "12"),
    ];

    public Reply Answer(SandboxExchange x) => x.Operation switch
    {
        SandboxOperation.Token => ChatGptTokens.Answer(codes, x, CommonHeaders(x.Number, null)),
        SandboxOperation.Authorize => x.Request.Path == DevicePages.Path ? _device.Page(x) : _consent.Answer(x),
        SandboxOperation.Device => _device.Answer(x),
        SandboxOperation.Other => Refuse(x, Denied.Detail("Not Found", 404)),
        _ => Authenticate(x) is { } refusal ? Refuse(x, refusal) : Serve(x),
    };

    private static Refusal? Authenticate(SandboxExchange x)
    {
        if (Bearer.Of(x.Request) is not { } token || x.Account is null)
        {
            return Denied.Detail("Unauthorized", 401);
        }

        if (x.Account.StandingOf(token) is var standing and not TokenStanding.Good)
        {
            return standing == TokenStanding.Revoked
                ? new Refusal(401, "invalid_request_error", "Your authentication token has been invalidated. Please try signing in again.", "token_revoked")
                : new Refusal(401, "invalid_request_error", "Provided authentication token is expired. Please try signing in again.", "token_expired");
        }

        if (x.Header("ChatGPT-Account-Id") != x.Account.AccountId)
        {
            return Denied.Detail("Unauthorized", 401);
        }

        return x.Account.StrictIdentity ? Denied.Detail("This credential is only authorized for use with Codex.", 403) : null;
    }

    private Reply Serve(SandboxExchange x)
    {
        if (x.Operation == SandboxOperation.Models)
        {
            return Json(x, 200, $"{{\"models\":[{string.Join(',', CodexModels.Ids.Select(id => $"{{\"slug\":\"{id}\",\"display_name\":\"{id}\"}}"))}]}}");
        }

        if (x.Operation == SandboxOperation.Usage)
        {
            return Json(x, 200, UsageLimits.Usage(x.Account!.UsageFigures, x.Now));
        }

        if (x.ReadObject() is not { } body)
        {
            return Refuse(x, Denied.Detail("Request body is not valid JSON"));
        }

        var account = x.Account!;
        var isCompact = x.Operation == SandboxOperation.Compact;
        var refusal = body.Text("model") is { } model && account.Refuses(model)
            ? EnvelopeRules.NotSupported(model)
            : EnvelopeRules.Check(body, account.Name, isCompact);
        if (refusal is not null)
        {
            return Refuse(x, refusal);
        }

        var asked = body.Text("model")!;
        var figures = account.Figures;
        if (figures.IsExhausted || figures.ExhaustedFor(asked) is not null)
        {
            return Reply.Json(429, UsageLimits.Error(figures, asked, x.Now), Headers(x, account, asked));
        }

        account.Use(asked);
        return isCompact ? Compaction(x, account, asked) : Stream(x, account, body);
    }

    private Reply Stream(SandboxExchange x, SandboxAccount account, JsonElement body)
    {
        var answer = planner.Plan(ResponsesPrompt.Read(body, x.Body.Length), x.Fault.Shape, account.Name);
        var hasEncrypted = body.Given("include").Items().Any(i => i.Value.ToString() == "reasoning.encrypted_content");
        var writer = new ResponsesWriter(answer, body.Text("model")!, account.Name, x.Number, x.Now.ToUnixTimeSeconds(), emptyCompletedOutput, hasEncrypted);
        var frames = writer.Stream();
        return new Reply
        {
            Headers = Headers(x, account, body.Text("model")!),
            ContentType = "text/event-stream; charset=utf-8",
            IsStream = true,
            Frames = account.RateLimitsEvents ? [new Frame(UsageLimits.Event(account, x.Now), FrameRole.Opening), .. frames] : frames,
            First = answer.First,
            Gap = answer.Gap,
            ErrorFrame = ResponsesWriter.Error,
        };
    }

    private Reply Compaction(SandboxExchange x, SandboxAccount account, string model)
    {
        var json = $"{{\"id\":\"resp_sandbox_{x.Number:D6}\",\"object\":\"response.compaction\",\"created_at\":{x.Now.ToUnixTimeSeconds()},\"output\":[{{\"id\":\"cmp_sandbox_{x.Number:D6}\",\"type\":\"compaction\",\"encrypted_content\":\"{EncryptedReasoning.Make(account.Name, x.Number, 0)}\"}}],\"usage\":{{\"input_tokens\":{(x.Body.Length / 4) + 1},\"input_tokens_details\":{{\"cached_tokens\":0}},\"output_tokens\":1,\"output_tokens_details\":{{\"reasoning_tokens\":0}},\"total_tokens\":{(x.Body.Length / 4) + 2}}}}}";
        return Reply.Json(200, json, Headers(x, account, model));
    }

    private List<KeyValuePair<string, string>> Headers(SandboxExchange x, SandboxAccount account, string model) =>
        [.. CommonHeaders(x.Number, account), .. UsageLimits.Headers(account, model, x.Now)];

    private Reply Json(SandboxExchange x, int status, string json) => Reply.Json(status, json, CommonHeaders(x.Number, x.Account));

    private Reply Refuse(SandboxExchange x, Refusal refusal) => Json(x, refusal.Status, refusal.Type is null
        ? $"{{\"detail\":{JsonString.Quote(refusal.Message)}}}"
        : OpenAIError.Of(refusal));
}
