using System.Globalization;
using System.Text;
using Proxy.Actors.Configuration;

namespace Proxy.Host.Configuration;

/// <summary>Prints the configuration in force: every key, its value, where it comes from; secrets masked.</summary>
internal static class EffectiveConfiguration
{
    /// <summary>The text of <c>--print-config</c>: YAML that could be read again, secrets aside.</summary>
    public static string Print(ProxyConfiguration configuration, ConfigurationReport report)
    {
        var text = new StringBuilder();
        var open = Array.Empty<string>();
        foreach (var setting in Settings.All.Settings)
        {
            var parts = setting.Key.Split('.');
            var sections = parts[..^1];
            for (var depth = 0; depth < sections.Length; depth++)
            {
                if (open.Length <= depth || !sections.AsSpan(0, depth + 1).SequenceEqual(open.AsSpan(0, Math.Min(depth + 1, open.Length))))
                {
                    text.Append(' ', depth * 2).Append(sections[depth]).Append(":\n");
                }
            }

            open = sections;
            var line = new string(' ', sections.Length * 2) + $"{parts[^1]}: {setting.Print(configuration)}";
            text.Append(line.PadRight(58)).Append("  # ").Append(Origin(setting.Key, report)).Append('\n');
        }

        foreach (var (key, print) in StructuredSections.All)
        {
            if (print(configuration) is { Length: > 0 } section)
            {
                text.Append(key).Append(":  # ").Append(Origin(key, report)).Append('\n').Append(section);
            }
        }

        PrintAccounts(text, configuration);
        return text.ToString();
    }

    private static string Origin(string key, ConfigurationReport report) =>
        report.Lines.TryGetValue(key, out var line) ? string.Create(CultureInfo.InvariantCulture, $"{report.File}:{line}") : "default";

    private static void PrintAccounts(StringBuilder text, ProxyConfiguration configuration)
    {
        text.Append(CultureInfo.InvariantCulture, $"# accounts by API key: {configuration.ApiKeyAccounts.Count}\n");
        foreach (var account in configuration.ApiKeyAccounts)
        {
            text.Append(CultureInfo.InvariantCulture, $"#   {account.Provider}: key {(account.ApiKey.Length == 0 ? "none" : ValueKinds.Mask(account.ApiKey))} at {account.BaseUrl.GetLeftPart(UriPartial.Path)}");
            text.Append(account.Prefix is null ? string.Empty : $", prefix {account.Prefix}");
            text.Append(account.Priority == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", priority {account.Priority}"));
            text.Append(account.Weight == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", weight {account.Weight}"));
            text.Append(account.MaxConcurrent is not { } most ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", max-concurrent {most}"));
            text.Append(account.Models.Count == 0 ? string.Empty : $", models {string.Join(' ', account.Models.Select(m => m.Alias == m.Name ? m.Alias : $"{m.Alias}={m.Name}"))}");
            text.Append(account.Headers.Count == 0 ? string.Empty : $", headers {string.Join(' ', account.Headers.Select(h => h.Key))}");
            text.Append('\n');
        }
    }
}
