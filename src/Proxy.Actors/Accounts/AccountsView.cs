using System.Text.Json.Serialization;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Accounts;

/// <summary>The redacted state of AccountsActor.</summary>
public sealed record AccountsView
{
    /// <summary>Where the files are.</summary>
    public required string AuthDirectory { get; init; }

    /// <summary>The configuration in force.</summary>
    public required long ConfigurationVersion { get; init; }

    /// <summary>The directory is watched; false: only polled.</summary>
    public required bool IsWatched { get; init; }

    /// <summary>Why the directory could not be read last time; null when it could.</summary>
    public string? DirectoryFault { get; init; }

    /// <summary>Files that are no accounts, and why. E-mails in their names are masked.</summary>
    public IReadOnlyDictionary<string, string> IgnoredFiles => FilesByName.DistinctBy(f => MaskedMail.In(f.Key)).ToDictionary(f => MaskedMail.In(f.Key), f => f.Value, StringComparer.Ordinal);

    /// <summary>The same by their whole names: for the owner's terminal.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> FilesByName { get; init; } = new Dictionary<string, string>();

    /// <summary>The accounts and how their actors are: <c>running</c>, <c>draining</c>, <c>stopped until …</c>.</summary>
    public IReadOnlyDictionary<string, string> Accounts { get; init; } = new Dictionary<string, string>();

    internal static AccountsView Of(ProxyConfiguration configuration, AccountFiles files, IReadOnlyDictionary<AccountId, AccountChild> children) => new()
    {
        AuthDirectory = configuration.AuthDirectory,
        ConfigurationVersion = configuration.Version,
        IsWatched = files.IsWatched,
        DirectoryFault = files.Fault,
        FilesByName = files.Ignored,
        Accounts = children.ToDictionary(
            c => c.Key.Value,
            c => c.Value.IsRetiring ? "draining" : c.Value.PausedUntil is { } until ? $"stopped after errors until {until:u}" : "running",
            StringComparer.Ordinal),
    };
}
