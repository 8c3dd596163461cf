using System.Globalization;
using Proxy.Protocol.Failures;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>Reads and prints <c>request-scoped-errors</c>.</summary>
internal static class ErrorRules
{
    public const string Key = "request-scoped-errors";

    private static readonly string[] Names = ["status", "match", "match-regexr", "action"];

    /// <summary>The rules of a list; each mistake is an error in the report.</summary>
    public static List<ErrorRule> Read(YamlNode node, string path, ConfigurationReport report)
    {
        var rules = new List<ErrorRule>();
        foreach (var (entry, at) in EntryLists.Mappings(node, path, report))
        {
            foreach (var name in entry.Children.Keys.Select(k => ValueKinds.Scalar(k) ?? string.Empty).Except(Names))
            {
                report.Add(Severity.Warning, $"{at}.{name}", entry.Start.Line, $"is not a known key and has no effect. Did you mean {Nearest.To(name, Names) ?? "match"}?");
            }

            if (Status(entry, at, report, out var status)
                && ErrorRule.Create(status, Texts(entry, "match"), Texts(entry, "match-regexr"), ValueKinds.Scalar(Of(entry, "action") ?? new YamlScalarNode(null)), out var mistake) is var rule)
            {
                if (rule is null)
                {
                    report.Error(at, entry.Start, mistake!);
                }
                else
                {
                    rules.Add(rule);
                }
            }
        }

        return rules;
    }

    /// <summary>The rules as YAML, on one line.</summary>
    public static string Print(IReadOnlyList<ErrorRule> rules) => $"[{string.Join(", ", rules.Select(Print))}]";

    private static string Print(ErrorRule rule)
    {
        var parts = new List<string>();
        if (rule.Status is { } status)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"status: {status}"));
        }

        if (rule.Texts.Count > 0)
        {
            parts.Add($"match: [{string.Join(", ", rule.Texts.Select(ValueKinds.Quote))}]");
        }

        if (rule.Patterns.Count > 0)
        {
            parts.Add($"match-regexr: [{string.Join(", ", rule.Patterns.Select(p => ValueKinds.Quote(p.ToString())))}]");
        }

        parts.Add("action: " + rule.Ruling switch
        {
            FailureRuling.Stop => "stop",
            FailureRuling.StopAndCooldown => "stop-and-cooldown",
            FailureRuling.Continue => "continue",
            _ => "continue-and-cooldown",
        });
        return $"{{{string.Join(", ", parts)}}}";
    }

    private static bool Status(YamlMappingNode entry, string at, ConfigurationReport report, out int? status)
    {
        status = null;
        if (Of(entry, "status") is not { } node)
        {
            return true;
        }

        if (int.TryParse(ValueKinds.Scalar(node), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            status = value;
            return true;
        }

        report.Error($"{at}.status", node.Start, "is no HTTP status. Write a number from 400 to 599, or leave it out.");
        return false;
    }

    private static YamlNode? Of(YamlMappingNode entry, string key) => entry.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static IReadOnlyList<string> Texts(YamlMappingNode entry, string key) => Of(entry, key) switch
    {
        YamlScalarNode { Value: { Length: > 0 } one } => [one],
        YamlSequenceNode many => [.. many.Children.Select(c => ValueKinds.Scalar(c) ?? string.Empty)],
        _ => [],
    };
}
