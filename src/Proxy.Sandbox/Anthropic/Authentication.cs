using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;
using Proxy.Sandbox.OAuth;

namespace Proxy.Sandbox.Anthropic;

/// <summary>Who may speak to the simulated Anthropic: bearer tokens with their beta, API keys in their own header.</summary>
internal static class Authentication
{
    private const string OAuthBeta = "oauth-2025-04-20";

    public static Refusal? Check(SandboxExchange x)
    {
        if (Bearer.Of(x.Request) is { } token)
        {
            if (x.Account is null)
            {
                return Denied("Invalid bearer token");
            }

            if (x.Header("anthropic-beta")?.Split(',', StringSplitOptions.TrimEntries).Contains(OAuthBeta, StringComparer.Ordinal) != true)
            {
                return Denied("OAuth authentication is currently not supported.");
            }

            if (x.Account.StandingOf(token) is var standing and not TokenStanding.Good)
            {
                return Denied(standing == TokenStanding.Revoked
                    ? "OAuth token has been revoked. Please obtain a new token."
                    : "OAuth token has expired. Please obtain a new token or refresh your existing token.");
            }
        }
        else if (x.Account is null)
        {
            return Denied(x.Header("x-api-key") is null ? "x-api-key header is required" : "invalid x-api-key");
        }

        if (x.Operation == SandboxOperation.Usage)
        {
            return x.Account.Kind != SandboxAccountKind.ClaudeOAuth ? new Refusal(403, "permission_error", "API keys have no subscription usage.")
                : x.Account.StrictIdentity ? new Refusal(403, "permission_error", "This credential is only authorized for use with Claude Code.")
                : null;
        }

        if (x.Header("anthropic-version") is null)
        {
            return Bad.Request("anthropic-version: header is required");
        }

        return x.Account is { StrictIdentity: true, Kind: SandboxAccountKind.ClaudeOAuth }
            ? Bad.Request("This credential is only authorized for use with Claude Code and cannot be used for other API requests.")
            : null;
    }

    private static Refusal Denied(string message) => new(401, "authentication_error", message);
}
