using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>What a lease is for.</summary>
public enum Purpose
{
    /// <summary>An answer for a client.</summary>
    Inference,

    /// <summary>A token count: moves no health.</summary>
    CountTokens,

    /// <summary>A client's request let through to re-test a blocked reading.</summary>
    Probe,

    /// <summary>A compaction (Responses).</summary>
    Compact,
}

/// <summary>Which upstreams can be asked for what.</summary>
public static class PurposeRules
{
    /// <summary>True when an upstream of that kind has such an operation: only ChatGPT's backend compacts.</summary>
    public static bool IsServedBy(this Purpose purpose, UpstreamKind kind) => purpose != Purpose.Compact || kind == UpstreamKind.Codex;
}

/// <summary>A secret that prints as nothing.</summary>
public sealed class Secret(string value)
{
    /// <summary>The secret itself. Only the call that needs it reads this.</summary>
    public string Reveal() => value;

    /// <inheritdoc />
    public override string ToString() => "***";
}

/// <summary>What an alias of the configuration adds to an attempt.</summary>
/// <param name="MapsNameBack">The answer carries the name that the client asked for.</param>
/// <param name="Thinking">What the alias wants of it, whatever the client asks; null for nothing.</param>
public sealed record LeasedAlias(bool MapsNameBack, ThinkingWish? Thinking)
{
    /// <summary>What the routed name adds to <paramref name="upstream"/>; null for nothing.</summary>
    public static LeasedAlias? Of(ServedModel? served, string upstream)
    {
        foreach (var model in served?.Upstreams ?? [])
        {
            if (model.Name == upstream && (served!.MapsNameBack || model.Thinking is not null))
            {
                return new LeasedAlias(served.MapsNameBack, model.Thinking);
            }
        }

        return null;
    }
}

/// <summary>
/// Permission to use an account for one attempt, with the whole target, so that each attempt may translate anew. It
/// stays usable when the account's actor restarts.
/// </summary>
public sealed record Lease
{
    /// <summary>Its id; LeaseEnded and Release are idempotent by it.</summary>
    public required LeaseId Id { get; init; }

    /// <summary>The request it was granted to.</summary>
    public required TicketId Ticket { get; init; }

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The account's label, safe to show.</summary>
    public required string Label { get; init; }

    /// <summary>The provider: <c>claude</c>, <c>codex</c> or a compatible upstream's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The kind of upstream.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>Where to call.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The routed name that it was granted for: the asked model, or a fallback of it.</summary>
    public string RoutedModel { get; init; } = string.Empty;

    /// <summary>What an alias adds; null where none does.</summary>
    public LeasedAlias? Alias { get; init; }

    /// <summary>The model's name there (alias resolved, prefix removed).</summary>
    public required string UpstreamModel { get; init; }

    /// <summary>True for an OAuth login, false for an API key.</summary>
    public required bool IsOAuth { get; init; }

    /// <summary>Access token or API key; null for an upstream without one.</summary>
    public required Secret? Token { get; init; }

    /// <summary>Generation of the token: a 401 of an older one changes nothing.</summary>
    public required long Generation { get; init; }

    /// <summary>ChatGPT account id for the <c>ChatGPT-Account-Id</c> header; null otherwise.</summary>
    public string? ChatGptAccountId { get; init; }

    /// <summary>The account's own headers, applied last.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Outbound proxy; null for none.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary>True: use neither an account's nor the global nor the environment's proxy.</summary>
    public bool NoProxy { get; init; }

    /// <summary>The owner's system preamble for this provider; empty by default.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary>The owner's rules for this account's errors.</summary>
    public IReadOnlyList<Protocol.Failures.ErrorRule> ErrorRules { get; init; } = [];

    /// <summary>What it was granted for.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>Free of header values and of the proxy's password.</summary>
    public override string ToString() => $"Lease {{ {Id.Value}, {Account}, {UpstreamModel} }}";
}
