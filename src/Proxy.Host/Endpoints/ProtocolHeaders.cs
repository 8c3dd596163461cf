using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace Proxy.Host.Endpoints;

/// <summary>
/// The client's headers that belong to a protocol and may go on to an upstream of the same dialect. Everything else stays
/// here: above all the client's own key, and whatever names this machine.
/// </summary>
internal static class ProtocolHeaders
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "openai-beta", "session_id", "session-id", "thread-id", "conversation_id",
        "x-claude-code-session-id", "x-client-request-id", "x-codex-turn-state", "x-codex-turn-metadata", "x-codex-beta-features", "x-codex-window-id", "version", "originator",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of <paramref name="request"/>, by lower-case name.</summary>
    public static IReadOnlyDictionary<string, string> Of(HttpRequest request)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.Headers)
        {
            // What can't go on in a header stays here: it would fail the call on every account (RFC 9110 §5.5).
            if (Names.TryGetValue(name, out var lower) && value.ToString() is var text && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                found[lower] = text;
            }
        }

        return found;
    }
}
