using Proxy.Actors.Configuration;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>Reads <c>model-fallbacks</c>: a model to those that stand in for it.</summary>
internal static class FallbackLists
{
    /// <summary>The entries, in order: the first that fits a request counts.</summary>
    public static List<ModelFallback> Read(string key, YamlNode node, ConfigurationReport report)
    {
        var fallbacks = new List<ModelFallback>();
        foreach (var (askedNode, nextNode) in YamlValues.Pairs(node, key, "a model to its fallbacks. Write claude-opus-4-5-20251101: [claude-sonnet-4-5-20250929, gpt-5.4]", report))
        {
            var asked = (ValueKinds.Scalar(askedNode) ?? string.Empty).Trim();
            var at = $"{key}.{asked}";
            IReadOnlyList<string> next = ValueKinds.Scalar(nextNode) is { Length: > 0 } one ? [one.Trim()]
                : ValueKinds.Texts.Read(nextNode, report, out var several) ? [.. several.Select(s => s.Trim())]
                : [];
            if (asked.Length == 0 || next.Count == 0 || next.Any(n => n.Length == 0 || n.Contains('*')))
            {
                report.Error(at, askedNode.Start, "has no fallbacks that can be used. Write a list of model names, for example [claude-sonnet-4-5-20250929, gpt-5.4].");
            }
            else if (next.Count > ModelFallback.Longest)
            {
                report.Error(at, nextNode.Start, $"has {next.Count} fallbacks. Write at most {ModelFallback.Longest}.");
            }
            else
            {
                fallbacks.Add(new ModelFallback(asked, next));
            }
        }

        return fallbacks;
    }
}
