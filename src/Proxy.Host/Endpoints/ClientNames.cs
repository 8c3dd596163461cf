using System.Buffers;

namespace Proxy.Host.Endpoints;

/// <summary>What client programs call themselves, for the ledger: "claude-cli/2.1.0 (external, cli)" is claude-cli.</summary>
internal static class ClientNames
{
    private const int Longest = 32;
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>The product's name; null when there is none, or something that is no name.</summary>
    public static string? Of(string userAgent)
    {
        var end = userAgent.AsSpan().IndexOfAny('/', ' ', '(');
        var name = end < 0 ? userAgent.AsSpan() : userAgent.AsSpan(0, end);
        return name.Length is 0 or > Longest || name.ContainsAnyExcept(Letters) ? null : name.ToString();
    }
}
