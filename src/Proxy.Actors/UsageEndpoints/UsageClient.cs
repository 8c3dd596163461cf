using System.Net;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.UsageEndpoints;

/// <summary>
/// One call of a provider's usage endpoint, with our own name (docs/provider-accounts.md) and what the endpoint wants
/// besides: <c>anthropic-beta</c> at Anthropic's, <c>ChatGPT-Account-Id</c> at ChatGPT's. No state. What these endpoints
/// answer is told at <see cref="UsageAnswers"/>.
/// </summary>
/// <param name="invoker">The invoker for a route to an address; pooled by whoever gives it.</param>
/// <param name="time">The one clock.</param>
public sealed class UsageClient(Func<Uri, OutboundRoute, HttpMessageInvoker> invoker, TimeProvider time)
{
    /// <summary>Longest call, headers and body.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private const int MaxAnswerBytes = 256 * 1024;

    /// <summary>Asks. Never throws for what a network or a provider does.</summary>
    public async Task<UsageAnswer> AskAsync(UsageQuestion question, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(question);
        var asked = time.GetUtcNow();
        using var limit = new CancellationTokenSource(Limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var request = Request(question);
        try
        {
            using var response = await OutboundFactory.SendAsync(invoker(question.Endpoint.Url, question.Route), request, linked.Token).ConfigureAwait(false);
            var body = await ReadAsync(response.Content, linked.Token).ConfigureAwait(false);
            return Judge(question.Endpoint.Kind, response, body, asked);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            return new UsageAnswer.Failed("the usage endpoint can't be reached");
        }
        catch (OperationCanceledException)
        {
            return new UsageAnswer.Failed("the usage endpoint did not answer in time");
        }
    }

    private static HttpRequestMessage Request(UsageQuestion question)
    {
        var request = OutboundFactory.NewRequest(HttpMethod.Get, question.Endpoint.Url);
        var headers = request.Headers;
        headers.TryAddWithoutValidation("Authorization", $"Bearer {question.AccessToken}");
        headers.TryAddWithoutValidation("User-Agent", OutboundFactory.UserAgent);
        headers.TryAddWithoutValidation("Accept", "application/json");
        headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (question.Endpoint.Kind == UpstreamKind.Claude)
        {
            headers.TryAddWithoutValidation("anthropic-beta", "oauth-2025-04-20");
        }

        if (question.ChatGptAccountId is { } account)
        {
            headers.TryAddWithoutValidation("ChatGPT-Account-Id", account);
        }

        return request;
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > MaxAnswerBytes)
            {
                return null;
            }
        }

        var encoding = content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values) ? values.ToString() : null;
        var decoded = BodyDecoder.Decode(buffer.ToArray(), encoding, new DecodeLimits(MaxAnswerBytes));
        return decoded.Fault == DecodeFault.None ? decoded.Bytes.ToArray() : null;
    }

    private static UsageAnswer Judge(UpstreamKind kind, HttpResponseMessage response, byte[]? body, DateTimeOffset asked)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return body is not null && UsageAnswers.Read(kind, body, asked) is { } reading
                ? new UsageAnswer.Told(reading)
                : new UsageAnswer.Failed("the usage endpoint's answer can't be understood");
        }

        // A web page is somebody's on the way (a challenge, a load balancer): it says nothing about the endpoint.
        var isPage = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) && type.ToString().Contains("html", StringComparison.OrdinalIgnoreCase);
        return status switch
        {
            401 when !isPage => UsageAnswer.Unauthorized.Instance,
            403 or 404 or 405 or 410 when !isPage => new UsageAnswer.Unavailable($"it answered {status}"),
            _ => new UsageAnswer.Failed(
                $"the usage endpoint answered {status}{(isPage ? " with a web page" : string.Empty)}",
                RetryAfter.Read(response.Headers.NonValidated.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), asked)),
        };
    }
}
