using System.Security.Cryptography;
using System.Text;

namespace Proxy.Actors.Credentials;

/// <summary>A token's identity that may be shown: the first 8 bytes of SHA-256 over access token, NUL, refresh token, as hex.</summary>
public static class TokenFingerprint
{
    /// <summary>Characters of a fingerprint.</summary>
    public const int Length = 16;

    /// <summary>The fingerprint; a missing token counts as empty.</summary>
    public static string Of(string? access, string? refresh) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{access}\0{refresh}")).AsSpan(0, Length / 2));
}
