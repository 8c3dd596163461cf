using Proxy.Actors.Configuration;
using Proxy.Protocol.Dialects;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>The lists and maps of the file that have a form of their own.</summary>
internal static class EntryLists
{
    /// <summary>The configuration with everything that <paramref name="lists"/> hold.</summary>
    public static ProxyConfiguration Apply(ProxyConfiguration configuration, IReadOnlyList<(string Key, YamlNode Node)> lists, ConfigurationReport report)
    {
        var accounts = new List<ApiKeyAccount>();
        foreach (var (key, node) in lists)
        {
            switch (key)
            {
                case "claude-api-key":
                    accounts.AddRange(Keyed(key, "claude", UpstreamKind.Claude, node, configuration.Claude.BaseUrl, report));
                    break;
                case "codex-api-key":
                    accounts.AddRange(Keyed(key, "codex", UpstreamKind.Codex, node, fallback: null, report));
                    break;
                case "openai-compatibility":
                    accounts.AddRange(Compatible(key, node, report));
                    break;
                case "oauth-excluded-models":
                    configuration = configuration with { ExcludedModels = Excluded(key, node, report) };
                    break;
                case "oauth-model-alias" or "oauth-model-mappings":
                    configuration = configuration with { ModelAliases = AliasEntry.ReadByProvider(key, node, report) };
                    break;
                case "model-fallbacks":
                    configuration = configuration with { ModelFallbacks = FallbackLists.Read(key, node, report) };
                    break;
                case "models":
                    configuration = configuration with { Catalogue = CatalogueEntry.Read(key, node, configuration.KnownModels, report) };
                    break;
                case "payload":
                    configuration = configuration with { Payload = PayloadEntries.Read(key, node, report) };
                    break;
                default:
                    report.Add(Severity.Debug, key, report.LineOf(key), "belongs to a part that is not built yet and has no effect.");
                    break;
            }
        }

        return configuration with { ApiKeyAccounts = WithoutDoubles(accounts) };
    }

    /// <summary>The mappings of a list; anything else in it is an error.</summary>
    public static IEnumerable<(YamlMappingNode Node, string Path)> Mappings(YamlNode node, string path, ConfigurationReport report)
    {
        if (node is YamlScalarNode { Value: null or "" or "~" or "null" })
        {
            yield break;
        }

        if (node is not YamlSequenceNode list)
        {
            report.Error(path, node.Start, "is a list. Write each entry after a dash.");
            yield break;
        }

        for (var i = 0; i < list.Children.Count; i++)
        {
            if (list.Children[i] is YamlMappingNode mapping)
            {
                yield return (mapping, $"{path}[{i}]");
            }
            else
            {
                report.Error($"{path}[{i}]", list.Children[i].Start, "is not an entry. Write \"- key: value\" and its other keys below, indented alike.");
            }
        }
    }

    private static IEnumerable<ApiKeyAccount> Keyed(
        string list, string provider, UpstreamKind kind, YamlNode node, Uri? fallback, ConfigurationReport report)
    {
        foreach (var (mapping, path) in Mappings(node, list, report))
        {
            var entry = AccountEntry.Read(mapping, path, report);
            Check(entry, mapping, path, report);
            if (entry.ApiKey.Length == 0)
            {
                report.Error(path, mapping.Start, "has no api-key. Write api-key: \"…\" or remove the entry.");
            }
            else if ((entry.BaseUrl ?? fallback) is not { } baseUrl)
            {
                report.Error(path, mapping.Start, "has no base-url. Write base-url: \"https://…\".");
            }
            else
            {
                yield return entry.ToAccount(provider, kind, baseUrl, entry) with { Place = path };
            }
        }
    }

    private static IEnumerable<ApiKeyAccount> Compatible(string list, YamlNode node, ConfigurationReport report)
    {
        foreach (var (mapping, path) in Mappings(node, list, report))
        {
            var entry = AccountEntry.Read(mapping, path, report);
            Check(entry, mapping, path, report);
            if (entry.Name.Length == 0 || !entry.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
                || entry.Name.Equals("claude", StringComparison.OrdinalIgnoreCase) || entry.Name.Equals("codex", StringComparison.OrdinalIgnoreCase))
            {
                report.Error(path + ".name", mapping.Start, $"\"{entry.Name}\" can't name an upstream. Write letters, digits, '-', '_' or '.', other than claude and codex.");
                continue;
            }

            if (entry.BaseUrl is not { } baseUrl)
            {
                report.Error(path, mapping.Start, "has no base-url. Write base-url: \"https://…/v1\".");
                continue;
            }

            if (entry.Models.Count == 0)
            {
                report.Add(Severity.Warning, path, mapping.Start.Line, "has no models, so nothing is routed to it. Write models: with a name for each.");
            }

            IReadOnlyList<AccountEntry> keys = entry.KeyEntries.Count > 0 ? entry.KeyEntries : [entry];
            for (var i = 0; i < keys.Count; i++)
            {
                yield return entry.ToAccount(entry.Name, UpstreamKind.Compatible, baseUrl, keys[i]) with { Place = keys.Count == 1 ? path : $"{path}, key {i + 1}" };
            }
        }
    }

    private static void Check(AccountEntry entry, YamlMappingNode at, string path, ConfigurationReport report)
    {
        if (entry.Prefix.Contains('/'))
        {
            report.Error(path + ".prefix", at.Start, $"\"{entry.Prefix}\" has a slash inside. Write one word, for example prefix: \"work\".");
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> Excluded(string key, YamlNode node, ConfigurationReport report)
    {
        var excluded = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        if (node is not YamlMappingNode mapping)
        {
            if (node is not YamlScalarNode { Value: null or "" or "~" or "null" })
            {
                report.Error(key, node.Start, "is a map of provider to models. Write claude: and the patterns below it as a list.");
            }

            return excluded;
        }

        foreach (var (providerNode, patternsNode) in mapping.Children)
        {
            var provider = ValueKinds.Scalar(providerNode) ?? string.Empty;
            if (ValueKinds.Texts.Read(patternsNode, report, out var patterns))
            {
                excluded[provider] = patterns;
            }
            else
            {
                report.Error($"{key}.{provider}", patternsNode.Start, $"is no list of patterns. Write {ValueKinds.Texts.Expected}.");
            }
        }

        return excluded;
    }

    /// <summary>The same key twice at the same place is two accounts on purpose; their ids must differ.</summary>
    private static List<ApiKeyAccount> WithoutDoubles(List<ApiKeyAccount> accounts)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < accounts.Count; i++)
        {
            var key = accounts[i].EntryKey;
            var times = seen[key] = seen.GetValueOrDefault(key) + 1;
            if (times > 1)
            {
                accounts[i] = accounts[i] with { EntryKey = $"{key}-{times - 1}" };
            }
        }

        return accounts;
    }
}
