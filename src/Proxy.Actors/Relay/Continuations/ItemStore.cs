namespace Proxy.Actors.Relay.Continuations;

/// <summary>
/// Output items of finished answers, by client key and item id, so that a client may name them in its next request. No
/// client can name what another one was told. Bounded in bytes and time: what was not used for longest goes first.
/// Thread-safe.
/// </summary>
/// <remarks>
/// One lock, held for a few dictionary operations. Only requests that keep or name items come here; the streams of
/// clients that say <c>store:false</c> never do.
/// </remarks>
/// <param name="time">The one clock.</param>
/// <param name="limit">In bytes, ids and bookkeeping counted in.</param>
internal sealed class ItemStore(TimeProvider time, long limit = ItemStore.DefaultLimit)
{
    /// <summary>In bytes.</summary>
    public const long DefaultLimit = 64L * 1024 * 1024;

    /// <summary>About what an entry costs beside its item and id: node, key and table, in bytes.</summary>
    private const int Overhead = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Client, string Id), LinkedListNode<Entry>> _entries = [];

    /// <summary>Used last, first.</summary>
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>How long an item is kept after it was made or last named.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromHours(1);

    /// <summary>Bytes kept.</summary>
    public long Size { get; private set; }

    /// <summary>Items kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Keeps an item. A later one of the same id takes its place; one that is larger than everything may be is not kept.</summary>
    /// <param name="clientKey">A digest of the client's key; null = it showed none.</param>
    /// <param name="id">The item's id.</param>
    /// <param name="item">The item; its memory is the store's from now on.</param>
    public void Keep(string? clientKey, string id, KeptItem item)
    {
        var entry = new Entry((clientKey ?? string.Empty, id), item, item.Json.Length + (2L * id.Length) + Overhead, time.GetTimestamp());
        lock (_gate)
        {
            RemoveExpired();
            if (_entries.TryGetValue(entry.Key, out var former))
            {
                Remove(former);
            }

            if (entry.Size > limit)
            {
                return;
            }

            _entries.Add(entry.Key, _byUse.AddFirst(entry));
            Size += entry.Size;
            while (Size > limit)
            {
                Remove(_byUse.Last!);
            }
        }
    }

    /// <summary>The item of that client and id; null when there is none any more. It is kept anew for its whole lifetime.</summary>
    public KeptItem? Find(string? clientKey, string id)
    {
        lock (_gate)
        {
            RemoveExpired();
            if (!_entries.TryGetValue((clientKey ?? string.Empty, id), out var node))
            {
                return null;
            }

            node.Value = node.Value with { UsedAt = time.GetTimestamp() };
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Item;
        }
    }

    private void RemoveExpired()
    {
        while (_byUse.Last is { } oldest && time.GetElapsedTime(oldest.Value.UsedAt) >= Lifetime)
        {
            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        Size -= node.Value.Size;
    }

    private sealed record Entry((string Client, string Id) Key, KeptItem Item, long Size, long UsedAt);
}
