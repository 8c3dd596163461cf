using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Engine;
using Proxy.Host.Answers;
using Proxy.Host.Bodies;
using Proxy.Host.Configuration;
using Proxy.Host.Counting;
using Proxy.Host.Debugging;
using Proxy.Host.Doors;
using Proxy.Host.Endpoints;
using Proxy.Host.Logging;
using Proxy.Host.Routes;
using Proxy.Host.Sockets;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Serving;

/// <summary>The way of every request: count, match, door, endpoint.</summary>
internal sealed class RequestPipeline
{
    private static readonly EndpointCall Messages = new(Dialect.AnthropicMessages, Operation.Generate);
    private static readonly EndpointCall Chat = new(Dialect.OpenAIChat, Operation.Generate);
    private static readonly EndpointCall Responses = new(Dialect.OpenAIResponses, Operation.Generate);
    private static readonly CompactCall Compact = new();
    private static readonly CompletionsCall Completions = new();

    private readonly LiveConfiguration _live;
    private readonly Task<IProxyEngine> _starting;
    private readonly ILogger _log;
    private readonly CountTokensCall _countTokens;
    private readonly Admission _requests = new();
    private readonly RelayEndpoint _relay;
    private readonly SocketEndpoint _sockets;
    private readonly CancellationToken _stopping;
    private Door _door;

    /// <summary>A pipeline whose requests wait for the engine.</summary>
    /// <param name="live">The configuration in force.</param>
    /// <param name="starting">The engine, once it is there.</param>
    /// <param name="options">Clock, loggers, and how long sockets wait for signs of life.</param>
    /// <param name="stopping">The proxy stops: sockets, which have no end of their own, are closed.</param>
    public RequestPipeline(LiveConfiguration live, Task<IProxyEngine> starting, ProxyHostOptions options, CancellationToken stopping)
    {
        (_live, _starting, _stopping) = (live, starting, stopping);
        _log = options.Logs.CreateLogger("Proxy");
        var bodies = new Admission();
        _relay = new RelayEndpoint(new BodyReader(bodies), new RequestIds(), _log);
        _sockets = new SocketEndpoint(_relay, bodies, options.SocketPings, options.Time, options.Logs);
        _countTokens = new CountTokensCall(Tokens);
        _door = new Door(live.Current);
    }

    /// <summary>Requests inside now.</summary>
    public long Inside => _requests.Inside;

    /// <summary>Counts what no upstream counts.</summary>
    public TokenCounter Tokens { get; } = new();

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
            RequestLog.Left(_log, context.Request.Method, context.Request.Path.Value ?? "/");
        }
        catch (Exception bug) when (bug is not BrokenAnswerException)
        {
            RequestLog.Failed(_log, context.Request.Method, context.Request.Path.Value ?? "/", bug);
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
        var isSocket = route is { Kind: RouteKind.Generate, Dialect: Dialect.OpenAIResponses } && SocketHandshake.IsOffer(context.Request);
        if (isSocket)
        {
            route = route with { Posts = false };
        }

        if (door.Refuse(context, route) is { } refusal)
        {
            await RefuseAsync(context, route, refusal);
            return;
        }

        var engine = await _starting.WaitAsync(context.RequestAborted);
        if (isSocket)
        {
            if (await _sockets.ServeAsync(context, Responses, engine, () => _live.Current, _stopping) is { } unfit)
            {
                await RefuseAsync(context, route, unfit);
            }

            return;
        }

        await (route.Kind switch
        {
            RouteKind.Generate => _relay.ServeAsync(context, CallOf(route.Dialect), engine, door.Configuration),
            RouteKind.Completions => _relay.ServeAsync(context, Completions, engine, door.Configuration),
            RouteKind.Compact => _relay.ServeAsync(context, Compact, engine, door.Configuration),
            RouteKind.CountTokens => _relay.ServeAsync(context, _countTokens, engine, door.Configuration),
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

    private async Task RefuseAsync(HttpContext context, ServedRoute route, ClientError refusal, int? retryAfter = null)
    {
        if (refusal.Status == StatusCodes.Status405MethodNotAllowed)
        {
            context.Response.Headers.Allow = route.Allow;
        }

        RequestLog.Refused(_log, refusal.Status, context.Request.Method, context.Request.Path.Value ?? "/", refusal.Message);
        await ErrorAnswer.WriteAsync(context, route.Dialect, refusal, retryAfterSeconds: retryAfter);
    }

    private Door CurrentDoor()
    {
        var door = Volatile.Read(ref _door);
        if (!ReferenceEquals(door.Configuration, _live.Current))
        {
            door = new Door(_live.Current);
            Volatile.Write(ref _door, door);
        }

        return door;
    }
}
