using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>The first of the accounts until it is out, then the next: the others' windows stay untouched. <c>priority</c> gives the order.</summary>
internal sealed class FillFirst : IStrategy
{
    /// <inheritdoc />
    public AccountSnapshot Choose(ReadOnlySpan<AccountSnapshot> candidates, string model, DateTimeOffset now) => candidates[0];
}
