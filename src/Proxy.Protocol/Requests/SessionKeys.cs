using System.Security.Cryptography;
using System.Text;

namespace Proxy.Protocol.Requests;

/// <summary>What identifies a conversation, for stickiness (docs/architecture.md, "Choosing an account").</summary>
public static class SessionKeys
{
    /// <summary>A longer key is hashed: it is a client's text, and bindings are many.</summary>
    private const int LongestKey = 200;

    private static readonly string[] BeforeAll = ["X-Claude-Code-Session-Id"];
    private static readonly string[] BeforeBody = ["Session-Id", "Session_id", "thread-id", "X-Session-ID", "X-Session-Affinity", "X-Amp-Thread-Id"];

    /// <summary>
    /// The first found of: <c>X-Claude-Code-Session-Id</c>, the session part of <c>metadata.user_id</c>,
    /// <c>Session-Id</c>/<c>Session_id</c>/<c>thread-id</c>, <c>X-Session-ID</c>/<c>X-Session-Affinity</c>,
    /// <c>X-Amp-Thread-Id</c>, <c>prompt_cache_key</c>, the conversation id, the digest of the opening. Null when the
    /// request has none of them.
    /// </summary>
    /// <param name="header">Looks a request header up by name, whatever its case.</param>
    /// <param name="request">The request.</param>
    public static string? Find(Func<string, string?> header, ClientRequest request)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(request);
        var session = request.Session;
        return Bounded(
            FromHeaders(header, BeforeAll)
            ?? NonBlank(session.UserSession)
            ?? FromHeaders(header, BeforeBody)
            ?? InBody(session));
    }

    /// <summary>What the body alone says, strongest first.</summary>
    internal static string? InBody(SessionFacts session) =>
        Bounded(NonBlank(session.UserSession) ?? NonBlank(session.PromptCacheKey) ?? NonBlank(session.ConversationId) ?? session.OpeningDigest);

    private static string? FromHeaders(Func<string, string?> header, string[] names)
    {
        foreach (var name in names)
        {
            if (NonBlank(header(name)) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    private static string? NonBlank(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static string? Bounded(string? key) =>
        key is { Length: > LongestKey } ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) : key;
}
