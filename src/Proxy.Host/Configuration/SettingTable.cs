using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>One key of the file: how its value gets into <typeparamref name="TTarget"/> and how it is printed.</summary>
/// <param name="Key">Dotted from the top of the target.</param>
/// <param name="Apply">The target with the node's value, or the same one and an error in the report.</param>
/// <param name="Print">The value in force, as YAML.</param>
internal sealed record Setting<TTarget>(string Key, Func<TTarget, YamlNode, string, ConfigurationReport, TTarget> Apply, Func<TTarget, string> Print);

/// <summary>All keys of one kind of mapping. What the table does not know is reported with the nearest key that it does.</summary>
internal sealed class SettingTable<TTarget>(IReadOnlyList<Setting<TTarget>> settings, IReadOnlyList<string> others)
{
    private readonly Dictionary<string, Setting<TTarget>> _byKey = settings.ToDictionary(s => s.Key, StringComparer.Ordinal);

    /// <summary>The settings in the order in which they are printed.</summary>
    public IReadOnlyList<Setting<TTarget>> Settings => settings;

    /// <summary>A setting of this table.</summary>
    public static Setting<TTarget> Of<T>(string key, ValueKind<T> kind, Func<TTarget, T> get, Func<TTarget, T, TTarget> set, bool secret = false) => new(
        key,
        (target, node, path, report) =>
        {
            if (kind.Read(node, report, out var value))
            {
                return set(target, value);
            }

            var written = ValueKinds.Scalar(node);
            // An address that is wrong may still hold a password.
            var what = written is null ? $"a {node.NodeType.ToString().ToLowerInvariant()}" : secret || written.Contains('@') ? "its value" : $"\"{written}\"";
            report.Error(path, node.Start, $"{what} can't be used here. Write {kind.Expected}.");
            return target;
        },
        target => kind.Print(get(target)));

    /// <summary>Applies every key of <paramref name="mapping"/>. Keys in <c>others</c> go to <paramref name="other"/>.</summary>
    public TTarget Apply(TTarget target, YamlMappingNode mapping, string prefix, ConfigurationReport report, Action<string, YamlNode>? other = null) =>
        Walk(target, mapping, string.Empty, prefix, report, other);

    private TTarget Walk(TTarget target, YamlMappingNode mapping, string section, string prefix, ConfigurationReport report, Action<string, YamlNode>? other)
    {
        foreach (var (keyNode, value) in mapping.Children)
        {
            var key = section + (ValueKinds.Scalar(keyNode) ?? string.Empty);
            var path = prefix + key;
            report.Seen(path, keyNode);
            if (_byKey.TryGetValue(key, out var setting))
            {
                target = IsNothing(value) ? target : setting.Apply(target, value, path, report);
            }
            else if (others.Contains(key))
            {
                other?.Invoke(key, value);
            }
            else if (_byKey.Keys.Any(k => k.StartsWith(key + ".", StringComparison.Ordinal)))
            {
                target = WalkSection(target, value, key, path, report, prefix, other);
            }
            else
            {
                var nearest = Nearest.To(key, _byKey.Keys.Concat(others));
                report.Add(
                    Severity.Warning, path, keyNode.Start.Line,
                    nearest is null ? "is not a known key and has no effect. Remove it." : $"is not a known key and has no effect. Did you mean {prefix}{nearest}?");
            }
        }

        return target;
    }

    private TTarget WalkSection(
        TTarget target, YamlNode value, string key, string path, ConfigurationReport report, string prefix, Action<string, YamlNode>? other)
    {
        if (value is YamlMappingNode inner)
        {
            return Walk(target, inner, key + ".", prefix, report, other);
        }

        if (!IsNothing(value))
        {
            report.Error(path, value.Start, $"holds {ValueKinds.Scalar(value) ?? "a list"}, but it is a section. Write its keys below it, indented by two blanks.");
        }

        return target;
    }

    /// <summary>A key without a value keeps its default.</summary>
    private static bool IsNothing(YamlNode node) =>
        node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
