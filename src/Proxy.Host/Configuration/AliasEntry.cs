using Proxy.Actors.Configuration;
using YamlDotNet.RepresentationModel;
using Table = Proxy.Host.Configuration.SettingTable<Proxy.Host.Configuration.AliasEntry>;

namespace Proxy.Host.Configuration;

/// <summary>One entry of <c>models</c> of an API key, or of <c>oauth-model-alias</c>, while it is read.</summary>
internal sealed record AliasEntry
{
    private static Table Keys { get; } = new(
        [
            Table.Of("name", ValueKinds.Text, e => e.Name, (e, v) => e with { Name = v.Trim() }),
            Table.Of("alias", ValueKinds.Text, e => e.Alias, (e, v) => e with { Alias = v.Trim() }),
            Table.Of("fork", ValueKinds.Switch, e => e.Fork, (e, v) => e with { Fork = v }),
            Table.Of("display-name", ValueKinds.Text, e => e.DisplayName, (e, v) => e with { DisplayName = v.Trim() }),
            Table.Of("force-mapping", ValueKinds.Switch, e => e.ForceMapping, (e, v) => e with { ForceMapping = v }),
        ],
        ["thinking", "image", "input-modalities", "output-modalities"]);

    private string Name { get; init; } = string.Empty;

    private string Alias { get; init; } = string.Empty;

    private bool Fork { get; init; }

    private string DisplayName { get; init; } = string.Empty;

    private bool ForceMapping { get; init; }

    /// <summary>Reads a list of entries.</summary>
    /// <param name="node">The list.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="needsAlias">An entry without an alias says nothing.</param>
    /// <param name="report">What is wrong with it.</param>
    public static List<ModelAlias> ReadAll(YamlNode node, string path, bool needsAlias, ConfigurationReport report)
    {
        var aliases = new List<ModelAlias>();
        foreach (var (mapping, at) in EntryLists.Mappings(node, path, report))
        {
            var entry = Keys.Apply(new AliasEntry(), mapping, at + ".", report);
            if (entry.Name.Length == 0)
            {
                report.Error(at, mapping.Start, "has no name. Write name: with what the upstream calls the model.");
            }
            else if (needsAlias && entry.Alias.Length == 0)
            {
                report.Error(at, mapping.Start, $"gives {entry.Name} no alias. Write alias: with what clients call it.");
            }
            else
            {
                aliases.Add(new ModelAlias(entry.Name, entry.Alias.Length > 0 ? entry.Alias : entry.Name)
                {
                    Fork = entry.Fork,
                    DisplayName = entry.DisplayName.Length > 0 ? entry.DisplayName : null,
                    ForceMapping = entry.ForceMapping,
                });
            }
        }

        return aliases;
    }

    /// <summary>Reads <c>oauth-model-alias</c>: provider to entries.</summary>
    public static Dictionary<string, IReadOnlyList<ModelAlias>> ReadByProvider(string key, YamlNode node, ConfigurationReport report)
    {
        var aliases = new Dictionary<string, IReadOnlyList<ModelAlias>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (providerNode, list) in YamlValues.Pairs(node, key, "provider to aliases. Write claude: and the entries below it as a list", report))
        {
            var provider = ValueKinds.Scalar(providerNode) ?? string.Empty;
            if (provider is not ("claude" or "codex"))
            {
                report.Add(Severity.Warning, $"{key}.{provider}", providerNode.Start.Line, "names a provider whose logins are not served here and has no effect. Known are claude and codex.");
                continue;
            }

            aliases[provider] = ReadAll(list, $"{key}.{provider}", needsAlias: true, report);
        }

        return aliases;
    }
}
