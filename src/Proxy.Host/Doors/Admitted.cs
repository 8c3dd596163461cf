namespace Proxy.Host.Doors;

/// <summary>What one holder has in an <see cref="Admission"/>, however often that changes. Used by one task at a time.</summary>
/// <param name="all">What all holders share.</param>
/// <param name="most">The most of all together; asked each time, for it may be configured anew.</param>
internal sealed class Admitted(Admission all, Func<long> most) : IDisposable
{
    /// <summary>How much it holds.</summary>
    public long Amount { get; private set; }

    /// <summary>Holds this much from now on: less is always granted, more only while there is room.</summary>
    /// <returns>False when there is none; then it holds what it held.</returns>
    public bool TryHold(long amount)
    {
        if (amount > Amount && !all.TryEnter(amount - Amount, most()))
        {
            return false;
        }

        if (amount < Amount)
        {
            all.Leave(Amount - amount);
        }

        Amount = amount;
        return true;
    }

    /// <inheritdoc />
    public void Dispose() => TryHold(0);
}
