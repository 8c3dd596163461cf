using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Engine;
using Proxy.Host.Answers;
using Proxy.Host.Bodies;
using Proxy.Host.Configuration;
using Proxy.Host.Debugging;
using Proxy.Host.Doors;
using Proxy.Host.Endpoints;
using Proxy.Host.Logging;
using Proxy.Host.Routes;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Serving;

/// <summary>The way of every request: count, match, door, endpoint.</summary>
internal sealed class RequestPipeline(LiveConfiguration live, Task<IProxyEngine> starting, ILogger log)
{
    private static readonly EndpointCall Messages = new(Dialect.AnthropicMessages, Operation.Generate);
    private static readonly EndpointCall Chat = new(Dialect.OpenAIChat, Operation.Generate);
    private static readonly EndpointCall Responses = new(Dialect.OpenAIResponses, Operation.Generate);
    private static readonly CountTokensCall CountTokens = new();
    private static readonly CompletionsCall Completions = new();

    private readonly Admission _requests = new();
    private readonly RelayEndpoint _relay = new(new BodyReader(), new RequestIds(), log);
    private Door _door = new(live.Current);

    /// <summary>Requests inside now.</summary>
    public long Inside => _requests.Inside;

    /// <summary>Serves one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var door = CurrentDoor();
        var route = RouteTable.Match(context.Request.Path.Value ?? "/", out var rest);
        if (!_requests.TryEnter(1, door.Configuration.Server.MaxConcurrentRequests))
        {
            await RefuseAsync(context, route, new ClientError(StatusCodes.Status503ServiceUnavailable, "The proxy has more requests at once than limits.concurrent-requests allows."), retryAfter: 1);
            return;
        }

        try
        {
            await ServeAsync(context, door, route, rest);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client is gone: nobody to tell
            RequestLog.Left(log, context.Request.Method, context.Request.Path.Value ?? "/");
        }
        catch (Exception bug) when (bug is not BrokenAnswerException)
        {
            RequestLog.Failed(log, context.Request.Method, context.Request.Path.Value ?? "/", bug);
            if (context.Response.HasStarted)
            {
                throw new BrokenAnswerException();
            }

            await ErrorAnswer.WriteAsync(context, route.Dialect, new ClientError(StatusCodes.Status500InternalServerError, "The proxy failed inside. Its log says why."));
        }
        finally
        {
            _requests.Leave(1);
        }
    }

    private async Task ServeAsync(HttpContext context, Door door, ServedRoute route, string rest)
    {
        if (IsSocketOffer(context, route))
        {
            // 426 makes Codex fall back to plain HTTP at once; any other refusal costs it seven seconds (spec/clients.md 2.5).
            route = route with { Posts = false };
        }

        if (door.Refuse(context, route) is { } refusal)
        {
            await RefuseAsync(context, route, refusal);
            return;
        }

        if (route is { Kind: RouteKind.Generate, Posts: false })
        {
            context.Response.Headers.Connection = "Upgrade";
            context.Response.Headers.Upgrade = "HTTP/1.1";
            await RefuseAsync(context, route, new ClientError(StatusCodes.Status426UpgradeRequired, "WebSockets are not served yet. Use POST.", "invalid_request_error", "upgrade_not_supported"));
            return;
        }

        var engine = await starting.WaitAsync(context.RequestAborted);
        await (route.Kind switch
        {
            RouteKind.Generate => _relay.ServeAsync(context, CallOf(route.Dialect), engine, door.Configuration),
            RouteKind.Completions => _relay.ServeAsync(context, Completions, engine, door.Configuration),
            RouteKind.CountTokens => _relay.ServeAsync(context, CountTokens, engine, door.Configuration),
            RouteKind.Models => ModelList.ServeAsync(context, engine.Table, door.Configuration.KnownModels, rest),
            RouteKind.DebugActors => ActorTree.ServeAsync(context, engine),
            _ => SmallAnswers.ServeAsync(context, route.Kind),
        });
    }

    private static EndpointCall CallOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => Messages,
        Dialect.OpenAIChat => Chat,
        _ => Responses,
    };

    private static bool IsSocketOffer(HttpContext context, ServedRoute route) =>
        route is { Kind: RouteKind.Generate, Dialect: Dialect.OpenAIResponses }
        && HttpMethods.IsGet(context.Request.Method)
        && context.Request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    private async Task RefuseAsync(HttpContext context, ServedRoute route, ClientError refusal, int? retryAfter = null)
    {
        if (refusal.Status == StatusCodes.Status405MethodNotAllowed)
        {
            context.Response.Headers.Allow = route.Allow;
        }

        RequestLog.Refused(log, refusal.Status, context.Request.Method, context.Request.Path.Value ?? "/", refusal.Message);
        await ErrorAnswer.WriteAsync(context, route.Dialect, refusal, retryAfterSeconds: retryAfter);
    }

    private Door CurrentDoor()
    {
        var door = Volatile.Read(ref _door);
        if (!ReferenceEquals(door.Configuration, live.Current))
        {
            door = new Door(live.Current);
            Volatile.Write(ref _door, door);
        }

        return door;
    }
}
