using Proxy.Actors.Configuration;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.UsageEndpoints;

/// <summary>Where an account's quota can be asked for, and how often for want of anything else.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Url">Its address.</param>
/// <param name="FillsGaps">Ask also when nothing has been read yet (<c>quota.poll</c>).</param>
/// <param name="KeepsFresh">Ask also when the last reading is old: choice goes by the quota of accounts that rest.</param>
/// <param name="ConfigurationVersion">Of the configuration that it comes from: a reload begins anew with an endpoint that was given up.</param>
public sealed record UsageEndpoint(UpstreamKind Kind, Uri Url, bool FillsGaps, bool KeepsFresh, long ConfigurationVersion)
{
    private const string StrategyByQuota = "soonest-reset";

    /// <summary>The endpoint for logins of a provider; null when there is none, it is switched off, or a token may not travel there.</summary>
    public static UsageEndpoint? For(UpstreamKind kind, ProxyConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var url = kind switch
        {
            UpstreamKind.Claude => configuration.Claude.UsageAddress(ProviderEndpoints.ClaudeUsagePath),
            UpstreamKind.Codex => configuration.Codex.UsageAddress(ProviderEndpoints.CodexUsagePath),
            _ => null,
        };
        return url is null || !OutboundRoute.MayCarryLogin(url) ? null : new UsageEndpoint(
            kind, url, configuration.Quota.Poll, configuration.Quota.Poll && configuration.Routing.Strategy == StrategyByQuota, configuration.Version);
    }
}
