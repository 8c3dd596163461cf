using System.Globalization;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Models;

namespace Proxy.Host.Usage;

/// <summary>Makes a report of the ledger: one pass over the span, everything summed up on the way.</summary>
internal sealed class UsageReporter(UsageQuestion question, PriceTable prices)
{
    private const string Unknown = "unknown";

    private readonly UsageTally _total = new(string.Empty);
    private readonly Dictionary<string, UsageTally>[] _tallies = [.. question.By.Select(_ => new Dictionary<string, UsageTally>(StringComparer.Ordinal))];
    private readonly Dictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _unpriced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _clients = new(StringComparer.Ordinal);

    /// <summary>Reads the file and answers the question.</summary>
    /// <param name="file">The ledger; null when there is none yet.</param>
    /// <param name="question">The question.</param>
    /// <param name="prices">What tokens cost.</param>
    /// <param name="clientKeys">The configured keys of clients: the ledger has digests of them, and a person knows them by their place in the list.</param>
    /// <exception cref="UsageFileException">The file is damaged.</exception>
    public static UsageReport Answer(UsageFile? file, UsageQuestion question, PriceTable prices, IReadOnlyList<string> clientKeys)
    {
        var reporter = new UsageReporter(question, prices);
        var labels = file?.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal);
        if (file is not null)
        {
            reporter.NameKeys(file, clientKeys);
            foreach (var entry in file.Read(question.From, question.To))
            {
                reporter.Add(entry, labels);
            }
        }

        return reporter.Report(labels);
    }

    private void NameKeys(UsageFile file, IReadOnlyList<string> keys)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            if (file.DigestOfKey(keys[i]) is { } digest)
            {
                _clients.TryAdd(digest, string.Create(CultureInfo.InvariantCulture, $"key {i + 1}"));
            }
        }
    }

    private void Add(UsageEntry entry, IReadOnlyDictionary<string, string> labels)
    {
        if (!IsAsked(entry, labels))
        {
            return;
        }

        var price = prices.Find(entry.Model, entry.Time);
        if (price is null && entry.Usage.TotalInput + (entry.Usage.Output ?? 0) > 0)
        {
            _unpriced.Add(entry.Model);
        }

        if (entry.Failure is { } failure)
        {
            _failures[failure] = _failures.GetValueOrDefault(failure) + 1;
        }

        _total.Add(entry, price);
        for (var i = 0; i < _tallies.Length; i++)
        {
            var key = KeyOf(question.By[i], entry);
            if (!_tallies[i].TryGetValue(key, out var tally))
            {
                _tallies[i].Add(key, tally = new UsageTally(key));
            }

            tally.Add(entry, price);
        }
    }

    private bool IsAsked(UsageEntry entry, IReadOnlyDictionary<string, string> labels) =>
        (question.Model is not { } model || entry.Model.Contains(model, StringComparison.OrdinalIgnoreCase))
        && (question.Account is not { } account || entry.Account == account || (labels.TryGetValue(entry.Account, out var label) && label.Contains(account, StringComparison.OrdinalIgnoreCase)));

    private string KeyOf(UsageBy by, UsageEntry entry) => by switch
    {
        UsageBy.Day => TimeZoneInfo.ConvertTime(entry.Time, question.Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        UsageBy.Account => entry.Account,
        UsageBy.Model => entry.Model,
        UsageBy.Session => entry.Session ?? Unknown,
        _ => $"{entry.Client ?? Unknown}{(entry.ClientKey is { } key ? $" {key}" : string.Empty)}",
    };

    private UsageReport Report(IReadOnlyDictionary<string, string> labels) => new(
        question.From,
        question.To,
        question.Zone.Id,
        _total.ToLine("total"),
        [.. _tallies.Select((t, i) => new UsageTable(question.By[i], [.. Ordered(question.By[i], t.Select(l => l.Value.ToLine(NameOf(question.By[i], l.Key, labels))))]))],
        [.. _failures.OrderByDescending(f => f.Value).ThenBy(f => f.Key, StringComparer.Ordinal).Select(f => new FailureCount(f.Key, f.Value))],
        [.. _unpriced]);

    private string NameOf(UsageBy by, string key, IReadOnlyDictionary<string, string> labels)
    {
        if (by == UsageBy.Account)
        {
            return labels.TryGetValue(key, out var label) && label != key ? $"{label} ({key})" : key;
        }

        return by == UsageBy.Client && key.Split(' ') is [var program, var digest] ? $"{program} ({_clients.GetValueOrDefault(digest, digest)})" : key;
    }

    private static IEnumerable<UsageLine> Ordered(UsageBy by, IEnumerable<UsageLine> lines) => by switch
    {
        UsageBy.Day => lines.OrderBy(l => l.Key, StringComparer.Ordinal),
        UsageBy.Session => lines.OrderByDescending(l => l.Last).ThenBy(l => l.Key, StringComparer.Ordinal),
        _ => lines.OrderByDescending(l => l.ApiPrice ?? 0).ThenByDescending(l => l.Requests).ThenBy(l => l.Key, StringComparer.Ordinal),
    };
}
