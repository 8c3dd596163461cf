using System.Collections.Concurrent;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Accounts;

/// <summary>One account of a simulated provider: its credential, quota and script. Thread-safe.</summary>
public sealed class SandboxAccount
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly QuotaWindow _fiveHours;
    private readonly QuotaWindow _sevenDays;
    private readonly TokenFamily _tokens;
    private readonly SortedDictionary<string, QuotaWindow> _models = new(StringComparer.Ordinal);
    private QuotaFigures? _frozen;
    private readonly ConcurrentDictionary<string, bool> _refusedModels = new(StringComparer.Ordinal);

    internal SandboxAccount(string name, SandboxAccountKind kind, TimeProvider time, TimeSpan tokenLifetime, double sharePerRequest)
    {
        Name = name;
        Kind = kind;
        Email = $"{name}@sandbox.example";
        AccountId = $"sandbox-account-{name}";
        _time = time;
        TokenLifetime = tokenLifetime;
        SharePerRequest = sharePerRequest;
        var now = time.GetUtcNow();
        _fiveHours = new QuotaWindow(TimeSpan.FromHours(5), now);
        _sevenDays = new QuotaWindow(TimeSpan.FromDays(7), now);
        _tokens = new TokenFamily(this);
        _tokens.Start(now + tokenLifetime);
    }

    /// <summary>For example <c>claude-1</c>; answers carry it as marker.</summary>
    public string Name { get; }

    /// <summary>Its provider.</summary>
    public SandboxAccountKind Kind { get; }

    /// <summary>A made-up address, at a reserved domain unless set; tokens name the one of the time of their making.</summary>
    public string Email { get; set; }

    /// <summary>ChatGPT: the workspace, which ChatGPT-Account-Id must carry. Claude: the account's uuid.</summary>
    public string AccountId { get; set; }

    /// <summary>Claude: the organization's uuid.</summary>
    public string OrganizationId { get; set; } = "sandbox-organization";

    /// <summary>The plan that headers and id_token name.</summary>
    public string Plan { get; set; } = "plus";

    /// <summary>API-key accounts: the key.</summary>
    public string ApiKey => $"sandbox-key-{Name}";

    /// <summary>The newest access token.</summary>
    public string AccessToken => Locked(() => _tokens.Access);

    /// <summary>The only refresh token that is good.</summary>
    public string RefreshToken => Locked(() => _tokens.Refresh);

    /// <summary>ChatGPT: the newest id_token.</summary>
    public string IdToken => Locked(() => _tokens.Id);

    /// <summary>1, and one more with every rotation.</summary>
    public int Generation => Locked(() => _tokens.Generation);

    /// <summary>When the newest access token stops being good.</summary>
    public DateTimeOffset ExpiresAt => Locked(() => _tokens.ExpiresAt);

    /// <summary>How long coming access tokens are good.</summary>
    public TimeSpan TokenLifetime { get; set; }

    /// <summary>After a rotation whose answer was cut off, the token before it is good once more. Off, as with the real ones.</summary>
    public bool LostAnswerGrace { get; set; }

    /// <summary>How far one served request moves the five-hour window; the weekly one moves a fifth of it. 0: unlimited.</summary>
    public double SharePerRequest { get; set; }

    /// <summary>Refuse clients that don't present themselves as the provider's own (design.md 13).</summary>
    public bool StrictIdentity { get; set; }

    /// <summary>ChatGPT: streams begin with a <c>codex.rate_limits</c> event.</summary>
    public bool RateLimitsEvents { get; set; }

    /// <summary>Scripted faults.</summary>
    public FaultScript Script { get; } = new();

    /// <summary>The five-hour window now.</summary>
    public SandboxQuota FiveHours => Locked(() => _fiveHours.Read(_time.GetUtcNow()));

    /// <summary>The weekly window now.</summary>
    public SandboxQuota SevenDays => Locked(() => _sevenDays.Read(_time.GetUtcNow()));

    /// <summary>False: the plan has no five-hour window, only the weekly one (ChatGPT: then that is the primary one).</summary>
    public bool HasFiveHours { get; set; } = true;

    /// <summary>All windows now.</summary>
    public QuotaFigures Figures => Locked(ReadFigures);

    /// <summary>What the usage endpoint tells: <see cref="Figures"/>, unless they were frozen.</summary>
    public QuotaFigures UsageFigures => Locked(() => _frozen ?? ReadFigures());

    /// <summary>Requests served with an ordinary answer.</summary>
    public long Served => Interlocked.Read(ref _served);

    private long _served;

    /// <summary>Sets a window's used share, and its reset time if given.</summary>
    public void SetQuota(SandboxWindow window, double used, DateTimeOffset? resetsAt = null)
    {
        lock (_gate)
        {
            (window == SandboxWindow.FiveHours ? _fiveHours : _sevenDays).Set(used, resetsAt);
        }
    }

    /// <summary>Gives a family of models (<c>opus</c>; at ChatGPT a model) a weekly window of its own, or sets it.</summary>
    public void SetModelQuota(string family, double used, DateTimeOffset? resetsAt = null)
    {
        lock (_gate)
        {
            if (!_models.TryGetValue(family, out var window))
            {
                _models[family] = window = new QuotaWindow(TimeSpan.FromDays(7), _time.GetUtcNow());
            }

            window.Set(used, resetsAt);
        }
    }

    /// <summary>From now on the usage endpoint tells what it would tell now; a second call lets it tell the truth again.</summary>
    public void FreezeUsage(bool isFrozen = true)
    {
        lock (_gate)
        {
            _frozen = isFrozen ? ReadFigures() : null;
        }
    }

    /// <summary>Nothing left in a window until the given time.</summary>
    public void ExhaustQuota(SandboxWindow window, DateTimeOffset resetsAt) => SetQuota(window, 1, resetsAt);

    /// <summary>This account doesn't have the model.</summary>
    public void RefuseModel(string model) => _refusedModels[model] = true;

    /// <summary>Takes a <see cref="RefuseModel"/> back.</summary>
    public void AllowModel(string model) => _refusedModels.TryRemove(model, out _);

    /// <summary>Every access token given out so far has expired; the refresh token stays good.</summary>
    public void ExpireAccessToken()
    {
        lock (_gate)
        {
            _tokens.ExpireAll(_time.GetUtcNow());
        }
    }

    /// <summary>Nothing works any more until a new login: all tokens are revoked.</summary>
    public void RevokeTokens()
    {
        lock (_gate)
        {
            _tokens.Revoke();
        }
    }

    /// <summary>A new, good pair as after a fresh login.</summary>
    public void LogIn()
    {
        lock (_gate)
        {
            _tokens.Start(_time.GetUtcNow() + TokenLifetime);
        }
    }

    /// <summary>Writes its credential in CLIProxyAPI's format (spec/accounts.md 1.5), 0600, and returns the path.</summary>
    /// <param name="directory">Created 0700 when missing.</param>
    /// <param name="expired">The expiry written; null: the true one.</param>
    /// <exception cref="InvalidOperationException">It is an API-key account.</exception>
    public string WriteAuthFile(string directory, DateTimeOffset? expired = null) => AuthFile.Write(this, directory, expired, _time.GetUtcNow());

    internal bool Refuses(string model) => _refusedModels.ContainsKey(model);

    internal TokenStanding StandingOf(string accessToken) => Locked(() => _tokens.StandingOf(accessToken, _time.GetUtcNow()));

    internal bool KnowsRefreshToken(string token) => Locked(() => _tokens.Knows(token));

    internal bool KnowsAccessToken(string token) => Locked(() => _tokens.KnowsAccess(token));

    internal TokenGrant? Rotate(string refreshToken) =>
        Locked(() => _tokens.Rotate(refreshToken, _time.GetUtcNow() + TokenLifetime, TokenLifetime));

    internal TokenGrant Grant() => Locked(() =>
    {
        _tokens.Start(_time.GetUtcNow() + TokenLifetime);
        return new TokenGrant(_tokens.Access, _tokens.Refresh, _tokens.Id, TokenLifetime);
    });

    internal void MarkAnswerLost()
    {
        lock (_gate)
        {
            _tokens.MarkAnswerLost();
        }
    }

    /// <summary>Moves the windows by one request for that model.</summary>
    internal void Use(string model)
    {
        Interlocked.Increment(ref _served);
        if (SharePerRequest <= 0)
        {
            return;
        }

        lock (_gate)
        {
            var now = _time.GetUtcNow();
            _fiveHours.Use(SharePerRequest, now);
            _sevenDays.Use(SharePerRequest / 5, now);
            foreach (var (family, window) in _models)
            {
                if (QuotaFigures.IsOf(family, model))
                {
                    window.Use(SharePerRequest / 5, now);
                }
            }
        }
    }

    internal void Reset()
    {
        Script.Clear();
        _refusedModels.Clear();
        StrictIdentity = false;
        RateLimitsEvents = false;
        HasFiveHours = true;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            _fiveHours.Set(0, now + TimeSpan.FromHours(5));
            _sevenDays.Set(0, now + TimeSpan.FromDays(7));
            _models.Clear();
            _frozen = null;
        }
    }

    private QuotaFigures ReadFigures()
    {
        var now = _time.GetUtcNow();
        return new QuotaFigures(
            HasFiveHours ? _fiveHours.Read(now) : null,
            _sevenDays.Read(now),
            [.. _models.Select(m => KeyValuePair.Create(m.Key, m.Value.Read(now)))],
            Plan);
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
