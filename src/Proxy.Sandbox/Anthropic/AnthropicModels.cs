namespace Proxy.Sandbox.Anthropic;

/// <summary>The models of the simulated Anthropic: name, largest output, release (for role system and prefill).</summary>
internal static class AnthropicModels
{
    private static readonly (string Id, int MaxOutput, bool IsNew)[] Known =
    [
        ("claude-3-5-haiku-20241022", 8_192, false),
        ("claude-3-7-sonnet-20250219", 64_000, false),
        ("claude-sonnet-4-20250514", 64_000, false),
        ("claude-opus-4-20250514", 32_000, false),
        ("claude-opus-4-1-20250805", 32_000, false),
        ("claude-haiku-4-5-20251001", 64_000, false),
        ("claude-sonnet-4-5-20250929", 64_000, false),
        ("claude-opus-4-5-20251101", 64_000, false),
        ("claude-sonnet-4-6", 64_000, false),
        ("claude-opus-4-6", 128_000, false),
        ("claude-opus-4-7", 128_000, true),
        ("claude-opus-4-8", 128_000, true),
        ("claude-opus-5", 128_000, true),
        ("claude-opus-5-5", 128_000, true),
        ("claude-sonnet-5", 128_000, true),
        ("claude-fable-5", 128_000, true),
    ];

    public static IEnumerable<string> Ids => Known.Select(m => m.Id);

    /// <summary>The model of that name or of its name without date; null: unknown.</summary>
    public static (int MaxOutput, bool IsNew)? Find(string name)
    {
        foreach (var (id, maxOutput, isNew) in Known)
        {
            var dated = id.Length > 9 && id[^9] == '-' && char.IsAsciiDigit(id[^1]) && char.IsAsciiDigit(id[^8]);
            if (name == id || (dated && (name == id[..^9] || name == id[..^9] + "-0" || name == id[..^9] + "-latest")))
            {
                return (maxOutput, isNew);
            }
        }

        return null;
    }
}
