using System.Security.Cryptography;
using System.Text;

namespace Proxy.Protocol.Requests;

/// <summary>Item ids as the Codex backend accepts them (spec/protocols.md 2.3).</summary>
internal static class CodexItemIds
{
    /// <summary>The longest id that the backend takes, in characters.</summary>
    public const int Longest = 64;

    private const int KeptOfALongOne = 47;

    /// <summary>The prefix that an item of <paramref name="type"/> must have; null when none is known.</summary>
    public static string? PrefixOf(string type) => type switch
    {
        "message" => "msg_",
        "reasoning" => "rs_",
        "function_call" => "fc_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        _ => null,
    };

    /// <summary>The id with its prefix and at most 64 characters; the same id always gives the same one.</summary>
    /// <param name="id">The client's id.</param>
    /// <param name="prefix">The prefix it must have; null for none.</param>
    /// <param name="taken">Shortened ids of this request and what they stand for: two ids never become one.</param>
    public static string Fit(string id, string? prefix, Dictionary<string, string> taken)
    {
        var prefixed = prefix is null || id.StartsWith(prefix, StringComparison.Ordinal) ? id : prefix + id;
        if (prefixed.Length <= Longest)
        {
            return prefixed;
        }

        for (var attempt = 0; ; attempt++)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(attempt == 0 ? prefixed : $"{prefixed}#{attempt}"));
            var kept = char.IsHighSurrogate(prefixed[KeptOfALongOne - 1]) ? KeptOfALongOne - 1 : KeptOfALongOne;
            var shortened = $"{prefixed.AsSpan(0, kept)}_{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
            if (taken.TryAdd(shortened, prefixed) || taken[shortened] == prefixed)
            {
                return shortened;
            }
        }
    }
}
