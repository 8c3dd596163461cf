using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;
using Proxy.Host.Answers;
using Proxy.Host.Bodies;
using Proxy.Host.Doors;
using Proxy.Host.Logging;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>Requests that an upstream answers: read, ask, relay, map the error.</summary>
internal sealed class RelayEndpoint(BodyReader bodies, RequestIds ids, ILogger log)
{
    /// <summary>Serves one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="call">What it is.</param>
    /// <param name="engine">Who serves it.</param>
    /// <param name="configuration">What it begins with.</param>
    public async Task ServeAsync(HttpContext context, EndpointCall call, IProxyEngine engine, ProxyConfiguration configuration)
    {
        var requestId = ids.Next();
        var (body, refused) = await bodies.ReadAsync(context, configuration.Server);
        using (body)
        {
            if (body is null)
            {
                await RefuseAsync(context, call.Dialect, refused, requestId);
                return;
            }

            var client = call.Read(body.Bytes, ProtocolHeaders.Of(context.Request), out var problem);
            if (client is null)
            {
                await RefuseAsync(context, call.Dialect, RelayAsk.ToError(problem!), requestId);
                return;
            }

            if (RelayAsk.RefuseModel(client) is { } unfit)
            {
                await RefuseAsync(context, call.Dialect, unfit, requestId);
                return;
            }

            var models = AskedModels.Of(client.Model, engine.Table, configuration);
            if (call.Refuse(engine.Table, client, models.Model) is { } unserved)
            {
                await RefuseAsync(context, call.Dialect, unserved, requestId);
                return;
            }

            if (await call.AnswerLocallyAsync(engine.Table, client, models.Model) is { } local)
            {
                await AnswerAsync(context, call.Dialect, local, requestId);
                return;
            }

            var sink = new HttpAnswerSink(context);
            var result = await engine.Relay.RunAsync(RelayAsk.Of(context.Request, call, requestId, client, models, configuration) with { BodyOwner = body }, sink, context.RequestAborted);
            RequestLog.Relayed(log, requestId, client.Model, call.Dialect, result);
            if (sink.IsBroken && !context.RequestAborted.IsCancellationRequested)
            {
                throw new BrokenAnswerException();
            }
        }
    }

    /// <summary>Serves one turn of a socket: the same question, and an answer into the socket's sink.</summary>
    /// <param name="request">The request that opened the socket: its headers tell key and session.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="body">The body that an HTTP request would have.</param>
    /// <param name="sink">Takes the answer.</param>
    /// <param name="engine">Who serves it.</param>
    /// <param name="configuration">What the turn begins with.</param>
    /// <param name="gone">The client has left.</param>
    /// <returns>Null when it was relayed, or why it can't be.</returns>
    public async Task<ClientError?> ServeTurnAsync(
        HttpRequest request, EndpointCall call, ReadOnlyMemory<byte> body, IAnswerSink sink, IProxyEngine engine, ProxyConfiguration configuration, CancellationToken gone)
    {
        var client = call.Read(body, ProtocolHeaders.Of(request), out var problem);
        if ((client is null ? RelayAsk.ToError(problem!) : RelayAsk.RefuseModel(client)) is { } refusal)
        {
            RequestLog.Refused(log, refusal.Status, request.Method, request.Path, refusal.Message);
            return refusal;
        }

        var requestId = ids.Next();
        var models = AskedModels.Of(client!.Model, engine.Table, configuration);
        var result = await engine.Relay.RunAsync(RelayAsk.Of(request, call, requestId, client, models, configuration), sink, gone);
        RequestLog.Relayed(log, requestId, client.Model, call.Dialect, result);
        return null;
    }

    private async Task AnswerAsync(HttpContext context, Dialect dialect, LocalAnswer answer, string requestId)
    {
        if (answer.Problem is { } problem)
        {
            await RefuseAsync(context, dialect, RelayAsk.ToError(problem), requestId);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Json.Length;
        await context.Response.Body.WriteAsync(answer.Json, context.RequestAborted);
    }

    private async Task RefuseAsync(HttpContext context, Dialect dialect, ClientError? error, string requestId)
    {
        if (error is null)
        {
            return;
        }

        RequestLog.Refused(log, error.Status, context.Request.Method, context.Request.Path, error.Message);
        await ErrorAnswer.WriteAsync(context, dialect, error, requestId, error.Status == StatusCodes.Status503ServiceUnavailable ? 1 : null);
    }
}
