using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// Which of several accounts serves next (docs/decisions/0006-strategies.md). Pure but for the cursor that it is given;
/// allocates nothing per choice. Used by the router's actor alone.
/// </summary>
internal interface IStrategy
{
    /// <summary>Picks one.</summary>
    /// <param name="candidates">At least one: all could serve now and have the same priority. In order of their ids.</param>
    /// <param name="model">The routed model name.</param>
    /// <param name="now">The time.</param>
    AccountSnapshot Choose(ReadOnlySpan<AccountSnapshot> candidates, string model, DateTimeOffset now);
}
