using Proxy.Actors.Accounts;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Models;

namespace Proxy.Host.Usage;

/// <summary>Sums up the attempts of one line.</summary>
internal sealed class UsageTally(string key)
{
    private readonly List<long> _firstBytes = [];
    private readonly List<long> _totals = [];
    private long _requests;
    private long _attempts;
    private long _failed;
    private long _cancelled;
    private long _counts;
    private long _uncached;
    private long _read;
    private long _written;
    private long _output;
    private long _reasoning;
    private decimal _price;
    private bool _hasPrice;
    private bool _lacksPrice;
    private DateTimeOffset? _first;

    /// <summary>When its last attempt ended.</summary>
    public DateTimeOffset? Last { get; private set; }

    /// <summary>Adds one; <paramref name="price"/> is null for a model without.</summary>
    public void Add(UsageEntry entry, ModelPrice? price)
    {
        _first ??= entry.Time;
        Last = entry.Time;
        if (entry.Purpose == nameof(Purpose.CountTokens))
        {
            _counts += entry.Attempt == 1 ? 1 : 0;
            return;
        }

        _attempts++;
        _requests += entry.Attempt == 1 ? 1 : 0;
        _failed += entry.Failure is null ? 0 : 1;
        _cancelled += entry.IsCancelled ? 1 : 0;
        AddTokens(entry, price);
        if (entry.Failure is null && !entry.IsCancelled)
        {
            _totals.Add(entry.Total);
            if (entry.FirstByte is { } first)
            {
                _firstBytes.Add(first);
            }
        }
    }

    /// <summary>The line.</summary>
    public UsageLine ToLine(string name)
    {
        var input = _uncached + _read + _written;
        return new UsageLine
        {
            Key = key,
            Name = name,
            Requests = _requests,
            Attempts = _attempts,
            Failed = _failed,
            Cancelled = _cancelled,
            TokenCounts = _counts,
            UncachedInput = _uncached,
            CacheRead = _read,
            CacheWrite = _written,
            Output = _output,
            Reasoning = _reasoning,
            CacheHitRatio = input == 0 ? null : Math.Round((double)_read / input, 4),
            ApiPrice = _lacksPrice && !_hasPrice ? null : Math.Round(_price, 6),
            IsPricePartial = _lacksPrice && _hasPrice,
            FirstByteMs = Of(_firstBytes),
            TotalMs = Of(_totals),
            First = _first,
            Last = Last,
        };
    }

    private static Percentiles? Of(List<long> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        values.Sort();
        return new Percentiles(Rank(0.5), Rank(0.95));

        // Nearest rank: a time that was really measured.
        long Rank(double share) => values[Math.Max(0, (int)Math.Ceiling(share * values.Count) - 1)];
    }

    private void AddTokens(UsageEntry entry, ModelPrice? price)
    {
        var usage = entry.Usage;
        _uncached += usage.UncachedInput ?? 0;
        _read += usage.CacheRead ?? 0;
        _written += usage.CacheWrite ?? 0;
        _output += usage.Output ?? 0;
        _reasoning += usage.Reasoning ?? 0;
        if (usage.TotalInput + (usage.Output ?? 0) == 0)
        {
            return;
        }

        _hasPrice |= price is not null;
        _lacksPrice |= price is null;
        _price += price?.Of(usage) ?? 0;
    }
}
