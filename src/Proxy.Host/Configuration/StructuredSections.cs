using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Payloads;

namespace Proxy.Host.Configuration;

/// <summary>The parts of the configuration that are no single keys, as <c>--print-config</c> shows them and a reload compares them.</summary>
internal static class StructuredSections
{
    /// <summary>Key and text of each; the text is empty where nothing is set.</summary>
    public static IReadOnlyList<(string Key, Func<ProxyConfiguration, string> Print)> All { get; } =
    [
        ("oauth-excluded-models", c => Lines(c.ExcludedModels, p => $"{p.Key}: {ValueKinds.Texts.Print(p.Value)}")),
        ("oauth-model-alias", c => Lines(c.ModelAliases, p => $"{p.Key}: [{string.Join(", ", p.Value.Select(Print))}]")),
        ("model-fallbacks", c => Lines(c.ModelFallbacks, f => $"{ValueKinds.Quote(f.Asked)}: {ValueKinds.Texts.Print(f.Next)}")),
        ("models", c => Lines(c.KnownModels.Models.Except(Proxy.Protocol.Models.ModelCatalogue.Default.Models), m => $"- {CatalogueEntry.Print(m)}")),
        ("payload", c => Lines(c.Payload.Rules, Print)),
    ];

    /// <summary>An alias as one line of YAML.</summary>
    public static string Print(ModelAlias alias)
    {
        var text = new StringBuilder($"{{ name: {ValueKinds.Quote(alias.Name)}, alias: {ValueKinds.Quote(alias.Alias)}");
        text.Append(alias.Fork ? ", fork: true" : string.Empty);
        text.Append(alias.DisplayName is { } shown ? $", display-name: {ValueKinds.Quote(shown)}" : string.Empty);
        text.Append(alias.ForceMapping ? ", force-mapping: true" : string.Empty);
        return text.Append(" }").ToString();
    }

    private static string Print(PayloadRule rule)
    {
        var selectors = rule.Selectors.Select(s => s.Model
            + (s.Protocol is { } to ? $" to {to.ToString().ToLowerInvariant()}" : string.Empty)
            + (s.FromProtocol is { } from ? $" from {from}" : string.Empty)
            + (s.Headers.Count > 0 ? $", with {string.Join(", ", s.Headers.Select(h => h.Key))}" : string.Empty)
            + Places(", where ", s.Match.Select(m => $"{m.Path} is {Encoding.UTF8.GetString(m.Value.Span)}"))
            + Places(", where ", s.NotMatch.Select(m => $"{m.Path} is not {Encoding.UTF8.GetString(m.Value.Span)}"))
            + Places(", where ", s.Exist.Select(p => $"{p} is there"))
            + Places(", where ", s.NotExist.Select(p => $"{p} is not there")));
        var changes = rule.Changes.Select(c => c.Value.IsEmpty ? c.Path.Written : $"{c.Path.Written} = {Encoding.UTF8.GetString(c.Value.Span)}");
        return $"# {rule.Action.ToString().ToLowerInvariant()} for {string.Join("; ", selectors)}: {string.Join(", ", changes)}";
    }

    private static string Places(string opening, IEnumerable<string> places) => string.Concat(places.Select(p => opening + p));

    private static string Lines<T>(IEnumerable<T> entries, Func<T, string> print) => string.Concat(entries.Select(e => $"  {print(e)}\n"));
}
