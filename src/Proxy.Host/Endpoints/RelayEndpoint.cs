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
    /// <summary>In characters. A name is kept in many places: cooldowns, ledger, debug tree, log.</summary>
    private const int LongestModel = 256;

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
                await RefuseAsync(context, call.Dialect, ToError(problem!), requestId);
                return;
            }

            if (client.Model.Length > LongestModel)
            {
                await RefuseAsync(context, call.Dialect, new ClientError(StatusCodes.Status400BadRequest, $"The model's name is longer than {LongestModel} characters.", Parameter: "model"), requestId);
                return;
            }

            var models = AskedModels.Of(client.Model, engine.Table, configuration);
            if (call.AnswerLocally(engine.Table, client, models.Model, context.Response.BodyWriter, out problem))
            {
                context.Response.ContentType = "application/json";
                await (problem is null
                    ? context.Response.BodyWriter.FlushAsync(context.RequestAborted).AsTask()
                    : RefuseAsync(context, call.Dialect, ToError(problem), requestId));
                return;
            }

            var sink = new HttpAnswerSink(context);
            var result = await engine.Relay.RunAsync(Ask(context, call, requestId, client, models, configuration) with { BodyOwner = body }, sink, context.RequestAborted);
            RequestLog.Relayed(log, requestId, client.Model, call.Dialect, result);
            if (sink.IsBroken && !context.RequestAborted.IsCancellationRequested)
            {
                throw new BrokenAnswerException();
            }
        }
    }

    private static RelayRequest Ask(
        HttpContext context, EndpointCall call, string requestId, ClientRequest client, AskedModels models, ProxyConfiguration configuration)
    {
        var key = ClientKeys.First(context.Request);
        return new()
        {
            RequestId = requestId,
            Client = client,
            Model = models.Model,
            Fallbacks = models.Fallbacks,
            IsRedirected = models.IsRedirected,
            ClientHeader = name => Header(context.Request, name),
            Operation = call.Operation,
            ClientKey = ClientKeys.DigestOf(key),
            ClientName = ClientNames.Of(context.Request.Headers.UserAgent.ToString()),
            Configuration = configuration,
            Facts = new RoutingFacts
            {
                Dialect = call.Dialect,
                AskedModel = client.Model,
                Model = models.Model.Name,
                Fallbacks = models.Fallbacks.Count == 0 ? [] : [.. models.Fallbacks.Select(f => f.Name)],
                Purpose = call.Operation == Operation.CountTokens ? Purpose.CountTokens : Purpose.Inference,
                Session = Session(context.Request, key, client),
                HasReasoning = client.HasReasoning,
                Configuration = configuration,
            },
        };
    }

    /// <summary>Client key and session in one digest: the router needs to tell them apart, not to know them.</summary>
    private static string? Session(HttpRequest request, string key, ClientRequest client)
    {
        var session = SessionKeys.Find(name => Header(request, name), client);
        return session is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\0{session}")).AsSpan(0, 16));
    }

    private static string? Header(HttpRequest request, string name) => request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    private static ClientError ToError(RequestProblem problem) =>
        new(StatusCodes.Status400BadRequest, problem.Message, Code: problem.Code, Parameter: problem.Parameter);

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
