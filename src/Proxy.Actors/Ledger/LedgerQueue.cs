using System.Collections.Concurrent;
using System.Threading.Channels;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;

namespace Proxy.Actors.Ledger;

/// <summary>What waits to be written: a bounded number of usage rows, and the newest state of each account. Thread-safe; never waits.</summary>
internal sealed class LedgerQueue(int capacity = 10_000, int batch = 200) : IUsageSink, IAccountStateStore
{
    private readonly Channel<UsageRow> _rows = Channel.CreateBounded<UsageRow>(new BoundedChannelOptions(capacity) { SingleReader = true });
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> _full = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<AccountId, string> _states = new();
    private readonly ConcurrentDictionary<AccountId, bool> _dirty = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, TaskCompletionSource> _unwritten = [];
    private long _dropped;
    private volatile bool _isComplete;
    private volatile LedgerOptions _options = new();

    /// <summary>Rows that did not fit.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>What is recorded and for how long; may change while the proxy runs.</summary>
    public LedgerOptions Options
    {
        get => _options;
        set => _options = value;
    }

    public int WaitingRows => _rows.Reader.Count;

    public bool HasDirtyStates => !_dirty.IsEmpty;

    public bool IsComplete => _isComplete;

    /// <inheritdoc />
    public void Record(UsageRow row)
    {
        if (!_options.Enabled)
        {
            return;
        }

        if (!_rows.Writer.TryWrite(row))
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        _bell.Writer.TryWrite(true);
        if (_rows.Reader.Count >= batch)
        {
            _full.Writer.TryWrite(true);
        }
    }

    /// <inheritdoc />
    public string? Load(AccountId account) => _states.GetValueOrDefault(account);

    /// <inheritdoc />
    public void Save(AccountId account, string json)
    {
        lock (_gate)
        {
            _states[account] = json;
            _dirty[account] = true;
            _unwritten.TryAdd(account, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        _bell.Writer.TryWrite(true);
    }

    /// <summary>Completes when the state that the account handed over last is in the database.</summary>
    public Task WhenWrittenAsync(AccountId account)
    {
        lock (_gate)
        {
            return _unwritten.TryGetValue(account, out var waiting) ? waiting.Task : Task.CompletedTask;
        }
    }

    /// <summary>These states are in the database.</summary>
    public void Written(IEnumerable<KeyValuePair<AccountId, string>> states)
    {
        lock (_gate)
        {
            foreach (var (account, _) in states)
            {
                if (!_dirty.ContainsKey(account) && _unwritten.Remove(account, out var waiting))
                {
                    waiting.SetResult();
                }
            }
        }
    }

    /// <summary>What the database held at start; newer saves win.</summary>
    public void Fill(Dictionary<AccountId, string> states)
    {
        foreach (var (account, json) in states)
        {
            _states.TryAdd(account, json);
        }
    }

    /// <summary>Takes no more; what is there is still to be taken out.</summary>
    public void Complete()
    {
        _isComplete = true;
        _rows.Writer.TryComplete();
        _bell.Writer.TryComplete();
        _full.Writer.TryComplete();
    }

    /// <summary>Waits until there is something to write, or never will be.</summary>
    public async Task WaitAsync()
    {
        if (await _bell.Reader.WaitToReadAsync())
        {
            _bell.Reader.TryRead(out _);
        }
    }

    /// <summary>Waits until a whole batch is there, the queue is complete or <paramref name="wait"/> is over.</summary>
    public async Task WaitForBatchAsync(TimeSpan wait, TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        await Task.WhenAny(_full.Reader.WaitToReadAsync(stop.Token).AsTask(), Task.Delay(wait, time, stop.Token));
        await stop.CancelAsync();
        _full.Reader.TryRead(out _);
    }

    public List<UsageRow> TakeRows()
    {
        var rows = new List<UsageRow>();
        while (rows.Count < batch && _rows.Reader.TryRead(out var row))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Takes the changed states that <paramref name="isDue"/> lets through.</summary>
    public List<KeyValuePair<AccountId, string>> TakeStates(Func<AccountId, bool> isDue)
    {
        var states = new List<KeyValuePair<AccountId, string>>();
        foreach (var account in _dirty.Keys)
        {
            if (isDue(account) && _dirty.TryRemove(account, out _) && _states.TryGetValue(account, out var json))
            {
                states.Add(new(account, json));
            }
        }

        return states;
    }

    /// <summary>They could not be written: again later, unless newer ones came.</summary>
    public void GiveBack(IEnumerable<KeyValuePair<AccountId, string>> states)
    {
        foreach (var (account, _) in states)
        {
            _dirty.TryAdd(account, true);
        }
    }
}
