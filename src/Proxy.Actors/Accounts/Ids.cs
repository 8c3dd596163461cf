using System.Security.Cryptography;
using System.Text;

namespace Proxy.Actors.Accounts;

/// <summary>Names an account in actors, logs, ledger and debug endpoint: <c>&lt;provider&gt;-&lt;8 hex of SHA-256 of the file name or entry&gt;</c>.</summary>
public readonly record struct AccountId(string Value)
{
    /// <summary>The id of an account from its auth file's name or its configuration entry.</summary>
    public static AccountId For(string provider, string fileNameOrEntry) =>
        new($"{provider}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fileNameOrEntry)).AsSpan(0, 4))}");

    /// <inheritdoc />
    public override string ToString() => Value;
}

/// <summary>One request in the router. Unique within the process.</summary>
public readonly record struct TicketId(long Value);

/// <summary>One permission to use an account. Unique within the process, across incarnations of actors.</summary>
public readonly record struct LeaseId(long Value)
{
    private static long _last;

    /// <summary>A new one.</summary>
    public static LeaseId Next() => new(Interlocked.Increment(ref _last));
}
