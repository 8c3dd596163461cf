using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.OAuth;

/// <summary>What a client asks tokens with.</summary>
internal sealed record CodeTrade(string? Code, string? ClientId, string? RedirectUri, string? Verifier)
{
    /// <summary>Claude wants the state back.</summary>
    public string? State { get; init; }
}

/// <summary>
/// Authorization codes: good once, for ten minutes, for the client and the redirect address that asked, and for whoever
/// knows the verifier behind the challenge (RFC 6749 4.1.2, RFC 7636). Thread-safe.
/// </summary>
internal sealed class LoginCodes(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Issued> _codes = new(StringComparer.Ordinal);

    /// <summary>A new code for an account.</summary>
    public string Issue(SandboxAccount account, string clientId, string redirectUri, string challenge, string? state)
    {
        var code = $"sandbox-code-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        lock (_gate)
        {
            _codes[code] = new Issued(account, clientId, redirectUri, challenge, state, time.GetUtcNow() + Lifetime);
        }

        return code;
    }

    /// <summary>Whose code it is; null when it is nobody's.</summary>
    public SandboxAccount? AccountOf(string? code)
    {
        lock (_gate)
        {
            return code is not null && _codes.TryGetValue(code, out var issued) ? issued.Account : null;
        }
    }

    /// <summary>Uses a code up, whether it fits or not.</summary>
    /// <returns>What does not fit; null when all does.</returns>
    public string? Redeem(CodeTrade trade, SandboxAccountKind kind)
    {
        Issued issued;
        lock (_gate)
        {
            if (trade.Code is null || !_codes.TryGetValue(trade.Code, out issued!))
            {
                return "The code is unknown or was used before.";
            }

            if (issued.IsUsed)
            {
                return "The code was used before.";
            }

            _codes[trade.Code] = issued with { IsUsed = true };
        }

        return issued.Account.Kind != kind ? "The code is for another provider."
            : time.GetUtcNow() >= issued.Ends ? "The code has expired."
            : trade.ClientId != issued.ClientId ? "client_id is not the one that asked."
            : trade.RedirectUri != issued.RedirectUri ? "redirect_uri is not the one that asked."
            : kind == SandboxAccountKind.ClaudeOAuth && trade.State != issued.State ? "state is not the one that asked."
            : trade.Verifier is not { Length: >= 43 and <= 128 } verifier || ChallengeOf(verifier) != issued.Challenge ? "code_verifier does not fit the challenge."
            : null;
    }

    /// <summary>The S256 challenge of a verifier.</summary>
    public static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private sealed record Issued(SandboxAccount Account, string ClientId, string RedirectUri, string Challenge, string? State, DateTimeOffset Ends)
    {
        public bool IsUsed { get; init; }
    }
}
