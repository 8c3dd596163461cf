namespace Proxy.Actors.Accounts;

/// <summary>What a person may order about one account while the proxy runs, or on its files while it does not.</summary>
public enum AccountOrder
{
    /// <summary>Take no new requests until resumed. Its token is refreshed all the same.</summary>
    Pause,

    /// <summary>Serve again.</summary>
    Resume,

    /// <summary>Refresh its token now; one that runs already is joined.</summary>
    Refresh,

    /// <summary>Forget its cooldowns and used-up quota readings: try again now.</summary>
    Reset,

    /// <summary>Let what is in flight end, then delete its file.</summary>
    Remove,
}

/// <summary>How an order ended.</summary>
public enum OrderResult
{
    /// <summary>Carried out.</summary>
    Done,

    /// <summary>There is no such account.</summary>
    NotFound,

    /// <summary>It can't be done with this account, or its provider says no.</summary>
    Refused,

    /// <summary>It went wrong, and may go well another time.</summary>
    Failed,
}

/// <summary>The answer to an order.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Message">In words, to stand behind the account's name. Free of secrets.</param>
public sealed record OrderOutcome(OrderResult Result, string Message)
{
    /// <summary>The answer when there is no such account.</summary>
    public static OrderOutcome NotFound { get; } = new(OrderResult.NotFound, "there is no such account (any more)");
}

/// <summary>What the control socket asks and orders. Not for the ways of requests.</summary>
public static class ControlCommands
{
    /// <summary>Asked of an account; answered with <see cref="AccountDetails"/>.</summary>
    public sealed record Describe(AccountId AccountId) : IWithAccountId;

    /// <summary>Told to AccountsActor, which passes on what is the account's own; answered with <see cref="OrderOutcome"/> once it is done.</summary>
    public sealed record GiveOrder(AccountId AccountId, AccountOrder Order) : IWithAccountId;
}
