using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Engine;

namespace Proxy.Host.Control;

/// <summary>
/// The routes of the control socket:
/// <code>
/// GET  /v1/accounts         all accounts
/// GET  /v1/accounts/{id}    one of them
/// POST /v1/accounts/{id}    {"order": "pause"}
/// </code>
/// Everything is JSON; errors are <c>{"error": {"code", "message"}}</c>.
/// </summary>
internal sealed class ControlApi(IProxyEngine engine, ILogger log)
{
    /// <summary>No body is longer, in bytes.</summary>
    public const int MaxBody = 4096;

    private const string Accounts = "/v1/accounts";

    /// <summary>Serves one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await ServeAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the command was ended: nobody to tell
        }
        catch (Exception bug) when (bug is not BadHttpRequestException && !context.Response.HasStarted)
        {
            log.LogError("control {Method} {Path} failed: {Exception}\n{Place}", context.Request.Method, context.Request.Path.Value, bug.GetType().Name, bug.StackTrace);
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, "failed", "The proxy failed inside. Its log says why.");
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        var isList = path == Accounts;
        var id = path.StartsWith(Accounts + "/", StringComparison.Ordinal) ? path[(Accounts.Length + 1)..] : string.Empty;
        if (!isList && (id.Length == 0 || id.Contains('/')))
        {
            return RefuseAsync(context, StatusCodes.Status404NotFound, "not_found", $"There is nothing at {path}.");
        }

        if (HttpMethods.IsGet(context.Request.Method))
        {
            return isList ? ListAsync(context) : ShowAsync(context, id);
        }

        if (HttpMethods.IsPost(context.Request.Method) && !isList)
        {
            return OrderAsync(context, new AccountId(id));
        }

        context.Response.Headers.Allow = isList ? "GET" : "GET, POST";
        return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "method_not_allowed", $"{path} is not served by {context.Request.Method}.");
    }

    private async Task ListAsync(HttpContext context) =>
        await AnswerAsync(context, StatusCodes.Status200OK, await engine.Accounts.ListAsync(context.RequestAborted));

    private async Task ShowAsync(HttpContext context, string id)
    {
        var listing = await engine.Accounts.ListAsync(context.RequestAborted);
        await (listing.Accounts.FirstOrDefault(a => a.Account.Id == id) is { } account
            ? AnswerAsync(context, StatusCodes.Status200OK, account)
            : RefuseAsync(context, StatusCodes.Status404NotFound, "not_found", $"There is no account {id}."));
    }

    private async Task OrderAsync(HttpContext context, AccountId account)
    {
        if (context.Request.ContentType is not { } type || !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "Send the body as Content-Type: application/json.");
            return;
        }

        ControlOrder? order;
        try
        {
            order = await JsonSerializer.DeserializeAsync<ControlOrder>(context.Request.Body, ControlJson.Format, context.RequestAborted);
        }
        catch (JsonException)
        {
            order = null;
        }
        catch (BadHttpRequestException tooLong) when (tooLong.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, "too_large", $"A body has at most {MaxBody} bytes.");
            return;
        }

        if (order?.Order is not { } wanted)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid_body", "Send {\"order\": …} with pause, resume, refresh, reset or remove.");
            return;
        }

        var ordered = engine.Accounts.OrderAsync(account, wanted, context.RequestAborted);
        log.LogDebug("control: {Order} {Account} is ordered", wanted, account);
        var outcome = await ordered;
        if (outcome.Result == OrderResult.NotFound)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "not_found", $"There is no account {account}.");
            return;
        }

        log.LogDebug("control: {Order} {Account} ended as {Result}", wanted, account, outcome.Result); // the message may name the file, and the file its owner
        await AnswerAsync(context, StatusCodes.Status200OK, outcome);
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message) =>
        AnswerAsync(context, status, new ControlRefusal(new ControlError(code, message)));

    private static async Task AnswerAsync<T>(HttpContext context, int status, T answer)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, ControlJson.Format);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}

/// <summary>The body of an order.</summary>
internal sealed record ControlOrder(AccountOrder? Order);

/// <summary>Why something was refused.</summary>
internal sealed record ControlError(string Code, string Message);

/// <summary>The body of a refusal.</summary>
internal sealed record ControlRefusal(ControlError? Error);
