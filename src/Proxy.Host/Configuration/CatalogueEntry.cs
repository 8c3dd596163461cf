using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;
using YamlDotNet.RepresentationModel;
using Table = Proxy.Host.Configuration.SettingTable<Proxy.Protocol.Models.ModelInfo>;
using ThinkingTable = Proxy.Host.Configuration.SettingTable<Proxy.Protocol.Models.ThinkingAbility>;

namespace Proxy.Host.Configuration;

/// <summary>Reads <c>models</c>: what the owner adds to the catalogue, or knows better. A listed model keeps what an entry does not say.</summary>
internal static class CatalogueEntry
{
    private const int MostTokens = 100_000_000;

    private static readonly ThinkingAbility None = new(0, 0, ZeroAllowed: false, DynamicAllowed: false, []);

    private static readonly Table Keys = new(
        [
            Table.Of("id", ValueKinds.Text, m => m.Id, (m, v) => m with { Id = v.Trim() }),
            Table.Of("kind", ValueKinds.OneOf("claude", "codex", "compatible"), m => NameOf(m.Kind), (m, v) => m with { Kind = KindOf(v) }),
            Table.Of("name", ValueKinds.Text, m => m.DisplayName, (m, v) => m with { DisplayName = v.Trim() }),
            Table.Of("created", ValueKinds.Whole(0, int.MaxValue, 1790035200), m => (int)m.Created, (m, v) => m with { Created = v }),
            Table.Of("context", ValueKinds.Whole(0, MostTokens, 200_000), m => m.ContextWindow, (m, v) => m with { ContextWindow = v }),
            Table.Of("max-output", ValueKinds.Whole(0, MostTokens, 64_000), m => m.MaxOutput, (m, v) => m with { MaxOutput = v }),
            Table.Of("retired", ValueKinds.Switch, m => m.IsRetired, (m, v) => m with { IsRetired = v }),
            Table.Of("successor", ValueKinds.Text, m => m.Successor ?? string.Empty, (m, v) => m with { Successor = v.Trim() }),
            Table.Of("aliases", ValueKinds.Texts, m => m.Aliases, (m, v) => m with { Aliases = v }),
            Table.Of("plans", ValueKinds.Texts, m => m.Plans, (m, v) => m with { Plans = v }),
        ],
        ["thinking"]);

    private static readonly ThinkingTable ThinkingKeys = new(
        [
            ThinkingTable.Of("levels", ValueKinds.Texts, t => t.Levels, (t, v) => t with { Levels = v }),
            ThinkingTable.Of("min-budget", ValueKinds.Whole(0, MostTokens, 1024), t => t.MinBudget, (t, v) => t with { MinBudget = v }),
            ThinkingTable.Of("max-budget", ValueKinds.Whole(0, MostTokens, 128_000), t => t.MaxBudget, (t, v) => t with { MaxBudget = v }),
            ThinkingTable.Of("zero", ValueKinds.Switch, t => t.ZeroAllowed, (t, v) => t with { ZeroAllowed = v }),
            ThinkingTable.Of("dynamic", ValueKinds.Switch, t => t.DynamicAllowed, (t, v) => t with { DynamicAllowed = v }),
        ],
        []);

    /// <summary>The catalogue with the entries; the given one when there are none.</summary>
    public static ModelCatalogue Read(string key, YamlNode node, ModelCatalogue catalogue, ConfigurationReport report)
    {
        var models = new List<ModelInfo>();
        foreach (var (mapping, path) in EntryLists.Mappings(node, key, report))
        {
            if (ReadOne(mapping, path, catalogue, report) is { } model)
            {
                models.Add(model);
            }
        }

        var extended = catalogue.Extend(models);
        foreach (var model in models.Where(m => m.Successor is { Length: > 0 } successor && extended.Find(successor) is null))
        {
            report.Add(Severity.Warning, key, report.LineOf(key), $"names {model.Successor} as the successor of {model.Id}, but no such model is listed. Add an entry for it.");
        }

        return extended;
    }

    /// <summary>A model as one line of YAML: all that it says of itself.</summary>
    public static string Print(ModelInfo model)
    {
        var silent = new ModelInfo { Id = string.Empty, Kind = model.Kind };
        var listed = ModelCatalogue.Default.Find(model.Id) ?? silent;
        var told = Keys.Settings.Where(s => s.Key == "kind" || s.Print(model) != s.Print(silent) || s.Print(model) != s.Print(listed)).Select(s => $"{s.Key}: {s.Print(model)}");
        var thinking = model.Thinking is { } ability ? $"{{ {string.Join(", ", ThinkingKeys.Settings.Select(s => $"{s.Key}: {s.Print(ability)}"))} }}" : "false";
        return $"{{ {string.Join(", ", told)}, thinking: {thinking} }}";
    }

    private static ModelInfo? ReadOne(YamlMappingNode mapping, string path, ModelCatalogue catalogue, ConfigurationReport report)
    {
        var id = mapping.Children.TryGetValue(new YamlScalarNode("id"), out var idNode) ? ValueKinds.Scalar(idNode)?.Trim() : null;
        if (string.IsNullOrEmpty(id))
        {
            report.Error(path, mapping.Start, "has no id. Write id: with what the upstream calls the model.");
            return null;
        }

        var listed = catalogue.Find(id) is { } found && found.Id == id ? found : null;
        if (listed is null && catalogue.KindOf(id) is null && !mapping.Children.ContainsKey(new YamlScalarNode("kind")))
        {
            report.Error(path, mapping.Start, $"does not tell what kind of upstream serves {id}. Write kind: claude, codex or compatible.");
            return null;
        }

        YamlNode? thinking = null;
        var model = Keys.Apply(listed ?? new ModelInfo { Id = id, Kind = catalogue.KindOf(id) ?? UpstreamKind.Compatible }, mapping, path + ".", report, (_, value) => thinking = value);
        return thinking is null ? model : model with { Thinking = ReadThinking(thinking, path + ".thinking", model.Thinking, report) };
    }

    private static ThinkingAbility? ReadThinking(YamlNode node, string path, ThinkingAbility? listed, ConfigurationReport report)
    {
        if (node is YamlMappingNode mapping)
        {
            var ability = ThinkingKeys.Apply(listed ?? None, mapping, path + ".", report);
            if (ability.MinBudget > ability.MaxBudget)
            {
                report.Error(path, node.Start, $"has a min-budget of {ability.MinBudget} above its max-budget of {ability.MaxBudget}. Write the smaller number as min-budget.");
            }

            return ability;
        }

        if (!(ValueKinds.Switch.Read(node, report, out var thinks) && !thinks))
        {
            report.Error(path, node.Start, "can't be used here. Write levels: [low, medium, high] below it, or min-budget: and max-budget:, or false for a model that can't think.");
        }

        return null;
    }

    private static string NameOf(UpstreamKind kind) => kind.ToString().ToLowerInvariant();

    private static UpstreamKind KindOf(string name) => name switch
    {
        "claude" => UpstreamKind.Claude,
        "codex" => UpstreamKind.Codex,
        _ => UpstreamKind.Compatible,
    };
}
