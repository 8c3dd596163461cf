using System.Collections.Frozen;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Routes;

/// <summary>
/// All paths. Base URLs are often written with one <c>/v1</c> too many or too few (spec/clients.md 2.16), so a doubled
/// one and a missing one lead to the same place, and so does a doubled or trailing slash.
/// </summary>
internal static class RouteTable
{
    /// <summary>What a path outside of the table is treated as.</summary>
    public static ServedRoute Unknown { get; } = new(RouteKind.Unknown, Dialect.OpenAIChat, Posts: false, NeedsKey: false);

    private static readonly ServedRoute Responses = new(RouteKind.Generate, Dialect.OpenAIResponses, Posts: true, NeedsKey: true);
    private static readonly ServedRoute Compact = new(RouteKind.Compact, Dialect.OpenAIResponses, Posts: true, NeedsKey: true);

    private static readonly FrozenDictionary<string, ServedRoute> Versioned = new Dictionary<string, ServedRoute>(StringComparer.Ordinal)
    {
        ["/messages"] = new(RouteKind.Generate, Dialect.AnthropicMessages, Posts: true, NeedsKey: true),
        ["/messages/count_tokens"] = new(RouteKind.CountTokens, Dialect.AnthropicMessages, Posts: true, NeedsKey: true),
        ["/chat/completions"] = new(RouteKind.Generate, Dialect.OpenAIChat, Posts: true, NeedsKey: true),
        ["/completions"] = new(RouteKind.Completions, Dialect.OpenAIChat, Posts: true, NeedsKey: true),
        ["/responses"] = Responses,
        ["/responses/compact"] = Compact,
        ["/models"] = new(RouteKind.Models, Dialect.OpenAIChat, Posts: false, NeedsKey: true),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ServedRoute> Plain = new Dictionary<string, ServedRoute>(StringComparer.Ordinal)
    {
        ["/"] = new(RouteKind.Root, Dialect.OpenAIChat, Posts: false, NeedsKey: false),
        // Codex with its chatgpt_base_url set to this proxy (spec/accounts.md 8.17)
        ["/backend-api/codex/responses"] = Responses,
        ["/backend-api/codex/responses/compact"] = Compact,
        ["/healthz"] = new(RouteKind.Health, Dialect.OpenAIChat, Posts: false, NeedsKey: false),
        ["/api/hello"] = new(RouteKind.Hello, Dialect.AnthropicMessages, Posts: false, NeedsKey: false),
        ["/debug/actors"] = new(RouteKind.DebugActors, Dialect.OpenAIChat, Posts: false, NeedsKey: false, LoopbackOnly: true),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every path that is written down, for tests and for the first page.</summary>
    public static IEnumerable<KeyValuePair<string, ServedRoute>> All => Versioned.Select(r => KeyValuePair.Create("/v1" + r.Key, r.Value)).Concat(Plain);

    /// <summary>What is served at <paramref name="path"/>; <paramref name="rest"/> is a model's name behind <c>/models/</c>.</summary>
    public static ServedRoute Match(string path, out string rest)
    {
        rest = string.Empty;
        if (path.StartsWith("/v1/", StringComparison.Ordinal) && Versioned.TryGetValue(path[3..], out var exact))
        {
            return exact;
        }

        var tidy = Tidy(path);
        if (Plain.TryGetValue(tidy, out var plain) || Versioned.TryGetValue(tidy, out plain))
        {
            return plain;
        }

        const string Models = "/models/";
        if (tidy.StartsWith(Models, StringComparison.Ordinal))
        {
            rest = tidy[Models.Length..];
            return Versioned["/models"];
        }

        return Unknown;
    }

    /// <summary>One slash between segments, none at the end, no leading <c>/v1</c> at all.</summary>
    private static string Tidy(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries).AsSpan();
        while (segments.Length > 1 && segments[0] == "v1")
        {
            segments = segments[1..];
        }

        return "/" + string.Join('/', segments!);
    }
}
