using System.Security.Cryptography;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.OAuth;

/// <summary>What a poll for a device login finds.</summary>
internal enum DeviceStanding
{
    Unknown,
    Pending,
    TooFast,
    Denied,
    Expired,
    Approved,
}

/// <summary>Logins with a code for another device (spec/accounts.md 1.4 [B]): asked for, typed in, approved, fetched once. Thread-safe.</summary>
internal sealed class DeviceLogins(LoginCodes codes, TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Waiting> _byId = new(StringComparer.Ordinal);

    /// <summary>A new one.</summary>
    public (string Id, string UserCode) Begin()
    {
        var id = $"sandbox-device-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        var userCode = $"{RandomNumberGenerator.GetString(Letters, 4)}-{RandomNumberGenerator.GetString(Letters, 4)}";
        lock (_gate)
        {
            _byId[id] = new Waiting(userCode, time.GetUtcNow() + Lifetime);
        }

        return (id, userCode);
    }

    /// <summary>The person types the code and decides; null for an account is a no.</summary>
    /// <returns>False for a code that nobody waits for.</returns>
    public bool Decide(string userCode, SandboxAccount? account)
    {
        lock (_gate)
        {
            var found = _byId.Values.FirstOrDefault(w => w.UserCode == userCode && !w.IsDecided && time.GetUtcNow() < w.Ends);
            if (found is null)
            {
                return false;
            }

            found.IsDecided = true;
            found.Account = account;
            return true;
        }
    }

    /// <summary>The client asks.</summary>
    /// <returns>With Approved: the code and its verifier, once.</returns>
    public (DeviceStanding Standing, string? Code, string? Verifier) Poll(string? id, string? userCode, string redirectUri)
    {
        lock (_gate)
        {
            if (id is null || !_byId.TryGetValue(id, out var waiting) || waiting.UserCode != userCode)
            {
                return (DeviceStanding.Unknown, null, null);
            }

            var now = time.GetUtcNow();
            var isTooFast = now < waiting.NextPoll;
            waiting.NextPoll = now + Interval;
            if (isTooFast || now >= waiting.Ends || !waiting.IsDecided || waiting.Account is not { } account)
            {
                return (isTooFast ? DeviceStanding.TooFast : now >= waiting.Ends ? DeviceStanding.Expired : waiting.IsDecided ? DeviceStanding.Denied : DeviceStanding.Pending, null, null);
            }

            _byId.Remove(id);
            var verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            return (DeviceStanding.Approved, codes.Issue(account, AuthorizeRules.ChatGpt.ClientId, redirectUri, LoginCodes.ChallengeOf(verifier), null), verifier);
        }
    }

    private sealed class Waiting(string userCode, DateTimeOffset ends)
    {
        public string UserCode { get; } = userCode;

        public DateTimeOffset Ends { get; } = ends;

        public DateTimeOffset NextPoll { get; set; }

        public bool IsDecided { get; set; }

        public SandboxAccount? Account { get; set; }
    }
}
