namespace Proxy.Sandbox.Accounts;

/// <summary>All windows of an account at one moment.</summary>
/// <param name="FiveHours">Null for a plan without that window.</param>
/// <param name="SevenDays">The weekly one.</param>
/// <param name="Models">Weekly windows of families of models, by name.</param>
/// <param name="Plan">The plan.</param>
public sealed record QuotaFigures(SandboxQuota? FiveHours, SandboxQuota SevenDays, IReadOnlyList<KeyValuePair<string, SandboxQuota>> Models, string Plan)
{
    /// <summary>A window of the whole account has nothing left.</summary>
    public bool IsExhausted => FiveHours is { IsExhausted: true } || SevenDays.IsExhausted;

    /// <summary>The window of the model's family, if it has nothing left; null otherwise.</summary>
    public KeyValuePair<string, SandboxQuota>? ExhaustedFor(string model)
    {
        foreach (var window in Models)
        {
            if (window.Value.IsExhausted && IsOf(window.Key, model))
            {
                return window;
            }
        }

        return null;
    }

    /// <summary>True when the model draws on the family's window: <c>opus</c> and <c>claude-opus-4-5</c>, <c>gpt-5.4</c> and itself.</summary>
    public static bool IsOf(string family, string model) =>
        model.Equals(family, StringComparison.OrdinalIgnoreCase)
        || (model.StartsWith("claude-", StringComparison.Ordinal) && model.Split('-').Contains(family, StringComparer.OrdinalIgnoreCase));
}
