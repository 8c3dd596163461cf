using System.Collections.Concurrent;

namespace Proxy.Sandbox.Accounts;

/// <summary>The accounts of the simulated providers, by name. Thread-safe.</summary>
public sealed class SandboxAccounts
{
    private readonly ConcurrentDictionary<string, SandboxAccount> _accounts = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly TimeSpan _tokenLifetime;
    private readonly double _sharePerRequest;

    internal SandboxAccounts(TimeProvider time, TimeSpan tokenLifetime, double sharePerRequest)
    {
        _time = time;
        _tokenLifetime = tokenLifetime;
        _sharePerRequest = sharePerRequest;
    }

    /// <summary>All accounts, by name.</summary>
    public IReadOnlyList<SandboxAccount> All => [.. _accounts.Values.OrderBy(a => a.Name, StringComparer.Ordinal)];

    /// <summary>The account of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public SandboxAccount this[string name] =>
        _accounts.TryGetValue(name, out var account) ? account : throw new KeyNotFoundException($"The sandbox has no account '{name}'.");

    /// <summary>Adds a Claude subscription.</summary>
    public SandboxAccount AddClaude(string name) => Add(name, SandboxAccountKind.ClaudeOAuth);

    /// <summary>Adds an Anthropic API key.</summary>
    public SandboxAccount AddClaudeKey(string name) => Add(name, SandboxAccountKind.ClaudeKey);

    /// <summary>Adds a ChatGPT subscription.</summary>
    public SandboxAccount AddChatGpt(string name) => Add(name, SandboxAccountKind.ChatGpt);

    /// <summary>Adds a key of the compatible server.</summary>
    public SandboxAccount AddCompatible(string name) => Add(name, SandboxAccountKind.Compatible);

    /// <summary>The account of that name; null when there is none.</summary>
    public SandboxAccount? Find(string name) => _accounts.GetValueOrDefault(name);

    internal SandboxAccount? ByAccessToken(string token) => _accounts.Values.FirstOrDefault(a => a.KnowsAccessToken(token));

    internal SandboxAccount? ByRefreshToken(string token) => _accounts.Values.FirstOrDefault(a => a.KnowsRefreshToken(token));

    internal SandboxAccount? ByKey(string key, SandboxAccountKind kind) =>
        _accounts.Values.FirstOrDefault(a => a.Kind == kind && a.ApiKey == key);

    private SandboxAccount Add(string name, SandboxAccountKind kind)
    {
        var account = new SandboxAccount(name, kind, _time, _tokenLifetime, _sharePerRequest);
        return _accounts.TryAdd(name, account) ? account : throw new ArgumentException($"The sandbox has an account '{name}' already.", nameof(name));
    }
}
