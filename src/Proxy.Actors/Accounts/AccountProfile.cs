using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>What an account is made of: its file or its configuration entry, and the configuration around it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="Kind">The kind of upstream.</param>
/// <param name="FileName">The auth file; null for API keys.</param>
/// <param name="Reading">What the file holds; null for API keys.</param>
/// <param name="Entry">The configuration entry; null for files.</param>
/// <param name="Configuration">The configuration.</param>
public sealed record AccountDefinition(AccountId Id, string Provider, UpstreamKind Kind, string? FileName, AuthFileReading? Reading, ApiKeyAccount? Entry, ProxyConfiguration Configuration)
{
    /// <summary>An account with a file.</summary>
    public static AccountDefinition OfFile(string provider, UpstreamKind kind, string fileName, AuthFileReading reading, ProxyConfiguration configuration) =>
        new(AccountId.For(provider, fileName), provider, kind, fileName, reading, null, configuration);

    /// <summary>An account with an API key.</summary>
    public static AccountDefinition OfEntry(ApiKeyAccount entry, ProxyConfiguration configuration) =>
        new(AccountId.For(entry.Provider, entry.EntryKey), entry.Provider, entry.Kind, null, null, entry, configuration);
}

/// <summary>Everything about an account that does not move by itself. Immutable; pure function of its definition.</summary>
public sealed record AccountProfile
{
    private const int LongestLabel = 64;

    /// <summary>Its id.</summary>
    public required AccountId Id { get; init; }

    /// <summary>Its name in log lines: label and id, or the id alone.</summary>
    public string Name => Label == Id.Value ? Label : $"{Label} ({Id})";

    /// <summary>Safe to show.</summary>
    public required string Label { get; init; }

    /// <summary><c>claude</c>, <c>codex</c> or a compatible upstream's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The kind of upstream.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The auth file; null for API keys.</summary>
    public string? FileName { get; init; }

    /// <summary>True for an OAuth login.</summary>
    public bool IsOAuth => FileName is not null;

    /// <summary>Its token is another program's, which refreshes it (see docs/accounts.md).</summary>
    public bool IsLinked { get; init; }

    /// <summary>Where to call.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Which models it serves.</summary>
    public required ServedModels Models { get; init; }

    /// <summary>Higher is served first.</summary>
    public int Priority { get; init; }

    /// <summary>Its share of turns under <c>weighted-round-robin</c>; 0 and less: no new conversations.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Requests at once; 0 = unlimited.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>Sent with every call. May hold secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The way out.</summary>
    public OutboundRoute Route { get; init; } = OutboundRoute.Environment;

    /// <summary>The owner's system preamble.</summary>
    public string SystemPreamble { get; init; } = string.Empty;

    /// <summary>ChatGPT account id.</summary>
    public string? ChatGptAccountId { get; init; }

    /// <summary>Where its quota can be asked for; null for API keys, and where nobody asks.</summary>
    public UsageEndpoint? Usage { get; init; }

    /// <summary>Where to refresh; null for API keys.</summary>
    public TokenEndpoint? TokenEndpoint { get; init; }

    /// <summary>Paused by its owner.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Why it can't be used at all; null when it can.</summary>
    public string? Broken { get; init; }

    /// <summary>Most waiters behind a refresh.</summary>
    public int MaxWaiters { get; init; } = 2000;

    /// <summary>What its failures may do.</summary>
    public AccountRetry Retry { get; init; } = AccountRetry.Default;

    /// <summary>First and longest short cooldown.</summary>
    public (TimeSpan First, TimeSpan Max) ShortCooldown { get; init; } = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60));

    /// <summary>Free of header values and of the proxy's password.</summary>
    public override string ToString() => $"AccountProfile {{ {Name} }}";

    /// <summary>The profile that a definition amounts to.</summary>
    public static AccountProfile From(AccountDefinition definition, ModelCatalogue catalogue) =>
        definition.Entry is { } entry ? OfEntry(definition, entry, catalogue) : OfFile(definition, catalogue);

    private static AccountProfile OfFile(AccountDefinition definition, ModelCatalogue catalogue)
    {
        var configuration = definition.Configuration;
        var file = (definition.Reading as AuthFileReading.Loaded)?.File;
        var endpoints = definition.Kind == UpstreamKind.Claude ? configuration.Claude : configuration.Codex;
        IReadOnlyList<string> excluded = [.. configuration.ExcludedModels.GetValueOrDefault(definition.Provider) ?? [], .. file?.ExcludedModels ?? []];

        // The file's own come first: of two meanings of one name that one counts which is nearer to the account.
        IReadOnlyList<ModelAlias> own = file?.ModelAliases ?? [];
        IReadOnlyList<ModelAlias> aliases = [.. own,
            .. (configuration.ModelAliases.GetValueOrDefault(definition.Provider) ?? []).Where(a => !own.Any(o => o.Alias.Equals(a.Alias, StringComparison.OrdinalIgnoreCase)))];
        return new AccountProfile
        {
            Id = definition.Id,
            Label = Shown(file?.Label ?? Masked(file?.Email)) ?? definition.Id.Value,
            Provider = definition.Provider,
            Kind = definition.Kind,
            FileName = definition.FileName,
            IsLinked = file?.Link is not null,
            BaseUrl = endpoints.BaseUrl,
            Models = new ModelsOfKind(definition.Kind, new ModelRules(file?.Prefix, configuration.ForceModelPrefix && file?.Prefix is not null, excluded, aliases, PlanOf(file)), configuration.Catalogue ?? catalogue),
            Priority = file?.Priority ?? 0,
            Weight = file?.Weight ?? 1,
            MaxConcurrent = file?.MaxConcurrent ?? configuration.Routing.MaxConcurrent,
            Headers = file?.Headers ?? [],
            Route = OutboundRoute.For(file?.ProxyUrl, file?.NoProxy == true, configuration.ProxyUrl),
            SystemPreamble = endpoints.SystemPreamble,
            ChatGptAccountId = file?.ChatGptAccountId,
            TokenEndpoint = new TokenEndpoint(definition.Kind, endpoints.TokenUrl, endpoints.ClientId) { ProfileUrl = endpoints.ProfileUrl },
            IsPaused = file?.IsDisabled == true,
            Broken = (definition.Reading as AuthFileReading.Faulty)?.Reason,
            MaxWaiters = configuration.Routing.MaxParked,
            Retry = AccountRetry.From(file?.Retry ?? CredentialRetry.None, configuration.Routing, endpoints.ErrorRules, file?.ProxyUrl is not null),
            ShortCooldown = (configuration.Routing.ShortCooldown, configuration.Routing.ShortCooldownMax),
        };
    }

    private static AccountProfile OfEntry(AccountDefinition definition, ApiKeyAccount entry, ModelCatalogue catalogue)
    {
        var configuration = definition.Configuration;
        var rules = new ModelRules(entry.Prefix, configuration.ForceModelPrefix && entry.Prefix is not null, entry.ExcludedModels, entry.Models);
        return new AccountProfile
        {
            Id = definition.Id,
            Label = definition.Id.Value,
            Provider = definition.Provider,
            Kind = definition.Kind,
            BaseUrl = entry.BaseUrl,
            Models = entry.Models.Count > 0 ? new ListedModels(rules) : new ModelsOfKind(definition.Kind, rules, configuration.Catalogue ?? catalogue),
            Priority = entry.Priority,
            Weight = entry.Weight,
            MaxConcurrent = entry.MaxConcurrent ?? configuration.Routing.MaxConcurrent,
            Headers = entry.Headers,
            Route = OutboundRoute.For(entry.ProxyUrl, entry.NoProxy, configuration.ProxyUrl),
            SystemPreamble = entry.Kind switch
            {
                UpstreamKind.Claude => configuration.Claude.SystemPreamble,
                UpstreamKind.Codex => configuration.Codex.SystemPreamble,
                _ => string.Empty,
            },
            MaxWaiters = configuration.Routing.MaxParked,
            Retry = AccountRetry.From(entry.Retry, configuration.Routing, [], entry.ProxyUrl is not null),
            ShortCooldown = (configuration.Routing.ShortCooldown, configuration.Routing.ShortCooldownMax),
        };
    }

    private static string? PlanOf(AuthFile? file) => file is { Kind: UpstreamKind.Codex, Plan: { Length: > 0 } plan } ? ChatGptPlans.Named(plan) : null;

    // A label goes into log lines and terminals: one line, no control sequences, no novel.
    private static string? Shown(string? label) =>
        label is null ? null : string.Concat((label.Length > LongestLabel ? label[..LongestLabel] : label).Select(c => char.IsControl(c) ? '?' : c));

    // a…@example.com: the whole address shows only in commands on a terminal (design 4).
    private static string? Masked(string? email) =>
        email?.IndexOf('@') is > 0 and var at ? $"{email[0]}…{email[at..]}" : null;
}
