using System.Net.Http.Headers;

namespace Proxy.Actors.Relay;

/// <summary>
/// The headers that a client gets: our own, and those of the provider that help it, by allow-list (docs/architecture.md,
/// "Failures"). Never cookies, Alt-Svc, Server, cf-* or organisation ids.
/// </summary>
internal static class PassedHeaders
{
    private static readonly string[] Prefixes = ["anthropic-ratelimit-", "x-codex-", "x-ratelimit-"];
    private static readonly string[] Names = ["request-id", "x-request-id", "openai-processing-ms"];

    /// <summary>The proxy's own headers of every answer.</summary>
    public static List<KeyValuePair<string, string>> Own(string requestId, int attempts, string? servedModel = null)
    {
        var headers = new List<KeyValuePair<string, string>>(8)
        {
            new("x-proxy-request-id", requestId),
            new("x-proxy-attempts", attempts.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        };
        if (servedModel is not null && !servedModel.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            headers.Add(new("x-proxy-model", servedModel));
        }

        return headers;
    }

    /// <summary>What makes an event stream pass through whatever stands between us and the client.</summary>
    public static void AddStream(List<KeyValuePair<string, string>> headers)
    {
        headers.Add(new("Cache-Control", "no-cache"));
        headers.Add(new("X-Accel-Buffering", "no"));
    }

    /// <summary>Adds what the provider's answer has of the allowed ones.</summary>
    /// <param name="upstream">The provider's headers; null when there was no answer.</param>
    /// <param name="withRetryAfter">Its <c>retry-after*</c> as well: for errors that are passed on as they came.</param>
    /// <param name="headers">Where to.</param>
    public static void AddUpstream(HttpResponseHeaders? upstream, bool withRetryAfter, List<KeyValuePair<string, string>> headers)
    {
        if (upstream is null)
        {
            return;
        }

        foreach (var header in upstream.NonValidated)
        {
            // A value that we could not send would break an answer that is good.
            if (IsAllowed(header.Key, withRetryAfter) && header.Value.ToString() is var value && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                headers.Add(new(header.Key, value));
            }
        }
    }

    private static bool IsAllowed(string name, bool withRetryAfter)
    {
        foreach (var allowed in Names)
        {
            if (name.Equals(allowed, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return withRetryAfter && name.StartsWith("retry-after", StringComparison.OrdinalIgnoreCase);
    }
}
