using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Proxy.Host.Doors;

/// <summary>The keys of clients. Compared as digests, all of them every time, so that time tells nothing about them.</summary>
internal sealed class ClientKeys(IReadOnlyList<string> keys)
{
    private const string Bearer = "Bearer ";
    private static readonly string[] KeyHeaders = ["x-api-key", "x-goog-api-key"];
    private static readonly string[] KeyParameters = ["key", "auth_token"];
    private readonly byte[][] _digests = [.. keys.Select(Digest)];

    /// <summary>What a look for keys found.</summary>
    public enum Finding
    {
        /// <summary>The request may pass.</summary>
        Accepted,

        /// <summary>It shows no key.</summary>
        Missing,

        /// <summary>It shows keys, none of them ours.</summary>
        Wrong,
    }

    /// <summary>Looks at every place where clients put a key (spec/accounts.md 6.4).</summary>
    public Finding Check(HttpRequest request)
    {
        if (_digests.Length == 0)
        {
            return Finding.Accepted;
        }

        var finding = Finding.Missing;
        foreach (var shown in Shown(request))
        {
            if (IsKnown(shown))
            {
                return Finding.Accepted;
            }

            finding = Finding.Wrong;
        }

        return finding;
    }

    /// <summary>The first key that the request shows, wherever; empty when it shows none. Tells clients apart, grants nothing.</summary>
    public static string First(HttpRequest request) => Shown(request).FirstOrDefault() ?? string.Empty;

    /// <summary>What may be kept of a key to tell clients apart: half of its SHA-256, in hex; null for none.</summary>
    public static string? DigestOf(string key) => key.Length == 0 ? null : Convert.ToHexStringLower(Digest(key).AsSpan(0, 16));

    private static IEnumerable<string> Shown(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString().Trim();
        if (authorization.Length > 0)
        {
            yield return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : authorization;
        }

        foreach (var name in KeyHeaders)
        {
            var value = request.Headers[name].ToString().Trim();
            if (value.Length > 0)
            {
                yield return value;
            }
        }

        if (!request.QueryString.HasValue)
        {
            yield break;
        }

        foreach (var name in KeyParameters)
        {
            var value = request.Query[name].ToString().Trim();
            if (value.Length > 0)
            {
                yield return value;
            }
        }
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private bool IsKnown(string shown)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(shown), digest);
        var known = false;
        foreach (var key in _digests)
        {
            known |= CryptographicOperations.FixedTimeEquals(key, digest);
        }

        return known;
    }
}
