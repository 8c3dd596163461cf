using System.Security.Cryptography;
using System.Text;

namespace Proxy.Host.Logins;

/// <summary>The random value that ties an answer to the login that asked (RFC 6749 10.12): 128 bits, used for one login.</summary>
internal sealed record LoginState(string Value)
{
    private const int Bytes = 16;

    /// <summary>A new one.</summary>
    public static LoginState New() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)));

    /// <summary>Compares in constant time.</summary>
    public bool Matches(string? given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Value), Encoding.UTF8.GetBytes(given ?? string.Empty));

    /// <inheritdoc />
    public override string ToString() => "LoginState { *** }";
}
