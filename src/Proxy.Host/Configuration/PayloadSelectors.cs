using Proxy.Protocol.Dialects;
using Proxy.Protocol.Payloads;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>Reads <c>models</c> of a payload rule: the requests that the rule is for.</summary>
internal static class PayloadSelectors
{
    /// <summary>Upstreams and dialects that files written for CLIProxyAPI may name and that this proxy does not have.</summary>
    private static readonly string[] Elsewhere = ["gemini", "gemini-cli", "antigravity", "interactions", "aistudio", "vertex", "qwen", "iflow", "kimi", "xai"];

    /// <summary>The selectors of a rule; those that can never fit are left out with a warning.</summary>
    public static List<PayloadSelector> ReadAll(YamlNode node, string path, ConfigurationReport report)
    {
        var selectors = new List<PayloadSelector>();
        foreach (var (mapping, at) in EntryLists.Mappings(node, path, report))
        {
            if (ReadOne(mapping, at, report) is { } selector)
            {
                selectors.Add(selector);
            }
        }

        return selectors;
    }

    private static PayloadSelector? ReadOne(YamlMappingNode mapping, string path, ConfigurationReport report)
    {
        var selector = new PayloadSelector { Model = string.Empty };
        var isElsewhere = false;
        foreach (var (keyNode, value) in mapping.Children)
        {
            var key = ValueKinds.Scalar(keyNode) ?? string.Empty;
            var at = $"{path}.{key}";
            selector = key switch
            {
                "name" => selector with { Model = ValueKinds.Scalar(value)?.Trim() ?? string.Empty },
                "protocol" => selector with { Protocol = Upstream(value, at, report, ref isElsewhere) },
                "from-protocol" => selector with { FromProtocol = From(value, at, report, ref isElsewhere) },
                "headers" => selector with { Headers = Headers(value, at, report) },
                "match" => selector with { Match = Expectations(value, at, report) },
                "not-match" => selector with { NotMatch = Expectations(value, at, report) },
                "exist" => selector with { Exist = Paths(value, at, report) },
                "not-exist" => selector with { NotExist = Paths(value, at, report) },
                _ => Unknown(selector, keyNode, at, report),
            };
        }

        if (selector.Model.Length == 0)
        {
            report.Error(path, mapping.Start, "has no name. Write name: with a model, or with * for any text, for example \"gpt-*\".");
            return null;
        }

        return isElsewhere ? null : selector;
    }

    private static PayloadSelector Unknown(PayloadSelector selector, YamlNode keyNode, string at, ConfigurationReport report)
    {
        report.Add(Severity.Warning, at, keyNode.Start.Line, "is not a known key and has no effect. Known are name, protocol, from-protocol, headers, match, not-match, exist, not-exist.");
        return selector;
    }

    private static UpstreamKind? Upstream(YamlNode node, string at, ConfigurationReport report, ref bool isElsewhere)
    {
        switch (ValueKinds.Scalar(node)?.Trim().ToLowerInvariant())
        {
            case null or "":
                return null;
            case "claude" or "anthropic":
                return UpstreamKind.Claude;
            case "codex" or "openai-response":
                return UpstreamKind.Codex;
            case "openai" or "openai-compatibility" or "compatible":
                return UpstreamKind.Compatible;
            case var other:
                Refuse(node, at, other, "claude, codex or openai", report, ref isElsewhere);
                return null;
        }
    }

    private static Dialect? From(YamlNode node, string at, ConfigurationReport report, ref bool isElsewhere)
    {
        switch (ValueKinds.Scalar(node)?.Trim().ToLowerInvariant())
        {
            case null or "":
                return null;
            case "claude" or "anthropic":
                return Dialect.AnthropicMessages;
            case "openai" or "chat":
                return Dialect.OpenAIChat;
            case "openai-response" or "responses" or "codex":
                return Dialect.OpenAIResponses;
            case var other:
                Refuse(node, at, other, "claude, openai or responses", report, ref isElsewhere);
                return null;
        }
    }

    private static void Refuse(YamlNode node, string at, string written, string known, ConfigurationReport report, ref bool isElsewhere)
    {
        isElsewhere = true;
        if (Elsewhere.Contains(written))
        {
            report.Add(Severity.Warning, at, node.Start.Line, $"\"{written}\" is nothing that this proxy has; this part of the rule has no effect.");
        }
        else
        {
            report.Error(at, node.Start, $"\"{written}\" can't be used here. Write {known}.");
        }
    }

    private static List<KeyValuePair<string, string>> Headers(YamlNode node, string at, ConfigurationReport report)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, pattern) in YamlValues.Pairs(node, at, "header names to patterns. Write X-Client-Tier: \"team-*\"", report))
        {
            if (ValueKinds.Scalar(name) is { Length: > 0 } header && ValueKinds.Scalar(pattern) is { } text)
            {
                headers.Add(KeyValuePair.Create(header.Trim(), text));
            }
            else
            {
                report.Error(at, name.Start, "holds what is no header with a pattern. Write X-Client-Tier: \"team-*\".");
            }
        }

        return headers;
    }

    /// <summary>A map of paths to values, or a list of such maps.</summary>
    private static List<PayloadExpectation> Expectations(YamlNode node, string at, ConfigurationReport report)
    {
        IEnumerable<YamlNode> maps = node is YamlSequenceNode list ? list.Children : [node];
        var expectations = new List<PayloadExpectation>();
        foreach (var map in maps)
        {
            foreach (var (pathNode, valueNode) in YamlValues.Pairs(map, at, "paths to values. Write \"metadata.client\": \"codex\"", report))
            {
                if (PayloadEntries.ReadPath(pathNode, at, mayMeanEach: false, report) is { } path && YamlValues.ToJson(valueNode) is { } value)
                {
                    expectations.Add(new PayloadExpectation(path, value));
                }
            }
        }

        return expectations;
    }

    private static List<PayloadPath> Paths(YamlNode node, string at, ConfigurationReport report)
    {
        IEnumerable<YamlNode> written = node is YamlSequenceNode list ? list.Children : [node];
        var paths = new List<PayloadPath>();
        foreach (var one in written)
        {
            if (PayloadEntries.ReadPath(one, at, mayMeanEach: false, report) is { } path)
            {
                paths.Add(path);
            }
        }

        return paths;
    }
}
