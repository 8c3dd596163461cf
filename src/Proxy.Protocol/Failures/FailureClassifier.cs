using System.Collections.Frozen;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Failures;

/// <summary>The one classifier: what an upstream answered, to what it means (docs/architecture.md, "Failures").</summary>
public static class FailureClassifier
{
    /// <summary>A 429 that asks for a longer wait than this is a used-up quota, whatever it calls itself.</summary>
    private static readonly TimeSpan LongestRateLimit = TimeSpan.FromMinutes(5);

    private static readonly FrozenSet<string> ContextCodes =
        FrozenSet.Create(StringComparer.Ordinal, "context_length_exceeded", "context_too_large", "message_too_big", "string_above_max_length");

    private static readonly FrozenSet<string> ReasoningCodes =
        FrozenSet.Create(StringComparer.Ordinal, "invalid_encrypted_content", "thinking_signature_invalid");

    private static readonly FrozenSet<string> OverloadCodes =
        FrozenSet.Create(StringComparer.Ordinal, "overloaded_error", "overloaded", "server_is_overloaded", "service_unavailable", "service_unavailable_error", "slow_down");

    /// <summary>Codes that are about what the request says, whatever status carries them (spec/accounts.md 8.4). 401, 402 and 429 are about who asks.</summary>
    private static readonly FrozenSet<string> RequestCodes =
        FrozenSet.Create(StringComparer.Ordinal, "cyber_policy", "bio_policy", "content_policy_violation", "invalid_prompt", "previous_response_not_found");

    /// <summary>Types that some servers send with a 5xx though the request is at fault.</summary>
    private static readonly FrozenSet<string> RequestTypes =
        FrozenSet.Create(StringComparer.Ordinal, "invalid_request", "invalid_request_error", "bad_request_error");

    /// <summary>What an in-stream error without a status amounts to, by type or code (spec/protocols.md 14.3).</summary>
    private static readonly FrozenDictionary<string, int> ImpliedStatus = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["invalid_request_error"] = 400,
        ["invalid_request"] = 400,
        ["bad_request_error"] = 400,
        ["invalid_prompt"] = 400,
        ["invalid_value"] = 400,
        ["unsupported_value"] = 400,
        ["cyber_policy"] = 400,
        ["bio_policy"] = 400,
        ["content_policy_violation"] = 400,
        ["previous_response_not_found"] = 400,
        ["authentication_error"] = 401,
        ["invalid_api_key"] = 401,
        ["token_expired"] = 401,
        ["auth_unavailable"] = 401,
        ["billing_error"] = 402,
        ["permission_error"] = 403,
        ["not_found_error"] = 404,
        ["model_not_found"] = 404,
        ["request_too_large"] = 413,
        ["rate_limit_error"] = 429,
        ["rate_limit_exceeded"] = 429,
        ["insufficient_quota"] = 429,
        ["overloaded_error"] = 529,
        ["server_is_overloaded"] = 503,
        ["timeout_error"] = 504,
        ["api_error"] = 500,
        ["server_error"] = 500,
        ["internal_server_error"] = 500,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Classifies <paramref name="error"/>. Pure: <paramref name="now"/> only turns relative waits into times.</summary>
    public static Failure Classify(UpstreamError error, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (error.Network is { } fault)
        {
            return NetworkFailures.Of(fault, error.Status);
        }

        if (error.IsTruncated)
        {
            return Make(FailureClass.Truncated, FailureScope.Request, null, "stream_truncated", "the upstream's stream ended before it was complete");
        }

        var body = error.InStream ?? UpstreamErrorReader.Read(error.Body, wordless: string.Empty);
        var status = error.InStream is null ? error.Status : body.Status ?? Implied(body) ?? 502;
        var seen = new Seen(error, body, status ?? 0, now);
        var isHtml = seen.IsHtml;
        var ruling = ErrorRule.Find(error.Rules, status, body.Json);
        if (ruling is null && NetworkOf(seen) is { } wayward)
        {
            return NetworkFailures.Of(wayward, status);
        }

        var (kind, scope, until) = Decide(seen);
        return new Failure
        {
            Class = kind,
            Scope = scope,
            Status = status,
            Code = seen.IsContextOverflow ? "context_length_exceeded" : body.Code ?? body.Type,
            Message = isHtml ? $"the upstream answered {status} with a web page" : Words(body, status),
            Until = until,
            Ruling = ruling,
            Body = isHtml ? default : body.Json,
            BodyDialect = isHtml || IsEventOfItsOwn(error) ? null : DialectOf(error.Kind, body),
            Quota = kind == FailureClass.QuotaExhausted ? seen.Refusal() : null,
        };
    }

    private static (FailureClass Class, FailureScope Scope, DateTimeOffset? Until) Decide(Seen seen)
    {
        var body = seen.Body;
        var wait = RetryAfter.Read(seen.Error.Headers, seen.Now);
        if (seen.Says("usage_limit_reached"))
        {
            var limit = seen.RejectedReset();
            return (FailureClass.QuotaExhausted, limit is { WholeAccount: false } ? FailureScope.AccountModel : FailureScope.Account, seen.BodyReset() ?? seen.After(wait) ?? limit?.ResetsAt);
        }

        if (seen.IsContextOverflow)
        {
            return (FailureClass.Request, FailureScope.Request, null);
        }

        if (seen.Matches(ReasoningCodes) || seen.Mentions("invalid `signature`", "invalid signature in `thinking`", "invalid signature in thinking", "encrypted content could not be", "encrypted_content could not be"))
        {
            return (FailureClass.ForeignReasoning, FailureScope.Request, null);
        }

        if (seen.IsChallenge)
        {
            return (FailureClass.Challenge, FailureScope.Account, null);
        }

        if ((seen.Status is not (401 or 402 or 429) && seen.Matches(RequestCodes)) || (seen.Status >= 500 && seen.Matches(RequestTypes)))
        {
            return (FailureClass.Request, FailureScope.Request, null);
        }

        if (seen.Matches(OverloadCodes) || seen.Status is 529 or 503 || seen.Mentions("model is at capacity"))
        {
            return (FailureClass.Overloaded, FailureScope.ProviderModel, seen.After(wait));
        }

        if (seen.Status is 400 or 401 or 403 && seen.Mentions("only authorized for use with", "only be used with", "can only be used by", "not authorized for use with third"))
        {
            return (FailureClass.IdentityRefused, FailureScope.Request, null);
        }

        if (seen.Status is 400 or 403 or 404 && (seen.Says("model_not_found") || seen.Mentions("model is not supported", "model not supported", "model not found", "does not have access to model", "no access to model")
            || (seen.Status == 404 && seen.Mentions("model") && (body.Type is "not_found_error" || seen.Mentions("not found", "not exist")))))
        {
            return (FailureClass.ModelUnavailable, FailureScope.AccountModel, null);
        }

        return seen.Status switch
        {
            401 => (FailureClass.Unauthorized, FailureScope.Account, null),
            402 => (FailureClass.Forbidden, FailureScope.Account, null),
            403 => (FailureClass.Forbidden, FailureScope.Account, null),
            429 => TooMany(seen, wait),
            408 => (FailureClass.Transient, FailureScope.Account, null),
            >= 400 and < 500 => (FailureClass.Request, FailureScope.Request, null),
            _ => (FailureClass.Transient, FailureScope.Account, null),
        };
    }

    private static (FailureClass Class, FailureScope Scope, DateTimeOffset? Until) TooMany(Seen seen, TimeSpan? wait)
    {
        // a refusal of fast mode is about this request's wish, not about the account (spec/accounts.md 8.5)
        if (seen.Mentions("fast mode", "fast-mode"))
        {
            return (FailureClass.Request, FailureScope.Request, null);
        }

        if (seen.RejectedReset() is { } rejected)
        {
            return (FailureClass.QuotaExhausted, rejected.WholeAccount ? FailureScope.Account : FailureScope.AccountModel, Latest(rejected.ResetsAt, seen.After(wait)));
        }

        // the plan of this account does not include this use at all
        if (seen.Says("usage_not_included"))
        {
            return (FailureClass.Forbidden, FailureScope.Account, null);
        }

        if (seen.Says("insufficient_quota") || wait > LongestRateLimit)
        {
            return (FailureClass.QuotaExhausted, FailureScope.Account, seen.After(wait));
        }

        return wait is null
            ? (FailureClass.Throttled, FailureScope.Request, null)
            : (FailureClass.RateLimited, FailureScope.Account, seen.After(wait));
    }

    private static DateTimeOffset? Latest(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;

    private static int? Implied(UpstreamErrorBody body) =>
        body.Code is { } code && ImpliedStatus.TryGetValue(code, out var byCode) ? byCode
        : body.Type is { } type && ImpliedStatus.TryGetValue(type, out var byType) ? byType
        : body.Code is "usage_limit_reached" || body.Type is "usage_limit_reached" ? 429
        : null;

    private static string Words(UpstreamErrorBody body, int? status) =>
        body.Message.Length > 0 ? Redaction.Clean(body.Message)
        : status is null ? "the upstream's stream failed without error details"
        : $"the upstream answered {status} without a message";

    /// <summary>The events that Codex words errors in (<c>response.failed</c>) are no HTTP error bodies; those of the others are.</summary>
    private static bool IsEventOfItsOwn(UpstreamError error) => error is { InStream: not null, Kind: UpstreamKind.Codex };

    private static Dialect? DialectOf(UpstreamKind kind, UpstreamErrorBody body)
    {
        // error bodies that hold a secret are not passed on as they came; `{"detail":…}` is nobody's dialect
        var text = body.Json.Span;
        if (text.IsEmpty || text.IndexOf("\"error\""u8) < 0 || Redaction.HasSecrets(body.Message))
        {
            return null;
        }

        return kind == UpstreamKind.Claude && text.IndexOf("\"type\""u8) < 0 ? null : kind.Dialect();
    }

    /// <summary>An answer that did not come from where the request was meant to go; null for any other.</summary>
    private static NetworkFault? NetworkOf(Seen seen) => seen.Status switch
    {
        >= 300 and < 400 => NetworkFault.Redirect,
        407 => NetworkFault.ProxyUrl,

        // nobody's illness: a path that the server does not have
        404 or 405 when seen.IsHtml || (seen.Body.Type is null && seen.Body.Code is null && !seen.Mentions("model")) => NetworkFault.Address,
        _ => null,
    };

    private static Failure Make(FailureClass kind, FailureScope scope, int? status, string code, string message) =>
        new() { Class = kind, Scope = scope, Status = status, Code = code, Message = message };

    /// <summary>The error with the questions that the table asks of it.</summary>
    private readonly record struct Seen(UpstreamError Error, UpstreamErrorBody Body, int Status, DateTimeOffset Now)
    {
        public bool IsHtml =>
            (Error.Headers.TryGetValue("content-type", out var type) && type.Contains("text/html", StringComparison.OrdinalIgnoreCase))
            || Body.Message.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)
            || Body.Message.StartsWith("<html", StringComparison.OrdinalIgnoreCase);

        /// <summary>A page for a person at a browser.</summary>
        public bool IsChallenge =>
            (Status == 403 && IsHtml)
            || (Error.Headers.TryGetValue("cf-mitigated", out var mitigated) && mitigated.Contains("challenge", StringComparison.OrdinalIgnoreCase));

        public bool IsContextOverflow =>
            Matches(ContextCodes) || (Status is 400 or 413 or 502 && Mentions("prompt is too long", "context window", "context length", "too many tokens", "exceed context limit"));

        public bool Says(string code) => Body.Code == code || Body.Type == code;

        public bool Matches(FrozenSet<string> codes) => (Body.Code is { } code && codes.Contains(code)) || (Body.Type is { } type && codes.Contains(type));

        public bool Mentions(params ReadOnlySpan<string> words)
        {
            foreach (var word in words)
            {
                if (Body.Message.Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        public DateTimeOffset? After(TimeSpan? wait) => Now + wait;

        public DateTimeOffset? BodyReset()
        {
            // a resets_at in the past says nothing; resets_in_seconds is used then (E165)
            if (Body.ResetsAt is > 0 and < 253_402_300_799 && DateTimeOffset.FromUnixTimeSeconds(Body.ResetsAt.Value) is var at && at > Now)
            {
                return at;
            }

            return Body.ResetsInSeconds is > 0 and var seconds ? Now + TimeSpan.FromSeconds(Math.Min(seconds, (long)RetryAfter.Longest.TotalSeconds)) : null;
        }

        /// <summary>What it says of the quota windows; null when nothing.</summary>
        public QuotaReading? Refusal() =>
            Says("usage_limit_reached")
                ? QuotaReadings.FromRefusal(Error.Kind, Error.Headers, isUsageLimit: true, BodyReset(), QuotaReadings.PlanOf(Body.Json), Now)
                : QuotaReadings.FromRefusal(Error.Kind, Error.Headers, isUsageLimit: false, null, null, Now);

        /// <summary>The latest reset of a rejected window; whole account unless only a model's window is rejected.</summary>
        public (DateTimeOffset? ResetsAt, bool WholeAccount)? RejectedReset()
        {
            var rejected = Refusal()?.Windows.Where(w => w.IsRejected).ToList();
            if (rejected is not { Count: > 0 })
            {
                return null;
            }

            return (rejected.Max(w => w.ResetsAt), rejected.Any(w => w.Model is null));
        }
    }
}
