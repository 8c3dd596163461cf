using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Relay;
using Proxy.Actors.Routing;
using Proxy.Host.Doors;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>What the relay is asked for a client's request, whether it came over HTTP or on a socket.</summary>
internal static class RelayAsk
{
    /// <summary>In characters. A name is kept in many places: cooldowns, ledger, debug tree, log.</summary>
    private const int LongestModel = 256;

    /// <summary>Why the request's model can't be asked for; null when it can.</summary>
    public static ClientError? RefuseModel(ClientRequest client) => client.Model.Length <= LongestModel
        ? null
        : new ClientError(StatusCodes.Status400BadRequest, $"The model's name is longer than {LongestModel} characters.", Parameter: "model");

    /// <summary>The question.</summary>
    /// <param name="request">The HTTP request, or the one that opened the socket: its headers tell key and session.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="requestId">Its id.</param>
    /// <param name="client">The body.</param>
    /// <param name="models">Its model, and what may stand in for it.</param>
    /// <param name="configuration">What it begins with.</param>
    public static RelayRequest Of(
        HttpRequest request, EndpointCall call, string requestId, ClientRequest client, AskedModels models, ProxyConfiguration configuration)
    {
        var key = ClientKeys.First(request);
        return new()
        {
            RequestId = requestId,
            Client = client,
            Model = models.Model,
            Fallbacks = models.Fallbacks,
            IsRedirected = models.IsRedirected,
            ClientHeader = name => Header(request, name),
            Operation = call.Operation,
            ClientKey = ClientKeys.DigestOf(key),
            ClientName = ClientNames.Of(request.Headers.UserAgent.ToString()),
            Configuration = configuration,
            Facts = new RoutingFacts
            {
                Dialect = call.Dialect,
                AskedModel = client.Model,
                Model = models.Model.Name,
                Fallbacks = models.Fallbacks.Count == 0 ? [] : [.. models.Fallbacks.Select(f => f.Name)],
                Purpose = call.Purpose,
                Session = Session(request, key, client),
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

    /// <summary>The error of a body that can't be served.</summary>
    public static ClientError ToError(RequestProblem problem) =>
        new(StatusCodes.Status400BadRequest, problem.Message, Code: problem.Code, Parameter: problem.Parameter);
}
