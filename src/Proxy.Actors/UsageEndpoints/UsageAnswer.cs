using Proxy.Protocol.Quota;

namespace Proxy.Actors.UsageEndpoints;

/// <summary>What came of asking a usage endpoint.</summary>
public abstract record UsageAnswer
{
    private UsageAnswer()
    {
    }

    /// <summary>It told.</summary>
    public sealed record Told(QuotaReading Reading) : UsageAnswer;

    /// <summary>401: the token is refused.</summary>
    public sealed record Unauthorized : UsageAnswer
    {
        /// <summary>The one instance.</summary>
        public static Unauthorized Instance { get; } = new();
    }

    /// <summary>It is not there for this account: no use in asking again.</summary>
    /// <param name="Reason">In words, free of secrets.</param>
    public sealed record Unavailable(string Reason) : UsageAnswer;

    /// <summary>Not now.</summary>
    /// <param name="Reason">In words, free of secrets.</param>
    /// <param name="RetryAfter">How long it asks to be left alone; null when it does not say.</param>
    public sealed record Failed(string Reason, TimeSpan? RetryAfter = null) : UsageAnswer;
}
