using Microsoft.AspNetCore.Http;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Answers;

/// <summary>Errors that the host itself answers, each in the caller's own dialect.</summary>
internal static class ErrorAnswer
{
    /// <summary>
    /// Answers with <paramref name="error"/>. Does nothing when an answer has begun. The proxy's own 401, 403 and 501 tell
    /// clients not to retry: several take them for passing (spec/clients.md 2.2).
    /// </summary>
    public static async Task WriteAsync(HttpContext context, Dialect dialect, ClientError error, string? requestId = null, int? retryAfterSeconds = null)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            return;
        }

        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (requestId is not null)
        {
            response.Headers["x-proxy-request-id"] = requestId;
        }

        if (error.Status is 401 or 403 or 501)
        {
            response.Headers["x-should-retry"] = "false";
        }

        if (retryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            ErrorBody.WriteJson(dialect, error, requestId, response.BodyWriter);
            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }
}
