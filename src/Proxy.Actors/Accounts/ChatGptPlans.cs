using Proxy.Protocol.Models;

namespace Proxy.Actors.Accounts;

/// <summary>Which models a ChatGPT plan has (spec/accounts.md 5.1 [B]). The lists are data of the catalogue.</summary>
internal static class ChatGptPlans
{
    /// <summary>The plan by the catalogue's word. One that nobody knows is taken for the largest: the provider refuses what it lacks.</summary>
    public static string Named(string plan) => plan.Trim().ToLowerInvariant() switch
    {
        "free" => "free",
        "plus" => "plus",
        "team" or "business" or "go" => "team",
        _ => "pro",
    };

    /// <summary>True when <paramref name="plan"/> has the model, as far as the catalogue knows.</summary>
    public static bool Has(ModelInfo? model, string plan) => model is not { Plans.Count: > 0 } || model.Plans.Contains(plan, StringComparer.OrdinalIgnoreCase);
}
