namespace Proxy.Sandbox.ChatGpt;

/// <summary>The models of the simulated ChatGPT backend and their effort levels.</summary>
internal static class CodexModels
{
    private static readonly string[] Plain = ["low", "medium", "high"];
    private static readonly string[] WithNone = ["none", "low", "medium", "high"];
    private static readonly string[] UpToXhigh = ["low", "medium", "high", "xhigh"];
    private static readonly string[] NoneToXhigh = ["none", "low", "medium", "high", "xhigh"];

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["gpt-5"] = ["minimal", "low", "medium", "high"],
        ["gpt-5-codex"] = Plain,
        ["gpt-5-codex-mini"] = Plain,
        ["gpt-5.1"] = WithNone,
        ["gpt-5.1-codex"] = Plain,
        ["gpt-5.1-codex-mini"] = Plain,
        ["gpt-5.1-codex-max"] = UpToXhigh,
        ["gpt-5.2"] = NoneToXhigh,
        ["gpt-5.2-codex"] = UpToXhigh,
        ["gpt-5.3-codex"] = UpToXhigh,
        ["gpt-5.3-codex-spark"] = UpToXhigh,
        ["gpt-5.4"] = NoneToXhigh,
        ["gpt-5.4-mini"] = NoneToXhigh,
        ["gpt-5.5"] = NoneToXhigh,
        ["gpt-5.6-sol"] = NoneToXhigh,
        ["gpt-5.6-terra"] = NoneToXhigh,
        ["gpt-5.6-luna"] = NoneToXhigh,
        ["gpt-6-sol"] = NoneToXhigh,
        ["gpt-6.1-sol"] = NoneToXhigh,
        ["codex-auto-review"] = UpToXhigh,
    };

    public static IEnumerable<string> Ids => Known.Keys;

    /// <summary>The effort levels of a model; null: unknown model.</summary>
    public static string[]? EffortsOf(string model) => Known.GetValueOrDefault(model);
}
