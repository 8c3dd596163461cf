namespace Proxy.Protocol.Quota;

/// <summary>
/// ChatGPT's <c>x-codex-*</c> headers: <c>{primary,secondary}-{used-percent,window-minutes,reset-at,reset-after-seconds}</c>
/// of the account, the same behind <c>&lt;limit&gt;-</c> for a model with a limit of its own, whose name stands in
/// <c>&lt;limit&gt;-limit-name</c>, and <c>active-limit</c>, the limit that the request went by (so Codex reads them, too).
/// A window with length and share 0 is one that the plan does not have. Left aside on purpose:
/// <c>primary-over-secondary-limit-percent</c>, <c>promo-message</c>, and the balance of credits: only that there are any counts.
/// </summary>
internal sealed class CodexHeaders
{
    public const string Prefix = "x-codex-";

    private const int MaxLimits = 16;
    private static readonly string[] Measures = ["-used-percent", "-window-minutes", "-reset-at", "-reset-after-seconds"];

    private readonly List<Limit> _limits = [];
    private string? _plan;
    private bool _hasCredits;
    private bool _isUnlimited;

    /// <summary>The limit that the request went by, in lower case with hyphens; null for the account's own or when it is not told.</summary>
    public string? ActiveLimit { get; private set; }

    /// <summary>Takes one header; its name without the prefix.</summary>
    public void Take(ReadOnlySpan<char> name, string value)
    {
        if (name.Equals("plan-type", StringComparison.OrdinalIgnoreCase))
        {
            _plan = value.Length is > 0 and <= 64 ? value : null;
        }
        else if (name.Equals("active-limit", StringComparison.OrdinalIgnoreCase))
        {
            ActiveLimit = LimitOf(value);
        }
        else if (name.Equals("credits-has-credits", StringComparison.OrdinalIgnoreCase))
        {
            _hasCredits = IsTrue(value);
        }
        else if (name.Equals("credits-unlimited", StringComparison.OrdinalIgnoreCase))
        {
            _isUnlimited = IsTrue(value);
        }
        else if (name.EndsWith("-limit-name", StringComparison.OrdinalIgnoreCase))
        {
            Of(name[..^"-limit-name".Length])?.Name = WindowNames.Bucket(value);
        }
        else
        {
            TakeMeasure(name, value);
        }
    }

    /// <summary>What they say together; null when nothing.</summary>
    public QuotaReading? Read(DateTimeOffset now)
    {
        var windows = new List<QuotaWindow>(2);
        foreach (var limit in _limits)
        {
            CodexWindows.Add(windows, limit.Primary, isPrimary: true, limit.Model, _hasCredits || _isUnlimited, now);
            CodexWindows.Add(windows, limit.Secondary, isPrimary: false, limit.Model, _hasCredits || _isUnlimited, now);
        }

        // Both windows of the account come with every answer; one that is missing is none of its plan's.
        return windows.Count == 0 ? null : new QuotaReading(now, windows)
        {
            Source = QuotaSource.Headers,
            Plan = _plan,
            IsWhole = windows.Exists(static w => w.Model is null),
        };
    }

    /// <summary>The model that a limit is for; null for the account's own, and for one that no header measures: who knows what it is.</summary>
    public string? ModelOf(string? limit) => limit is null ? null : _limits.Find(l => l.Id == limit)?.Model;

    /// <summary>An id of a limit as it stands in headers: <c>codex_bengalfox</c> is <c>bengalfox</c>; the account's own is null.</summary>
    public static string? LimitOf(string? id)
    {
        var limit = WindowNames.Bucket(id);
        limit = limit is not null && limit.StartsWith("codex-", StringComparison.Ordinal) ? limit["codex-".Length..] : limit;
        return limit is "codex" or "primary" or "secondary" or "premium" or "" ? null : limit;
    }

    private void TakeMeasure(ReadOnlySpan<char> name, string value)
    {
        for (var i = 0; i < Measures.Length; i++)
        {
            if (!name.EndsWith(Measures[i], StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var slot = name[..^Measures[i].Length];
            var isPrimary = slot.EndsWith("primary", StringComparison.OrdinalIgnoreCase);
            if (!isPrimary && !slot.EndsWith("secondary", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }

            var id = slot[..^(isPrimary ? "primary".Length : "secondary".Length)];
            if ((id.Length == 0 || id[^1] == '-') && Of(id.Length == 0 ? id : id[..^1]) is { } limit)
            {
                var measures = isPrimary ? limit.Primary : limit.Secondary;
                measures[i] = QuotaNumbers.Number(value);
            }

            return;
        }
    }

    private Limit? Of(ReadOnlySpan<char> id)
    {
        foreach (var known in _limits)
        {
            if (id.Equals(known.Id, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        var name = id.Length == 0 ? null : WindowNames.Bucket(id);
        if ((name is null && id.Length > 0) || _limits.Count >= MaxLimits)
        {
            return null;
        }

        var limit = new Limit(name ?? string.Empty);
        _limits.Add(limit);
        return limit;
    }

    private static bool IsTrue(string value) => value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private sealed class Limit(string id)
    {
        public string Id => id;

        public string? Name { get; set; }

        public string? Model => id.Length == 0 ? null : Name ?? id;

        public double?[] Primary { get; } = new double?[4];

        public double?[] Secondary { get; } = new double?[4];
    }
}
