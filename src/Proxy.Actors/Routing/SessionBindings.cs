using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>
/// Which account a session is served by, per provider: least recently used first out, forgotten after an idle time
/// (spec/user-demands.md 20, 21). Not thread-safe.
/// </summary>
internal sealed class SessionBindings
{
    private readonly Dictionary<(string Session, string Provider), LinkedListNode<Binding>> _byKey = [];
    private readonly LinkedList<Binding> _byUse = new();

    public int Count => _byKey.Count;

    /// <summary>The live binding; null when there is none. Counts as a use.</summary>
    public Binding? Find(string session, string provider, DateTimeOffset now, TimeSpan ttl)
    {
        if (!_byKey.TryGetValue((session, provider), out var node))
        {
            return null;
        }

        if (node.Value.LastUsed + ttl <= now)
        {
            Remove(node);
            return null;
        }

        Touch(node, node.Value with { LastUsed = now });
        return node.Value;
    }

    /// <summary>Binds the session to <paramref name="account"/>, out of its former binding if it had one.</summary>
    public void Bind(string session, string provider, AccountId account, DateTimeOffset now, int max)
    {
        if (_byKey.TryGetValue((session, provider), out var node))
        {
            var moves = node.Value.Served is { } before && before != account;
            Touch(node, node.Value with { Served = account, Reserved = null, LastUsed = now, HasMoved = node.Value.HasMoved || moves });
            return;
        }

        Add(new Binding(session, provider, account, null, now), max);
    }

    /// <summary>The session was asked for at <paramref name="account"/>: requests of it that come before the answer follow.</summary>
    public void Reserve(string session, string provider, AccountId account, DateTimeOffset now, int max)
    {
        if (_byKey.TryGetValue((session, provider), out var node))
        {
            Touch(node, node.Value with { Reserved = account, LastUsed = now });
            return;
        }

        Add(new Binding(session, provider, null, account, now), max);
    }

    /// <summary>Another account of the provider served one request of the session, which stays where it is.</summary>
    public void NoteVisit(string session, string provider)
    {
        if (_byKey.TryGetValue((session, provider), out var node))
        {
            node.Value = node.Value with { HasMoved = true };
        }
    }

    /// <summary>Notes that the session's history holds reasoning that its account refuses.</summary>
    public void MarkForeignReasoning(string session, string provider)
    {
        if (_byKey.TryGetValue((session, provider), out var node))
        {
            node.Value = node.Value with { HasForeignReasoning = true };
        }
    }

    /// <summary>Drops the least recently used down to <paramref name="max"/>.</summary>
    public void Trim(int max)
    {
        while (_byKey.Count > Math.Max(max, 0))
        {
            Remove(_byUse.First!);
        }
    }

    private void Add(Binding binding, int max)
    {
        Trim(max - 1);
        _byKey[(binding.Session, binding.Provider)] = _byUse.AddLast(binding);
    }

    private void Touch(LinkedListNode<Binding> node, Binding binding)
    {
        node.Value = binding;
        _byUse.Remove(node);
        _byUse.AddLast(node);
    }

    private void Remove(LinkedListNode<Binding> node)
    {
        _byKey.Remove((node.Value.Session, node.Value.Provider));
        _byUse.Remove(node);
    }
}

/// <summary>A session's account.</summary>
/// <param name="Session">The session.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Served">The account that serves it; null before the first lease.</param>
/// <param name="Reserved">The account that was asked for its next lease, when that is another one.</param>
/// <param name="LastUsed">When it was last looked for.</param>
internal readonly record struct Binding(string Session, string Provider, AccountId? Served, AccountId? Reserved, DateTimeOffset LastUsed)
{
    /// <summary>Where its next request goes.</summary>
    public AccountId Account => Reserved ?? Served ?? default;

    /// <summary>Another account of this provider served it too: encrypted reasoning of that one is in its history.</summary>
    public bool HasMoved { get; init; }

    /// <summary>An upstream said so.</summary>
    public bool HasForeignReasoning { get; init; }
}
