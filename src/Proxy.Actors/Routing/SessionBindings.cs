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
            Touch(node, node.Value with { Account = account, LastUsed = now, HasMoved = node.Value.HasMoved || node.Value.Account != account });
            return;
        }

        Trim(max - 1);
        _byKey[(session, provider)] = _byUse.AddLast(new Binding(session, provider, account, now, HasMoved: false, HasForeignReasoning: false));
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
/// <param name="HasMoved">It was served by another account of this provider before: encrypted reasoning of that one is in its history.</param>
/// <param name="HasForeignReasoning">An upstream said so.</param>
internal readonly record struct Binding(string Session, string Provider, AccountId Account, DateTimeOffset LastUsed, bool HasMoved, bool HasForeignReasoning);
