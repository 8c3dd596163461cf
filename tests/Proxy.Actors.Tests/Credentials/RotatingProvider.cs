using System.Net;
using System.Text;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>What becomes of the first call to a <see cref="RotatingProvider"/>.</summary>
public enum FirstCall
{
    /// <summary>It is served and answered.</summary>
    Answered,

    /// <summary>It is served, and its answer is lost.</summary>
    LostAfterServed,

    /// <summary>The connection breaks before it is served.</summary>
    LostBeforeServed,

    /// <summary>500.</summary>
    Failed,
}

/// <summary>A token endpoint with one account, as strict as the real ones: each refresh token is good once.</summary>
internal sealed class RotatingProvider(FirstCall first, int generation) : ITokenTransport
{
    private bool _isRevoked;

    /// <summary>The pair that is good now.</summary>
    public int Generation { get; private set; } = generation;

    public int Calls { get; private set; }

    /// <summary>A connection broke.</summary>
    public bool WasLost { get; private set; }

    public static string Access(int generation) => $"sandbox-access-claude-1-g{generation}.";

    public static string Refresh(int generation) => $"sandbox-refresh-claude-1-g{generation}.";

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellation);
        var fate = ++Calls == 1 ? first : FirstCall.Answered;
        switch (fate)
        {
            case FirstCall.LostBeforeServed:
                WasLost = true;
                throw new HttpRequestException(HttpRequestError.ResponseEnded);
            case FirstCall.Failed:
                return Answer(HttpStatusCode.InternalServerError, """{"error":"made up"}""");
        }

        if (_isRevoked || !body.Contains(Refresh(Generation), StringComparison.Ordinal))
        {
            _isRevoked = true; // RFC 9700: reuse revokes the family
            return Answer(HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""");
        }

        Generation++;
        return fate == FirstCall.LostAfterServed
            ? throw new HttpRequestException(HttpRequestError.ResponseEnded)
            : Answer(HttpStatusCode.OK, $$"""{"access_token":"{{Access(Generation)}}","refresh_token":"{{Refresh(Generation)}}","expires_in":28800}""");
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
}
