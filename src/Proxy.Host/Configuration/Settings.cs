using Proxy.Actors.Configuration;
using Table = Proxy.Host.Configuration.SettingTable<Proxy.Actors.Configuration.ProxyConfiguration>;

namespace Proxy.Host.Configuration;

/// <summary>Every key of <c>config.yaml</c> that has a place in <see cref="ProxyConfiguration"/>. Defaults are those of the records.</summary>
internal static class Settings
{
    private const int Many = 1_000_000;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Keys that hold lists or maps of their own form.</summary>
    public static IReadOnlyList<string> Structured { get; } = ["claude-api-key", "codex-api-key", "openai-compatibility", "oauth-excluded-models", "oauth-model-alias", "model-fallbacks", "models", "payload"];

    /// <summary>Older spellings of structured keys.</summary>
    public static IReadOnlyList<string> Older { get; } = ["oauth-model-mappings"];

    /// <summary>Keys of parts that are built later, and keys without effect kept for files written for others: accepted with a debug line.</summary>
    public static IReadOnlyList<string> Later { get; } =
    [
        "tls", "logging-to-file", "logs-max-total-size-mb", "request-log", "ws-auth", "remote-management",
        "ampcode", "amp-upstream-url", "amp-upstream-api-key", "amp-restrict-management-to-localhost", "amp-model-mappings", "auth", "gemini-api-key",
        "generative-language-api-key", "vertex-api-key", "streaming", "incognito-browser",
        "nonstream-keepalive-interval", "commercial-mode", "pprof", "passthrough-headers",
    ];

    /// <summary>The table.</summary>
    public static Table All { get; } = new(
        [.. Server(), .. Upstreams(), .. Models(), .. Routing(), .. Retrying(), .. Quota(), .. Timeouts(), .. Limits(), .. Ledger()],
        [.. Structured, .. Older, .. Later]);

    private static Setting<ProxyConfiguration>[] Server() =>
    [
        Table.Of("host", ValueKinds.Text, c => c.Server.Host, (c, v) => c with { Server = c.Server with { Host = v.Trim() } }),
        Table.Of("port", ValueKinds.Whole(1, 65535, 8317), c => c.Server.Port, (c, v) => c with { Server = c.Server with { Port = v } }),
        Table.Of("auth-dir", ValueKinds.Directory, c => c.AuthDirectory, (c, v) => c with { AuthDirectory = v }),
        Table.Of("state-dir", ValueKinds.Directory, c => c.StateDirectory, (c, v) => c with { StateDirectory = v }),
        Table.Of("api-keys", ValueKinds.Secrets, c => c.Server.ApiKeys, (c, v) => c with { Server = c.Server with { ApiKeys = v } }, secret: true),
        Table.Of("allowed-hosts", ValueKinds.Texts, c => c.Server.AllowedHosts, (c, v) => c with { Server = c.Server with { AllowedHosts = v } }),
        Table.Of("debug", ValueKinds.Switch, c => c.Debug, (c, v) => c with { Debug = v }),
    ];

    private static Setting<ProxyConfiguration>[] Upstreams() =>
    [
        new(
            "proxy-url",
            (c, node, path, report) => ValueKinds.Scalar(node) is "" ? c : ProxyUrl.Apply(c, node, path, report),
            c => ProxyUrl.Print(c)),
        Table.Of("force-model-prefix", ValueKinds.Switch, c => c.ForceModelPrefix, (c, v) => c with { ForceModelPrefix = v }),
        .. Provider("claude", c => c.Claude, (c, v) => c with { Claude = v }, withProfile: true),
        .. Provider("codex", c => c.Codex, (c, v) => c with { Codex = v }, withProfile: false),
    ];

    private static Setting<ProxyConfiguration>[] Models() =>
    [
        Table.Of("retired-models", ValueKinds.OneOf("off", "redirect"), c => c.RedirectRetiredModels ? "redirect" : "off", (c, v) => c with { RedirectRetiredModels = v == "redirect" }),
        Table.Of("quota-exceeded.switch-project", ValueKinds.Switch, c => c.Routing.SwitchAccounts, (c, v) => c with { Routing = c.Routing with { SwitchAccounts = v } }),
        Table.Of("quota-exceeded.switch-preview-model", ValueKinds.Switch, c => c.Routing.SwitchModels, (c, v) => c with { Routing = c.Routing with { SwitchModels = v } }),
    ];

    private static Setting<ProxyConfiguration> ProxyUrl { get; } =
        Table.Of("proxy-url", ValueKinds.Proxy, c => new OutboundProxy(c.ProxyUrl), (c, v) => c with { ProxyUrl = v.Url }) with
        {
            Print = c => c.ProxyUrl is null ? "\"\"" : ValueKinds.Quote(new OutboundProxy(c.ProxyUrl).ToString()),
        };

    private static IEnumerable<Setting<ProxyConfiguration>> Provider(
        string name, Func<ProxyConfiguration, ProviderEndpoints> get, Func<ProxyConfiguration, ProviderEndpoints, ProxyConfiguration> set, bool withProfile)
    {
        var address = ValueKinds.Address(plainOnlyLoopback: true);
        yield return Table.Of($"providers.{name}.base-url", address, c => get(c).BaseUrl, (c, v) => set(c, get(c) with { BaseUrl = v }));
        yield return Table.Of($"providers.{name}.token-url", address, c => get(c).TokenUrl, (c, v) => set(c, get(c) with { TokenUrl = v }));
        yield return Table.Of($"providers.{name}.authorize-url", address, c => get(c).AuthorizeUrl!, (c, v) => set(c, get(c) with { AuthorizeUrl = v }));
        if (withProfile)
        {
            yield return Table.Of($"providers.{name}.profile-url", address, c => get(c).ProfileUrl!, (c, v) => set(c, get(c) with { ProfileUrl = v }));
        }

        else
        {
            yield return Table.Of($"providers.{name}.device-url", address, c => get(c).DeviceUrl!, (c, v) => set(c, get(c) with { DeviceUrl = v }));
        }

        yield return UsageUrl($"providers.{name}.usage-url", withProfile ? ProviderEndpoints.ClaudeUsagePath : ProviderEndpoints.CodexUsagePath, get, set);
        yield return Table.Of($"providers.{name}.client-id", ValueKinds.Credential, c => get(c).ClientId, (c, v) => set(c, get(c) with { ClientId = v.Trim() })) with { Print = c => ValueKinds.Quote(get(c).ClientId) };
        yield return new(
            $"providers.{name}.{ErrorRules.Key}",
            (c, node, path, report) => set(c, get(c) with { ErrorRules = ErrorRules.Read(node, path, report) }),
            c => ErrorRules.Print(get(c).ErrorRules));
        yield return Table.Of($"providers.{name}.system-preamble", ValueKinds.Text, c => get(c).SystemPreamble, (c, v) => set(c, get(c) with { SystemPreamble = v }));
    }

    private static Setting<ProxyConfiguration>[] Routing() =>
    [
        Table.Of("routing.strategy", ValueKinds.OneOf([.. StrategyNames.All]), c => c.Routing.Strategy, (c, v) => c with { Routing = c.Routing with { Strategy = v } }),
        Table.Of("routing.max-concurrent", ValueKinds.Whole(0, Many, 0), c => c.Routing.MaxConcurrent, (c, v) => c with { Routing = c.Routing with { MaxConcurrent = v } }),
        Table.Of("routing.pressure-limit", ValueKinds.Whole(0, 100, 90), c => c.Routing.PressureLimit, (c, v) => c with { Routing = c.Routing with { PressureLimit = v } }),
        Table.Of("routing.session-affinity", ValueKinds.Switch, c => c.Routing.SessionAffinity, (c, v) => c with { Routing = c.Routing with { SessionAffinity = v } }),
        Time("routing.session-affinity-ttl", Moment, c => c.Routing.SessionAffinityTtl, (c, v) => c with { Routing = c.Routing with { SessionAffinityTtl = v } }),
        Table.Of("routing.max-bindings", ValueKinds.Whole(1, Many, 10_000), c => c.Routing.MaxBindings, (c, v) => c with { Routing = c.Routing with { MaxBindings = v } }),
        Table.Of("routing.max-parked", ValueKinds.Whole(0, Many, 2000), c => c.Routing.MaxParked, (c, v) => c with { Routing = c.Routing with { MaxParked = v } }),
        Table.Of("routing.max-attempts", ValueKinds.Whole(1, 100, 8), c => c.Routing.MaxAttempts, (c, v) => c with { Routing = c.Routing with { MaxAttempts = v } }),
        Time("routing.first-attempt-wait", Moment, c => c.Routing.FirstAttemptWait, (c, v) => c with { Routing = c.Routing with { FirstAttemptWait = v } }),
        Time("routing.request-deadline", Moment, c => c.Routing.RequestDeadline, (c, v) => c with { Routing = c.Routing with { RequestDeadline = v } }),
        Time("routing.sticky-wait", TimeSpan.Zero, c => c.Routing.StickyWait, (c, v) => c with { Routing = c.Routing with { StickyWait = v } }),
        Time("routing.short-cooldown", Moment, c => c.Routing.ShortCooldown, (c, v) => c with { Routing = c.Routing with { ShortCooldown = v } }),
        Time("routing.short-cooldown-max", Moment, c => c.Routing.ShortCooldownMax, (c, v) => c with { Routing = c.Routing with { ShortCooldownMax = v } }),
    ];

    private static Setting<ProxyConfiguration>[] Retrying() =>
    [
        Table.Of("request-retry", ValueKinds.Whole(0, 100, 3), c => c.Routing.RequestRetry, (c, v) => c with { Routing = c.Routing with { RequestRetry = v } }),
        Table.Of("max-retry-interval", ValueKinds.Pause(Day), c => c.Routing.MaxRetryInterval, (c, v) => c with { Routing = c.Routing with { MaxRetryInterval = v } }),
        Table.Of("max-retry-credentials", ValueKinds.Whole(0, Many, 0), c => c.Routing.MaxRetryCredentials, (c, v) => c with { Routing = c.Routing with { MaxRetryCredentials = v } }),
        Table.Of("disable-cooling", ValueKinds.Switch, c => c.Routing.DisableCooling, (c, v) => c with { Routing = c.Routing with { DisableCooling = v } }),
        Table.Of(
            "transient-error-cooldown-seconds", ValueKinds.Whole(-1, 86_400, 0), c => c.Routing.TransientErrorCooldownSeconds,
            (c, v) => c with { Routing = c.Routing with { TransientErrorCooldownSeconds = v } }),
    ];

    private static Setting<ProxyConfiguration>[] Quota() =>
    [
        Table.Of("quota.poll", ValueKinds.Switch, c => c.Quota.Poll, (c, v) => c with { Quota = c.Quota with { Poll = v } }),
    ];

    // An empty one switches it off; one that is not written lies beside the base-url.
    private static Setting<ProxyConfiguration> UsageUrl(
        string key, string path, Func<ProxyConfiguration, ProviderEndpoints> get, Func<ProxyConfiguration, ProviderEndpoints, ProxyConfiguration> set)
    {
        var address = Table.Of(
            key, ValueKinds.Address(plainOnlyLoopback: true), c => get(c).UsageAddress(path)!, (c, v) => set(c, get(c) with { UsageUrl = v, HasUsage = true }));
        return new(
            key,
            (c, node, at, report) => ValueKinds.Scalar(node) is "" ? set(c, get(c) with { HasUsage = false }) : address.Apply(c, node, at, report),
            c => get(c).HasUsage ? address.Print(c) : "\"\"");
    }

    private static Setting<ProxyConfiguration>[] Timeouts() =>
    [
        Time("timeouts.connect", Moment, c => c.Relay.Connect, (c, v) => c with { Relay = c.Relay with { Connect = v } }),
        Time("timeouts.stream-headers", Moment, c => c.Relay.StreamHeaders, (c, v) => c with { Relay = c.Relay with { StreamHeaders = v } }),
        Time("timeouts.single-headers", Moment, c => c.Relay.SingleHeaders, (c, v) => c with { Relay = c.Relay with { SingleHeaders = v } }),
        Time("timeouts.first-content", Moment, c => c.Relay.FirstContent, (c, v) => c with { Relay = c.Relay with { FirstContent = v } }),
        Time("timeouts.gap", Moment, c => c.Relay.Gap, (c, v) => c with { Relay = c.Relay with { Gap = v } }),
        Time("timeouts.keep-alive", Moment, c => c.Relay.KeepAlive, (c, v) => c with { Relay = c.Relay with { KeepAlive = v } }),
        Time("timeouts.write-stall", Moment, c => c.Relay.WriteStall, (c, v) => c with { Relay = c.Relay with { WriteStall = v } }),
        Time("timeouts.request-headers", Moment, c => c.Server.RequestHeadersTimeout, (c, v) => c with { Server = c.Server with { RequestHeadersTimeout = v } }),
    ];

    private static Setting<ProxyConfiguration>[] Limits() =>
    [
        Size("limits.request-body", c => c.Server.MaxRequestBody, (c, v) => c with { Server = c.Server with { MaxRequestBody = v } }, int.MaxValue / 2),
        Size("limits.body-budget", c => c.Server.BodyBudget, (c, v) => c with { Server = c.Server with { BodyBudget = v } }, 1L << 40),
        Table.Of("limits.concurrent-requests", ValueKinds.Whole(1, Many, 2000), c => c.Server.MaxConcurrentRequests, (c, v) => c with { Server = c.Server with { MaxConcurrentRequests = v } }),
        Table.Of("limits.connections", ValueKinds.Whole(1, Many, 4096), c => c.Server.MaxConnections, (c, v) => c with { Server = c.Server with { MaxConnections = v } }),
        Table.Of("limits.held-frames", ValueKinds.Whole(1, Many, 16), c => c.Relay.HeldFrames, (c, v) => c with { Relay = c.Relay with { HeldFrames = v } }),
        Size("limits.held-bytes", c => c.Relay.HeldBytes, (c, v) => c with { Relay = c.Relay with { HeldBytes = (int)v } }, int.MaxValue / 2),
        Size("limits.single-answer", c => c.Relay.MaxSingleAnswer, (c, v) => c with { Relay = c.Relay with { MaxSingleAnswer = (int)v } }, int.MaxValue / 2),
    ];

    private static Setting<ProxyConfiguration>[] Ledger() =>
    [
        Table.Of("ledger.enabled", ValueKinds.Switch, c => c.Ledger.Enabled, (c, v) => c with { Ledger = c.Ledger with { OwnSwitch = v } }),
        Table.Of("ledger.retention", ValueKinds.Duration(TimeSpan.Zero, 3650 * Day), c => c.Ledger.Retention, (c, v) => c with { Ledger = c.Ledger with { Retention = v } }),
        Table.Of("ledger.max-size", ValueKinds.Size(1 << 20, 1L << 40), c => c.Ledger.MaxSize, (c, v) => c with { Ledger = c.Ledger with { MaxSize = v } }),
        Table.Of("usage-statistics-enabled", ValueKinds.Switch, c => c.Ledger.Enabled, (c, v) => c with { Ledger = c.Ledger with { CompatibleSwitch = v } }),
        Prices with { Apply = (c, node, path, report) => ValueKinds.Scalar(node) is "" ? c : Prices.Apply(c, node, path, report) },
    ];

    private static Setting<ProxyConfiguration> Prices => Table.Of(
        "prices", ValueKinds.Directory with { Expected = "a path, for example \"./prices.json\"" }, c => c.Ledger.PricesFile, (c, v) => c with { Ledger = c.Ledger with { PricesFile = v } });

    private static Setting<ProxyConfiguration> Time(string key, TimeSpan min, Func<ProxyConfiguration, TimeSpan> get, Func<ProxyConfiguration, TimeSpan, ProxyConfiguration> set) =>
        Table.Of(key, ValueKinds.Duration(min, Day), get, set);

    private static Setting<ProxyConfiguration> Size(string key, Func<ProxyConfiguration, long> get, Func<ProxyConfiguration, long, ProxyConfiguration> set, long max) =>
        Table.Of(key, ValueKinds.Size(1, max), get, set);
}
