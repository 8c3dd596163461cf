using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.OAuth;
using Proxy.Sandbox.Scripts;

namespace Proxy.Sandbox.Compatible;

/// <summary>A simulated OpenAI-compatible server: chat completions and a model list. Models beginning with <c>missing</c> don't exist.</summary>
internal sealed class CompatibleService(SandboxAccounts accounts, AnswerPlanner planner) : ISandboxService
{
    public SandboxOperation OperationOf(string method, string path) => (method, path) switch
    {
        ("POST", "/v1/chat/completions") => SandboxOperation.Chat,
        ("GET", "/v1/models") => SandboxOperation.Models,
        _ => SandboxOperation.Other,
    };

    public SandboxAccount? AccountOf(HttpRequest request, SandboxOperation operation, ReadOnlyMemory<byte> body) =>
        Bearer.Of(request) is { } key ? accounts.ByKey(key, SandboxAccountKind.Compatible) : null;

    public IReadOnlyList<KeyValuePair<string, string>> CommonHeaders(long number, SandboxAccount? account) =>
    [
        new("x-request-id", $"req_sandbox_{number:D6}"),
        new("x-ratelimit-limit-requests", "1000"),
        new("x-ratelimit-remaining-requests", "999"),
    ];

    public Reply Answer(SandboxExchange x)
    {
        if (x.Operation == SandboxOperation.Other)
        {
            return Refuse(x, new Refusal(404, "invalid_request_error", $"Invalid URL ({x.Request.Method} {x.Request.Path})"));
        }

        if (x.Account is not { } account)
        {
            return Refuse(x, new Refusal(401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key"));
        }

        if (x.Operation == SandboxOperation.Models)
        {
            return Reply.Json(200, """{"object":"list","data":[{"id":"sandbox-chat","object":"model","created":1790000000,"owned_by":"sandbox"}]}""", CommonHeaders(x.Number, account));
        }

        if (x.ReadObject() is not { } body)
        {
            return Refuse(x, ChatRules.Error("We could not parse the JSON body of your request."));
        }

        if (ChatRules.Check(body) is { } refusal)
        {
            return Refuse(x, refusal);
        }

        var model = body.Text("model")!;
        if (model.StartsWith("missing", StringComparison.Ordinal) || account.Refuses(model))
        {
            return Refuse(x, new Refusal(404, "invalid_request_error", $"The model `{model}` does not exist or you do not have access to it.", "model_not_found"));
        }

        account.Use(string.Empty);
        return Completion(x, account, body, model);
    }

    private Reply Completion(SandboxExchange x, SandboxAccount account, JsonElement body, string model)
    {
        var isStream = body.True("stream");
        var includeUsage = body.Given("stream_options")?.True("include_usage") ?? false;
        var answer = planner.Plan(ChatPrompt.Read(body, x.Body.Length), x.Fault.Shape, account.Name);
        var writer = new ChatWriter(answer, model, x.Number, x.Now.ToUnixTimeSeconds(), includeUsage);
        return new Reply
        {
            Headers = CommonHeaders(x.Number, account),
            ContentType = isStream ? "text/event-stream" : "application/json",
            IsStream = isStream,
            Frames = isStream ? writer.Stream() : [new Frame(Encoding.UTF8.GetBytes(writer.Completion()), FrameRole.Content)],
            First = isStream ? answer.First : answer.WholeWait,
            Gap = answer.Gap,
            ErrorFrame = ChatWriter.Error,
        };
    }

    private Reply Refuse(SandboxExchange x, Refusal refusal) => Reply.Json(refusal.Status, OpenAIError.Of(refusal), CommonHeaders(x.Number, x.Account));
}
