using System.Text;
using System.Text.Json;
using Proxy.Protocol.Payloads;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>Reads <c>payload</c>. A rule that could make a body that is no JSON is refused here.</summary>
internal static class PayloadEntries
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    /// <summary>The rules, made ready.</summary>
    public static PayloadRules Read(string key, YamlNode node, ConfigurationReport report)
    {
        var lists = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (nameNode, list) in YamlValues.Pairs(node, key, "lists of rules. Write default:, override: or filter: and the rules below it", report))
        {
            var name = ValueKinds.Scalar(nameNode) ?? string.Empty;
            if (name is "default" or "default-raw" or "override" or "override-raw" or "filter")
            {
                lists[name] = list;
            }
            else
            {
                report.Add(Severity.Warning, $"{key}.{name}", nameNode.Start.Line, "is no list of rules and has no effect. Known are default, default-raw, override, override-raw, filter.");
            }
        }

        var rules = new List<PayloadRule>();
        foreach (var name in new[] { "default", "default-raw", "override", "override-raw", "filter" })
        {
            foreach (var (mapping, path) in lists.TryGetValue(name, out var list) ? EntryLists.Mappings(list, $"{key}.{name}", report) : [])
            {
                if (ReadRule(name, mapping, path, report) is { } rule)
                {
                    rules.Add(rule);
                }
            }
        }

        return rules.Count == 0 ? PayloadRules.None : new PayloadRules(rules);
    }

    /// <summary>A path, or null and an error.</summary>
    public static PayloadPath? ReadPath(YamlNode node, string at, bool mayMeanEach, ConfigurationReport report)
    {
        if (ValueKinds.Scalar(node) is not { Length: > 0 } written)
        {
            report.Error(at, node.Start, "holds no path. Write one like reasoning.effort.");
            return null;
        }

        if (PayloadPath.TryParse(written, mayMeanEach, out var path) is { } problem)
        {
            report.Error(at, node.Start, $"the path \"{written}\" {problem}");
        }

        return path;
    }

    private static PayloadRule? ReadRule(string list, YamlMappingNode mapping, string path, ConfigurationReport report)
    {
        YamlNode? models = null, values = null;
        foreach (var (keyNode, value) in mapping.Children)
        {
            switch (ValueKinds.Scalar(keyNode))
            {
                case "models":
                    models = value;
                    break;
                case "params":
                    values = value;
                    break;
                case var other:
                    report.Add(Severity.Warning, $"{path}.{other}", keyNode.Start.Line, "is not a known key and has no effect. A rule has models and params.");
                    break;
            }
        }

        if (models is null || values is null)
        {
            report.Error(path, mapping.Start, $"has no {(models is null ? "models" : "params")}. Write models: (for which models) and params: (what to change).");
            return null;
        }

        var selectors = PayloadSelectors.ReadAll(models, path + ".models", report);
        var changes = list == "filter" ? Removals(values, path + ".params", report) : Values(values, path + ".params", list.EndsWith("-raw", StringComparison.Ordinal), report);
        var action = list == "filter" ? PayloadAction.Filter : list.StartsWith("default", StringComparison.Ordinal) ? PayloadAction.Default : PayloadAction.Override;
        return selectors.Count == 0 || changes.Count == 0 ? null : new PayloadRule(action, selectors, changes);
    }

    private static List<PayloadChange> Removals(YamlNode node, string at, ConfigurationReport report)
    {
        var changes = new List<PayloadChange>();
        if (node is not YamlSequenceNode list)
        {
            report.Error(at, node.Start, "is a list of paths. Write each after a dash.");
            return changes;
        }

        foreach (var pathNode in list.Children)
        {
            if (ReadPath(pathNode, at, mayMeanEach: true, report) is { } path)
            {
                changes.Add(new PayloadChange(path, default));
            }
        }

        return changes;
    }

    private static List<PayloadChange> Values(YamlNode node, string at, bool areRaw, ConfigurationReport report)
    {
        var changes = new List<PayloadChange>();
        foreach (var (pathNode, valueNode) in YamlValues.Pairs(node, at, "paths to values. Write \"reasoning.effort\": \"high\"", report))
        {
            var path = ReadPath(pathNode, at, mayMeanEach: false, report);
            var value = areRaw ? Raw(valueNode) : YamlValues.ToJson(valueNode);
            if (value is null)
            {
                report.Error($"{at}.{ValueKinds.Scalar(pathNode)}", valueNode.Start, areRaw ? "holds what is no JSON. Write JSON as a text, for example '{\"type\": \"object\"}'." : "is nested too deeply.");
            }
            else if (path is not null)
            {
                changes.Add(new PayloadChange(path, value.Value));
            }
        }

        return changes;
    }

    private static ReadOnlyMemory<byte>? Raw(YamlNode node)
    {
        var json = Encoding.UTF8.GetBytes(ValueKinds.Scalar(node)?.Trim() ?? string.Empty);
        try
        {
            using var document = JsonDocument.Parse(json, Deep);
            return json;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
