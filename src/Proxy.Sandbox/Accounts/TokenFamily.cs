namespace Proxy.Sandbox.Accounts;

/// <summary>How good an access token is.</summary>
internal enum TokenStanding
{
    Unknown,
    Good,
    Expired,
    Revoked,
}

/// <summary>What a token endpoint gives out.</summary>
internal sealed record TokenGrant(string Access, string Refresh, string Id, TimeSpan Lifetime);

/// <summary>
/// The tokens of one account over all generations. Refresh tokens rotate; using an old one revokes everything
/// (RFC 9700: reuse revokes the family). Guarded by its account's lock.
/// </summary>
internal sealed class TokenFamily(SandboxAccount owner)
{
    private readonly Dictionary<string, DateTimeOffset> _access = new(StringComparer.Ordinal);
    private readonly HashSet<string> _oldRefresh = new(StringComparer.Ordinal);
    private bool _revoked;
    private string? _graceToken;
    private bool _answerLost;

    public int Generation { get; private set; }

    public string Access { get; private set; } = string.Empty;

    public string Refresh { get; private set; } = string.Empty;

    public string Id { get; private set; } = string.Empty;

    public DateTimeOffset ExpiresAt => _access.GetValueOrDefault(Access);

    public void Start(DateTimeOffset expires)
    {
        _revoked = false;
        if (Refresh.Length > 0)
        {
            _oldRefresh.Add(Refresh);
        }

        Generation++;
        Refresh = $"sandbox-refresh-{owner.Name}-g{Generation}";
        Access = owner.Kind == SandboxAccountKind.ChatGpt ? UnsignedJwt.AccessToken(owner, Generation, expires) : $"sandbox-access-{owner.Name}-g{Generation}";
        Id = owner.Kind == SandboxAccountKind.ChatGpt ? UnsignedJwt.IdToken(owner, Generation, expires) : string.Empty;
        _access[Access] = expires;
    }

    public bool Knows(string refreshToken) => refreshToken == Refresh || _oldRefresh.Contains(refreshToken);

    public bool KnowsAccess(string accessToken) => _access.ContainsKey(accessToken);

    public TokenStanding StandingOf(string accessToken, DateTimeOffset now) =>
        !_access.TryGetValue(accessToken, out var expires) ? TokenStanding.Unknown
        : _revoked ? TokenStanding.Revoked
        : now >= expires ? TokenStanding.Expired
        : TokenStanding.Good;

    /// <summary>The next pair; null when the token is old (the family is revoked by that) or the family was revoked.</summary>
    public TokenGrant? Rotate(string refreshToken, DateTimeOffset expires, TimeSpan lifetime)
    {
        var forgiven = owner.LostAnswerGrace && _answerLost && refreshToken == _graceToken;
        if (_revoked || (refreshToken != Refresh && !forgiven))
        {
            _revoked = true;
            return null;
        }

        _answerLost = false;
        _graceToken = refreshToken;
        Start(expires);
        return new TokenGrant(Access, Refresh, Id, lifetime);
    }

    public void MarkAnswerLost() => _answerLost = true;

    public void Revoke() => _revoked = true;

    public void ExpireAll(DateTimeOffset now)
    {
        foreach (var token in _access.Keys.ToArray())
        {
            _access[token] = now;
        }
    }
}
