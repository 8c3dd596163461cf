using Proxy.Actors.Accounts;

namespace Proxy.Host.CommandLine;

/// <summary>Which account a person means: its id, a beginning of it, its label, its file's name or its e-mail.</summary>
internal static class AccountsNames
{
    /// <summary>All that <paramref name="name"/> may mean: none, one, or the candidates.</summary>
    public static IReadOnlyList<AccountDetails> Matches(AccountListing listing, string name)
    {
        var wanted = name.Trim();
        if (wanted.Length == 0)
        {
            return [];
        }

        // The whole id is never ambiguous, whatever others are called.
        if (listing.Accounts.FirstOrDefault(a => Same(a.Account.Id, wanted)) is { } exact)
        {
            return [exact];
        }

        IReadOnlyList<AccountDetails> named = [.. listing.Accounts.Where(a => Same(a.Account.Label, wanted) || Same(a.Email, wanted) || Same(a.File, wanted) || Same(a.File, wanted + ".json") || (a.File is null && (Same(a.Account.Provider, wanted) || Same(a.Entry, wanted))))];
        return named.Count > 0 ? named : [.. listing.Accounts.Where(a => a.Account.Id.StartsWith(wanted, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>The account in one line, for candidates and answers: its id, and what else tells it apart.</summary>
    public static string Line(AccountDetails account) => $"{account.Account.Id}  {Called(account)}";

    /// <summary>What a person calls it: label and e-mail; for an API key its place in the configuration.</summary>
    public static string Called(AccountDetails account)
    {
        var label = account.Account.Label;
        if (account.Email is { } email)
        {
            // A label that is nothing but the masked e-mail says less than the e-mail.
            return label == account.Account.Id || label.Contains('…') ? email : $"{label} ({email})";
        }

        return label != account.Account.Id ? label : account.File ?? account.Entry ?? "API key";
    }

    private static bool Same(string? its, string wanted) => string.Equals(its, wanted, StringComparison.OrdinalIgnoreCase);
}
