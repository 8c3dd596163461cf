using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.UsageEndpoints;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Tests.Accounts.Quota;

/// <summary>Accounts, refusals and readings as both providers word them.</summary>
internal static class QuotaGiven
{
    public static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string ModelOf(UpstreamKind kind) => kind == UpstreamKind.Claude ? "claude-opus-4-6" : "gpt-5.3-codex-spark";

    public static string SiblingOf(UpstreamKind kind) => kind == UpstreamKind.Claude ? "claude-opus-4-5-20251101" : "gpt-5.3-codex-spark";

    public static string OtherOf(UpstreamKind kind) => kind == UpstreamKind.Claude ? "claude-sonnet-4-6" : "gpt-5.1";

    /// <summary>A fresh account; with <paramref name="asks"/> it has a usage endpoint.</summary>
    public static AccountState Account(UpstreamKind kind, bool asks = false, double jitter = 0, ProxyConfiguration? configuration = null, TimeSpan? left = null)
    {
        var defined = Defined(kind, 1, T0, jitter, configuration, left);
        return AccountState.From(asks ? WithUsage(defined, kind, configuration) : defined);
    }

    /// <summary>Its file, read (again).</summary>
    public static AccountChange.Defined Defined(UpstreamKind kind, int generation, DateTimeOffset at, double jitter = 0, ProxyConfiguration? configuration = null, TimeSpan? left = null)
    {
        var provider = kind == UpstreamKind.Claude ? "claude" : "codex";
        var definition = AccountDefinition.OfFile(provider, kind, $"{provider}-a.json", new AuthFileReading.Loaded(File(kind, generation, at + (left ?? TimeSpan.FromDays(30)))), configuration ?? new ProxyConfiguration());
        return AccountChange.Defined.By(definition, ModelCatalogue.Default, at, jitter);
    }

    public static AccountChange.Defined WithUsage(AccountChange.Defined defined, UpstreamKind kind, ProxyConfiguration? configuration = null) =>
        defined with { Profile = defined.Profile with { Usage = UsageEndpoint.For(kind, configuration ?? new ProxyConfiguration()) } };

    public static AuthFile File(UpstreamKind kind, int generation, DateTimeOffset expires) => new()
    {
        FileName = kind == UpstreamKind.Claude ? "claude-a.json" : "codex-a.json",
        Provider = kind == UpstreamKind.Claude ? "claude" : "codex",
        Kind = kind,
        Tokens = new TokenPair($"sandbox-access-g{generation}", $"sandbox-refresh-g{generation}"),
        Expires = expires,
        LastRefresh = T0,
        Raw = default,
    };

    /// <summary>The refusal of a window, as the provider words it: 5h, 7d, or 7d of the model.</summary>
    public static UpstreamError Refusal(UpstreamKind kind, string window, DateTimeOffset resetsAt)
    {
        var reset = $"{resetsAt.ToUnixTimeSeconds()}";
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (kind == UpstreamKind.Claude)
        {
            headers["anthropic-ratelimit-unified-status"] = "rejected";
            headers["anthropic-ratelimit-unified-reset"] = reset;
            headers["anthropic-ratelimit-unified-overage-status"] = "rejected";
            foreach (var name in new[] { "5h", "7d", "7d_opus" })
            {
                headers[$"anthropic-ratelimit-unified-{name}-status"] = name == Bucket() ? "rejected" : "allowed";
                headers[$"anthropic-ratelimit-unified-{name}-utilization"] = name == Bucket() ? "1" : "0.2";
                headers[$"anthropic-ratelimit-unified-{name}-reset"] = name == Bucket() ? reset : $"{resetsAt.AddHours(-1).ToUnixTimeSeconds()}";
            }

            return Error(kind, headers, """{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit."}}""");
        }

        headers["x-codex-primary-used-percent"] = window == "5h" ? "100" : "20";
        headers["x-codex-primary-window-minutes"] = "300";
        headers["x-codex-secondary-used-percent"] = window == "7d" ? "100" : "20";
        headers["x-codex-secondary-window-minutes"] = "10080";
        headers["x-codex-active-limit"] = window == "model" ? "codex_bengalfox" : "premium";
        if (window == "model")
        {
            headers["x-codex-bengalfox-primary-used-percent"] = "100";
            headers["x-codex-bengalfox-primary-window-minutes"] = "10080";
            headers["x-codex-bengalfox-limit-name"] = "GPT-5.3-Codex-Spark";
        }

        return Error(kind, headers, $$$"""{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_at":{{{reset}}},"resets_in_seconds":1}}""");

        string Bucket() => window == "model" ? "7d_opus" : window;
    }

    /// <summary>A limit per minute: a wait and no window.</summary>
    public static UpstreamError PerMinute(UpstreamKind kind, string retryAfter)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["retry-after"] = retryAfter };
        headers[kind == UpstreamKind.Claude ? "anthropic-ratelimit-unified-status" : "x-codex-primary-used-percent"] = kind == UpstreamKind.Claude ? "allowed" : "20";
        return Error(kind, headers, """{"error":{"type":"rate_limit_error","code":"rate_limit_exceeded","message":"Too many requests, slow down"}}""");
    }

    /// <summary>A usage endpoint's answer: used shares of 5 h and week; null for a plan without that window.</summary>
    public static AccountChange.UsageAnswered Usage(UpstreamKind kind, DateTimeOffset asked, double? five, double? week, double? model = null, bool refuses = false, TimeSpan? later = null)
    {
        string Claude(double? share, int hours) => share is { } s ? $$"""{"utilization":{{s * 100}},"resets_at":"{{asked.AddHours(hours):yyyy-MM-ddTHH:mm:ssZ}}"}""" : "null";
        string Codex(double? share, int hours) => share is { } s ? $$"""{"used_percent":{{s * 100}},"limit_window_seconds":{{hours * 3600}},"reset_at":{{asked.AddHours(hours).ToUnixTimeSeconds()}}}""" : "null";
        var body = kind == UpstreamKind.Claude
            ? $$$"""{"five_hour":{{{Claude(five, 5)}}},"seven_day":{{{Claude(week, 168)}}},"seven_day_opus":{{{Claude(model, 168)}}},"extra_usage":{"is_enabled":false}}"""
            : $$$"""{"plan_type":"plus","rate_limit":{"allowed":{{{(refuses ? "false" : "true")}}},"limit_reached":{{{(refuses ? "true" : "false")}}},"primary_window":{{{Codex(five, 5)}}},"secondary_window":{{{Codex(week, 168)}}} },"additional_rate_limits":[{"limit_name":"GPT-5.3-Codex-Spark","rate_limit":{"primary_window":{{{Codex(model, 168)}}} }}]}""";
        var reading = UsageAnswers.Read(kind, Encoding.UTF8.GetBytes(body), asked).ShouldNotBeNull();
        return new AccountChange.UsageAnswered(new UsageAnswer.Told(reading), 1, asked + (later ?? TimeSpan.FromSeconds(1)));
    }

    public static (AccountState State, LeaseInFlight Lease) Grant(AccountState state, DateTimeOffset at, string model, Purpose purpose = Purpose.Inference)
    {
        var lease = new LeaseInFlight(LeaseId.Next(), new TicketId(1), model, purpose, state.Token!.Generation, at, at.AddHours(1), state.Cooldowns.Sequence);
        return (state.Apply(new AccountChange.LeaseGranted(lease)), lease);
    }

    /// <summary>One request for the model that is refused so, headers first, as the relay tells it.</summary>
    public static AccountState Refused(AccountState state, UpstreamError error, DateTimeOffset at, string? model = null, Purpose purpose = Purpose.Inference)
    {
        (state, var lease) = Grant(state, at, model ?? ModelOf(state.Profile.Kind), purpose);
        return RefusedOn(state, lease, error, at);
    }

    public static AccountState RefusedOn(AccountState state, LeaseInFlight lease, UpstreamError error, DateTimeOffset at)
    {
        if (QuotaReadings.FromHeaders(state.Profile.Kind, error.Headers, at) is { } reading)
        {
            state = state.Apply(new AccountChange.QuotaObserved(reading) { At = at, Lease = lease.Id });
        }

        return state.Apply(new AccountChange.LeaseEnded(lease.Id, new AttemptOutcome(FailureClassifier.Classify(error, at), Committed: false, Cancelled: false), at));
    }

    public static bool Serves(this AccountState state, string model, DateTimeOffset now, Purpose purpose = Purpose.Inference)
    {
        var decides = state.Decide(model, purpose, now) is AcquireDecision.Grant;
        (purpose == Purpose.Probe || state.ToSnapshot(now).WhyNot(model, now) is null == decides).ShouldBeTrue("snapshot and account agree");
        return decides;
    }

    private static UpstreamError Error(UpstreamKind kind, Dictionary<string, string> headers, string body) =>
        new() { Kind = kind, Status = 429, Headers = headers, Body = Encoding.UTF8.GetBytes(body), IsOAuth = true };
}
