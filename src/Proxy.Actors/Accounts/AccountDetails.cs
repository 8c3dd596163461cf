using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>
/// An account as its owner may see it on a terminal: the redacted picture, and beside it the whole e-mail. Goes over the
/// control socket alone, never into logs, errors or the debug endpoint.
/// </summary>
public sealed record AccountDetails
{
    /// <summary>The redacted picture.</summary>
    public required AccountView Account { get; init; }

    /// <summary>The whole e-mail address; null when it is not known.</summary>
    public string? Email { get; init; }

    /// <summary>The auth file's name; null for API keys.</summary>
    public string? File { get; init; }

    /// <summary>For API keys: the configuration entry, such as <c>claude-api-key[0]</c>.</summary>
    public string? Entry { get; init; }

    /// <summary>Free of the e-mail.</summary>
    public override string ToString() => $"AccountDetails {{ {Account.Id} }}";

    internal static AccountDetails Of(AccountDefinition definition, AccountView view) => new()
    {
        Account = view with { Plan = view.Plan ?? (definition.Reading as AuthFileReading.Loaded)?.File.Plan },
        Email = (definition.Reading as AuthFileReading.Loaded)?.File.Email is { } email ? string.Concat(email.Select(c => char.IsControl(c) ? '?' : c)) : null,
        File = definition.FileName,
        Entry = definition.Entry is { Place: { Length: > 0 } place } ? place : null,
    };
}

/// <summary>All accounts, and what looks like one but is none.</summary>
public sealed record AccountListing
{
    /// <summary>By provider, then by id.</summary>
    public IReadOnlyList<AccountDetails> Accounts { get; init; } = [];

    /// <summary>Where the files are.</summary>
    public required string AuthDirectory { get; init; }

    /// <summary>Why the directory could not be read; null when it could.</summary>
    public string? DirectoryFault { get; init; }

    /// <summary>Files that are no accounts, and why.</summary>
    public IReadOnlyDictionary<string, string> IgnoredFiles { get; init; } = new Dictionary<string, string>();
}
