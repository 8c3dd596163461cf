using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Routing;

/// <summary>What a client is told when nothing (more) can serve its request (docs/architecture.md, "Failures", last paragraphs). Pure.</summary>
internal static class AllOut
{
    /// <summary>Longer waits freeze Codex and end Claude Code, so they are told in other ways (spec/clients.md 2.3).</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);

    /// <summary>Said when accounts are busy and nobody knows for how long.</summary>
    private static readonly TimeSpan UnknownWait = TimeSpan.FromSeconds(5);

    /// <summary>The answer, by the last attempt's failure where it speaks for itself, else by each account's reason.</summary>
    public static RoutingFailure Answer(Ticket ticket, ReadOnlySpan<AccountSnapshot> accounts, DateTimeOffset now)
    {
        var facts = ticket.Facts;
        var last = ticket.Attempts.Count > 0 ? ticket.Attempts[^1].Failure : null;
        if (last is not null && (!IsTheAccounts(last.Class) || last.Ruling is FailureRuling.Stop or FailureRuling.StopAndCooldown))
        {
            var error = ErrorBody.For(last, facts.Dialect);
            return new RoutingFailure
            {
                Error = last.Class == FailureClass.Network ? error with { Message = AllOutWords.Unreachable(ticket.Attempts) } : error,
                RetryAfter = last.Class == FailureClass.Overloaded && last.Until > now && last.Until - now <= LongestRetryAfter ? Seconds(last.Until.Value - now) : null,
                TellNotToRetry = last.Class == FailureClass.IdentityRefused,
                LastFailure = last,
            };
        }

        if (accounts.IsEmpty)
        {
            return Refuse(new ClientError(503, "This proxy has no accounts yet. Log in with 'accounts login claude' or 'accounts login codex' (or start it once with --claude-login "
                + $"or --codex-login), put an account file into '{facts.Configuration.AuthDirectory}' or an API key into config.yaml; it is picked up within a second.", Code: "no_accounts"), last);
        }

        var reasons = new List<AccountReason>();
        foreach (var account in accounts)
        {
            if (account.Models.Serves(facts.Model))
            {
                reasons.Add(new AccountReason(account, ticket.WhyNot(account, now), ticket.LastOn(account.Id)?.Failure));
            }
        }

        if (reasons.Count == 0)
        {
            return Refuse(new ClientError(404, $"No account of this proxy serves the model '{facts.AskedModel}'.{Successor(facts)} GET /v1/models lists what is served.",
                Code: "model_not_found", Parameter: "model"), last);
        }

        return ByReasons(facts, reasons, last, now);
    }

    private static RoutingFailure ByReasons(RoutingFacts facts, List<AccountReason> reasons, Failure? last, DateTimeOffset now)
    {
        var kinds = reasons.ConvertAll(r => r.Reason?.Kind);
        if (kinds.TrueForAll(k => k == IneligibilityKind.ModelUnavailable) || (last?.Class == FailureClass.ModelUnavailable && !kinds.Exists(IsLimit)))
        {
            return Refuse(new ClientError(404, AllOutWords.Message($"The model '{facts.AskedModel}' is not available to any account.{Successor(facts)}", reasons, now),
                Code: "model_not_found", Parameter: "model"), last);
        }

        var message = AllOutWords.Message($"No account can serve '{facts.AskedModel}' now:", reasons, now);
        if (!kinds.Exists(IsPassing))
        {
            return Refuse(new ClientError(503, message, Code: "accounts_unavailable"), last);
        }

        DateTimeOffset? soonest = null;
        foreach (var (_, reason, tried) in reasons)
        {
            var until = reason is null ? tried?.Until > now ? tried.Until : now + TimeSpan.FromSeconds(1) : IsPassing(reason.Kind) ? reason.Until : null;
            soonest = until is null || soonest <= until ? soonest : until;
        }

        return kinds.Exists(k => k is null || IsLimit(k))
            ? Limited(facts.Dialect, message, soonest, last, now)
            : Unavailable(message, soonest, last, now);
    }

    /// <summary>Nobody's quota is used up: accounts are busy, or failed a moment ago.</summary>
    private static RoutingFailure Unavailable(string message, DateTimeOffset? soonest, Failure? last, DateTimeOffset now)
    {
        var wait = soonest > now ? soonest.Value - now : UnknownWait;
        var seconds = Seconds(wait < LongestRetryAfter ? wait : LongestRetryAfter);
        return new RoutingFailure { Error = new ClientError(503, AllOutWords.TryAgain(message, seconds)), RetryAfter = seconds, LastFailure = last };
    }

    private static RoutingFailure Limited(Dialect dialect, string message, DateTimeOffset? soonest, Failure? last, DateTimeOffset now)
    {
        int? seconds = soonest is { } reset ? Seconds(reset - now) : null;
        if (seconds <= (int)LongestRetryAfter.TotalSeconds)
        {
            return new RoutingFailure { Error = new ClientError(429, AllOutWords.TryAgain(message, seconds.Value)), RetryAfter = seconds, LastFailure = last };
        }

        return dialect == Dialect.OpenAIResponses
            ? new RoutingFailure
            {
                Error = new ClientError(429, message, Type: "usage_limit_reached") { ResetsAt = soonest, ResetsInSeconds = seconds },
                LastFailure = last,
            }
            : new RoutingFailure { Error = new ClientError(429, message), RetryAfter = seconds, TellNotToRetry = true, LastFailure = last };
    }

    /// <summary>Failures that say something of one account only: the client is told of all accounts instead.</summary>
    private static bool IsTheAccounts(FailureClass @class) => @class is FailureClass.QuotaExhausted or FailureClass.RateLimited
        or FailureClass.Throttled or FailureClass.Unauthorized or FailureClass.Forbidden or FailureClass.ModelUnavailable;

    private static RoutingFailure Refuse(ClientError error, Failure? last) => new() { Error = error, TellNotToRetry = true, LastFailure = last };

    /// <summary>Time alone mends it. Null: the account is eligible, but the request's attempts are used up.</summary>
    private static bool IsPassing(IneligibilityKind? kind) =>
        kind is null or IneligibilityKind.Busy or IneligibilityKind.Refreshing or IneligibilityKind.Restarting or IneligibilityKind.Failing || IsLimit(kind);

    private static bool IsLimit(IneligibilityKind? kind) => kind is IneligibilityKind.QuotaExhausted or IneligibilityKind.CoolingDown;

    private static int Seconds(TimeSpan wait) => (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, int.MaxValue);

    private static string Successor(RoutingFacts facts)
    {
        foreach (var known in facts.Configuration.KnownModels.Models)
        {
            if (known.Successor is { } successor && string.Equals(known.Id, facts.Model, StringComparison.OrdinalIgnoreCase))
            {
                return $" Its successor is '{successor}'.";
            }
        }

        return string.Empty;
    }
}
