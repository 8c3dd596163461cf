namespace Proxy.Sandbox.Accounts;

/// <summary>Which simulated provider an account belongs to and how it signs in.</summary>
public enum SandboxAccountKind
{
    /// <summary>Claude subscription: OAuth bearer token.</summary>
    ClaudeOAuth,

    /// <summary>Anthropic API key in x-api-key.</summary>
    ClaudeKey,

    /// <summary>ChatGPT subscription: OAuth bearer token and account id.</summary>
    ChatGpt,

    /// <summary>API key of the OpenAI-compatible server.</summary>
    Compatible,
}

/// <summary>A quota window of a subscription.</summary>
public enum SandboxWindow
{
    /// <summary>Five hours: <c>5h</c> at Anthropic, <c>primary</c> at ChatGPT.</summary>
    FiveHours,

    /// <summary>Seven days: <c>7d</c> at Anthropic, <c>secondary</c> at ChatGPT.</summary>
    SevenDays,
}

/// <summary>A window's reading.</summary>
/// <param name="Used">Used share; 1 and above is exhausted.</param>
/// <param name="ResetsAt">When it starts anew.</param>
public readonly record struct SandboxQuota(double Used, DateTimeOffset ResetsAt)
{
    /// <summary>Nothing is left.</summary>
    public bool IsExhausted => Used >= 1;
}
