using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Host.Logins;

/// <summary>
/// The proof that whoever trades a code is whoever asked for it (RFC 7636): a verifier of 96 random bytes (128
/// characters, the longest allowed), and its S256 challenge. The verifier is secret.
/// </summary>
internal sealed record Pkce(string Verifier)
{
    private const int Bytes = 96;

    /// <summary>Goes into the authorization address.</summary>
    public string Challenge { get; } = ChallengeOf(Verifier);

    /// <summary>A new one.</summary>
    public static Pkce New() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>Base64url of the SHA-256 of <paramref name="verifier"/>, without padding.</summary>
    public static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    /// <inheritdoc />
    public override string ToString() => "Pkce { *** }";
}
