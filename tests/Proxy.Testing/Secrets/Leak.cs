namespace Proxy.Testing.Secrets;

/// <summary>A secret in a text that others may read.</summary>
/// <param name="Where">Where it was shown.</param>
/// <param name="What">What was seen.</param>
/// <param name="Excerpt">The text around it. Everything in it is made up.</param>
public sealed record Leak(ShownIn Where, string What, string Excerpt)
{
    private const int Context = 120;

    internal static Leak At(ReadOnlySpan<char> text, int at, string what, ShownIn where) =>
        new(where, what, text[Math.Max(0, at - Context)..Math.Min(text.Length, at + Context)].ToString());

    /// <inheritdoc />
    public override string ToString() => $"{What} is shown in {Where}: …{Excerpt}…";
}
