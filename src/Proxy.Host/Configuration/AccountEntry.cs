using System.Security.Cryptography;
using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;
using YamlDotNet.RepresentationModel;
using Table = Proxy.Host.Configuration.SettingTable<Proxy.Host.Configuration.AccountEntry>;

namespace Proxy.Host.Configuration;

/// <summary>One entry of <c>claude-api-key</c>, <c>codex-api-key</c> or <c>openai-compatibility</c> while it is read.</summary>
internal sealed record AccountEntry
{
    /// <summary>All keys that an entry may have; which of them are needed depends on the list.</summary>
    public static Table Keys { get; } = new(
        [
            Table.Of("name", ValueKinds.Text, e => e.Name, (e, v) => e with { Name = v.Trim() }),
            Table.Of("api-key", ValueKinds.Credential, e => e.ApiKey, (e, v) => e with { ApiKey = v.Trim() }, secret: true),
            Table.Of("base-url", ValueKinds.Address(plainOnlyLoopback: false), e => e.BaseUrl!, (e, v) => e with { BaseUrl = v }),
            Table.Of("prefix", ValueKinds.Text, e => e.Prefix, (e, v) => e with { Prefix = v.Trim().Trim('/') }),
            Table.Of("proxy-url", ValueKinds.Proxy, e => e.Proxy!, (e, v) => e with { Proxy = v }),
            Table.Of("excluded-models", ValueKinds.Texts, e => e.ExcludedModels, (e, v) => e with { ExcludedModels = v }),
            Table.Of("request-retry", ValueKinds.Whole(0, 100, 3), e => e.Retry.RequestRetry ?? 0, (e, v) => e with { Retry = e.Retry with { RequestRetry = v } }),
            Table.Of("disable-cooling", ValueKinds.Switch, e => e.Retry.DisableCooling ?? false, (e, v) => e with { Retry = e.Retry with { DisableCooling = v } }),
            Table.Of("priority", ValueKinds.Whole(-1000, 1000, 0), e => e.Priority, (e, v) => e with { Priority = v }),
            Table.Of("weight", ValueKinds.Whole(-AuthFileReader.MaxWeight, AuthFileReader.MaxWeight, 1), e => e.Weight ?? 1, (e, v) => e with { Weight = v }),
            Table.Of("max-concurrent", ValueKinds.Whole(0, AuthFileReader.MaxWeight, 4), e => e.MaxConcurrent ?? 0, (e, v) => e with { MaxConcurrent = v }),
        ],
        ["headers", "models", "api-key-entries", "api-keys", "disabled", "websockets", ErrorRules.Key, "cloak"]);

    public string Name { get; init; } = string.Empty;

    public string ApiKey { get; init; } = string.Empty;

    public Uri? BaseUrl { get; init; }

    public string Prefix { get; init; } = string.Empty;

    public OutboundProxy? Proxy { get; init; }

    public IReadOnlyList<string> ExcludedModels { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public IReadOnlyList<ModelAlias> Models { get; init; } = [];

    /// <summary>Keys of one compatible upstream, each an account of its own.</summary>
    public IReadOnlyList<AccountEntry> KeyEntries { get; init; } = [];

    public int Priority { get; init; }

    public int? Weight { get; init; }

    public int? MaxConcurrent { get; init; }

    public CredentialRetry Retry { get; init; } = CredentialRetry.None;

    /// <summary>Reads one entry of a list.</summary>
    public static AccountEntry Read(YamlMappingNode node, string path, ConfigurationReport report)
    {
        var structured = new List<(string Key, YamlNode Node)>();
        var entry = Keys.Apply(new AccountEntry(), node, path + ".", report, (key, value) => structured.Add((key, value)));
        foreach (var (key, value) in structured)
        {
            var at = $"{path}.{key}";
            entry = key switch
            {
                "headers" => entry with { Headers = ReadHeaders(value, at, entry.ApiKey.Length > 0 || structured.Exists(s => s.Key is "api-key-entries" or "api-keys"), report) },
                ErrorRules.Key => entry with { Retry = entry.Retry with { ErrorRules = ErrorRules.Read(value, at, report) } },
                "models" => entry with { Models = AliasEntry.ReadAll(value, at, needsAlias: false, report) },
                "api-key-entries" => entry with { KeyEntries = [.. EntryLists.Mappings(value, at, report).Select(e => Read(e.Node, e.Path, report))] },
                "api-keys" when ReadKeys(value, at, report) is { } keys => entry with { KeyEntries = [.. keys.Select(k => new AccountEntry { ApiKey = k.Trim() })] },
                _ => entry,
            };
        }

        return entry;
    }

    /// <summary>Free of keys.</summary>
    public override string ToString() => $"AccountEntry {{ {Name} {BaseUrl} }}";

    /// <summary>The account of this entry with one of its keys.</summary>
    public ApiKeyAccount ToAccount(string provider, UpstreamKind kind, Uri baseUrl, AccountEntry key)
    {
        var proxy = key.Proxy ?? Proxy;
        var identity = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\0{provider}\0{key.ApiKey}\0{baseUrl}"));
        return new ApiKeyAccount
        {
            Provider = provider,
            Kind = kind,
            ApiKey = key.ApiKey,
            BaseUrl = baseUrl,
            Prefix = Prefix.Length == 0 ? null : Prefix,
            ProxyUrl = proxy?.Url,
            NoProxy = proxy is { Url: null },
            Headers = Headers,
            Models = Models,
            ExcludedModels = ExcludedModels,
            Priority = Priority,
            Weight = key.Weight ?? Weight ?? 1,
            MaxConcurrent = key.MaxConcurrent ?? MaxConcurrent,
            Retry = Merged(key.Retry),
            EntryKey = $"{provider}:{Convert.ToHexStringLower(identity.AsSpan(0, 6))}",
        };
    }

    /// <summary>What one key of a compatible upstream says, over what its upstream says.</summary>
    private CredentialRetry Merged(CredentialRetry key) => ReferenceEquals(key, Retry) ? Retry : new CredentialRetry
    {
        RequestRetry = key.RequestRetry ?? Retry.RequestRetry,
        DisableCooling = key.DisableCooling ?? Retry.DisableCooling,
        ErrorRules = [.. key.ErrorRules, .. Retry.ErrorRules],
    };

    private static IReadOnlyList<string>? ReadKeys(YamlNode node, string path, ConfigurationReport report)
    {
        if (ValueKinds.Secrets.Read(node, report, out var keys) && keys.All(ValueKinds.IsSendable))
        {
            return keys;
        }

        report.Error(path, node.Start, $"its value can't be used here. Write {ValueKinds.Secrets.Expected}, each {ValueKinds.Credential.Expected}.");
        return null;
    }

    private static List<KeyValuePair<string, string>> ReadHeaders(YamlNode node, string path, bool hasCredential, ConfigurationReport report)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (nameNode, valueNode) in YamlValues.Pairs(node, path, "header names to values. Write one \"Name: value\" per line, indented below it", report))
        {
            var (name, value) = (ValueKinds.Scalar(nameNode)?.Trim() ?? string.Empty, ValueKinds.Scalar(valueNode) ?? string.Empty);
            if (AccountHeaders.WhyNot(name, value, hasCredential) is { } why)
            {
                report.Error(path, nameNode.Start, $"can't be sent: {why}. Remove or mend that header.");
                continue;
            }

            headers.Add(KeyValuePair.Create(name, value));
        }

        return headers;
    }
}
