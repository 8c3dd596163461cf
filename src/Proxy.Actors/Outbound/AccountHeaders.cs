using System.Collections.Frozen;

namespace Proxy.Actors.Outbound;

/// <summary>
/// The rules of an account's own <c>headers</c>: which may be set, and values that copy a header of the client
/// (<c>$Name</c>; <c>$$</c> begins a text with a dollar). Values may be secrets: no message repeats one.
/// </summary>
public static class AccountHeaders
{
    private static readonly FrozenSet<string> Connection = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Expect",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Content = new[] { "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Credentials = new[] { "Authorization", "x-api-key", "ChatGPT-Account-Id" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NeverCopied = new[]
    {
        "Authorization", "x-api-key", "x-goog-api-key", "api-key", "Proxy-Authorization", "Cookie", "x-management-key",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a header can't be an account's, in words without its value; null when it can.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value as it is written in the configuration.</param>
    /// <param name="hasCredential">The account has a key or a login of its own, which a header must not take the place of.</param>
    public static string? WhyNot(string name, string value, bool hasCredential)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return !IsName(name) ? $"\"{Plain(name)}\" is not a header's name"
            : Connection.Contains(name) ? $"{name} belongs to the connection, which is not the account's"
            : Content.Contains(name) ? $"{name} describes the body, which the proxy writes"
            : hasCredential && Credentials.Contains(name) ? $"{name} would take the place of the account's own credential"
            : value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? $"the value of {name} is not plain ASCII on one line"
            : CopiedFrom(value) is not { } source ? null
            : !IsName(source) ? $"the value of {name} begins with $, but no header's name follows; write $$ for a text that begins with a dollar"
            : NeverCopied.Contains(source) ? $"{name} would pass the client's {source} on, which is a secret between the client and this proxy"
            : null;
    }

    /// <summary>What to send for a value: itself, or the client's header that it names; null to send nothing.</summary>
    /// <param name="value">The value as it is written in the configuration.</param>
    /// <param name="ofClient">The client's headers by name; null when there is no client.</param>
    public static string? Resolve(string value, Func<string, string?>? ofClient)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (CopiedFrom(value) is not { } source)
        {
            return value.StartsWith("$$", StringComparison.Ordinal) ? value[1..] : value;
        }

        // What can't go on in a header stays here: it would fail the call on every account (RFC 9110 §5.5).
        return ofClient?.Invoke(source) is { Length: > 0 } copied && !copied.AsSpan().ContainsAnyExceptInRange(' ', '~') ? copied : null;
    }

    private static string? CopiedFrom(string value) =>
        value.StartsWith('$') && !value.StartsWith("$$", StringComparison.Ordinal) ? value[1..] : null;

    private static bool IsName(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    private static string Plain(string text) => string.Concat((text.Length > 64 ? text[..64] : text).Select(c => char.IsControl(c) ? '?' : c));
}
