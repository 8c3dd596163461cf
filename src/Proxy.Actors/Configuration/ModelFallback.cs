namespace Proxy.Actors.Configuration;

/// <summary>One entry of <c>model-fallbacks</c>.</summary>
/// <param name="Asked">The name that clients ask for, without suffix; <c>*</c> for any text.</param>
/// <param name="Next">What to go on with, in this order; a name may carry an effort of its own.</param>
public sealed record ModelFallback(string Asked, IReadOnlyList<string> Next)
{
    /// <summary>More would be a search, not a wish.</summary>
    public const int Longest = 8;

    /// <inheritdoc />
    public bool Equals(ModelFallback? other) => other is not null && Asked == other.Asked && Next.SequenceEqual(other.Next);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Asked, Next.Count);
}
