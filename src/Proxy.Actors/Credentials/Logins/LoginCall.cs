using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Outbound;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>One bounded call to an endpoint of a login: an answer, or a reason in words.</summary>
internal static class LoginCall
{
    /// <summary>Sends it.</summary>
    /// <param name="endpoint">Its name, for the reason.</param>
    /// <returns>The answer, or why there is none.</returns>
    public static async Task<(OAuthAnswer? Answer, string? Fault)> SendAsync(
        ITokenTransport transport, HttpRequestMessage request, OutboundRoute route, string endpoint, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        using var ends = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ends.Token, cancellation);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using var response = await transport.SendAsync(request, route, linked.Token).ConfigureAwait(false);
            return (await OAuthAnswer.ReadAsync(response, time, linked.Token).ConfigureAwait(false), null);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not (HttpRequestError.ResponseEnded or HttpRequestError.Unknown))
        {
            return (null, $"the {endpoint} can't be reached ({e.HttpRequestError})");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, $"the connection to the {endpoint} broke before its answer was in");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"the {endpoint} did not answer within {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>A JSON body.</summary>
    public static HttpContent Json(JsonObject body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
