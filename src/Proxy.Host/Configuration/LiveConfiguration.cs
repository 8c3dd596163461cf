using Proxy.Actors.Configuration;

namespace Proxy.Host.Configuration;

/// <summary>The configuration in force, and the rules of replacing it while the proxy runs.</summary>
internal sealed class LiveConfiguration(ProxyConfiguration initial)
{
    private volatile ProxyConfiguration _current = initial;

    /// <summary>The one in force. A request reads it once and keeps it.</summary>
    public ProxyConfiguration Current => _current;

    /// <summary>Puts <paramref name="accepted"/> in force, as far as that is possible without a restart.</summary>
    public ConfigurationChange Replace(ProxyConfiguration accepted)
    {
        var old = _current;
        var next = accepted with
        {
            Version = old.Version + 1,
            AuthDirectory = old.AuthDirectory,
            StateDirectory = old.StateDirectory,
            Server = accepted.Server with
            {
                Host = old.Server.Host,
                Port = old.Server.Port,
                MaxConnections = old.Server.MaxConnections,
                RequestHeadersTimeout = old.Server.RequestHeadersTimeout,
            },
        };
        _current = next;
        return new ConfigurationChange(next, Differing(old, next), Differing(next, accepted));
    }

    private static List<string> Differing(ProxyConfiguration before, ProxyConfiguration after)
    {
        var keys = Settings.All.Settings.Where(s => s.Print(before) != s.Print(after)).Select(s => s.Key).ToList();
        keys.AddRange(StructuredSections.All.Where(s => s.Print(before) != s.Print(after)).Select(s => s.Key));
        if (!before.ApiKeyAccounts.Select(Told).SequenceEqual(after.ApiKeyAccounts.Select(Told)))
        {
            keys.Add("accounts by API key");
        }

        return keys;
    }

    /// <summary>What a reload tells accounts apart by; never shown, as it holds header values.</summary>
    private static string Told(ApiKeyAccount a) => string.Join('\0',
        a.EntryKey, a.Prefix, a.ProxyUrl, a.NoProxy, a.Priority, string.Join(',', a.ExcludedModels),
        a.Weight, a.MaxConcurrent, a.Retry.RequestRetry, a.Retry.DisableCooling, ErrorRules.Print(a.Retry.ErrorRules),
        string.Join(',', a.Headers.Select(h => $"{h.Key}:{h.Value}")), string.Join(',', a.Models.Select(StructuredSections.Print)));
}

/// <summary>What a reload did.</summary>
/// <param name="Configuration">Now in force.</param>
/// <param name="Changed">Keys whose value changed.</param>
/// <param name="NeedRestart">Keys whose new value waits for a restart.</param>
internal sealed record ConfigurationChange(ProxyConfiguration Configuration, IReadOnlyList<string> Changed, IReadOnlyList<string> NeedRestart);
