namespace Proxy.Host.Doors;

/// <summary>Counts what is inside. Bounds are set here, at the door, and nowhere behind it (design: every buffer a bound).</summary>
internal sealed class Admission
{
    private long _inside;

    /// <summary>How much is inside now.</summary>
    public long Inside => Interlocked.Read(ref _inside);

    /// <summary>Takes <paramref name="amount"/> more in, unless that would be more than <paramref name="most"/>.</summary>
    public bool TryEnter(long amount, long most)
    {
        if (Interlocked.Add(ref _inside, amount) <= most)
        {
            return true;
        }

        Leave(amount);
        return false;
    }

    /// <summary>Lets <paramref name="amount"/> out.</summary>
    public void Leave(long amount) => Interlocked.Add(ref _inside, -amount);
}
