namespace Proxy.Protocol.Quota;

/// <summary>
/// Anthropic's <c>anthropic-ratelimit-unified-*</c> headers of subscriptions. Every <c>&lt;window&gt;-status</c>,
/// <c>-reset</c> and <c>-utilization</c> is read, also of windows that nobody has seen yet, as long as their name begins
/// with a length (<c>5h</c>, <c>7d</c>, <c>7d_opus</c>).
/// <para>
/// Used besides: <c>status</c> and <c>reset</c> (the whole), and <c>representative-claim</c>, which names the window that
/// the whole goes by: it tells the window of a refusal that no window owns up to. Left aside on purpose: <c>fallback*</c>
/// (what the provider would offer instead), <c>*-surpassed-threshold</c> (a warning), and <c>overage-*</c>: paid use
/// beyond the plan. Its <c>rejected</c> only says that there is none, and comes with answers that are served.
/// </para>
/// </summary>
internal sealed class UnifiedHeaders
{
    public const string Prefix = "anthropic-ratelimit-unified-";

    private const int MaxWindows = 16;
    private readonly List<Told> _told = [];
    private string? _status;
    private string? _reset;
    private string? _claim;

    /// <summary>Takes one header; its name without the prefix.</summary>
    public void Take(ReadOnlySpan<char> name, string value)
    {
        if (name.Equals("status", StringComparison.OrdinalIgnoreCase))
        {
            _status = value;
        }
        else if (name.Equals("reset", StringComparison.OrdinalIgnoreCase))
        {
            _reset = value;
        }
        else if (name.Equals("representative-claim", StringComparison.OrdinalIgnoreCase))
        {
            _claim = value;
        }
        else if (name.LastIndexOf('-') is > 0 and var at && WindowNames.TryParse(name[..at], out var length, out var bucket))
        {
            var what = name[(at + 1)..];
            if (what.Equals("status", StringComparison.OrdinalIgnoreCase))
            {
                Of(length, bucket)?.Status = value;
            }
            else if (what.Equals("reset", StringComparison.OrdinalIgnoreCase))
            {
                Of(length, bucket)?.Reset = value;
            }
            else if (what.Equals("utilization", StringComparison.OrdinalIgnoreCase))
            {
                Of(length, bucket)?.Used = value;
            }
        }
    }

    /// <summary>What they say together; null when nothing.</summary>
    public QuotaReading? Read(DateTimeOffset now)
    {
        var windows = new List<QuotaWindow>(_told.Count);
        foreach (var told in _told)
        {
            windows.Add(new QuotaWindow(WindowNames.Of(told.Length), Share(told.Used), QuotaNumbers.Time(told.Reset), Is(told.Status, "rejected"), told.Length, told.Bucket)
            {
                IsAllowed = told.Status is { } status && status.StartsWith("allowed", StringComparison.OrdinalIgnoreCase),
            });
        }

        if (Is(_status, "rejected") && !windows.Exists(static w => w.IsRejected))
        {
            Blame(windows, QuotaNumbers.Time(_reset));
        }

        return windows.Count == 0 ? null : new QuotaReading(now, windows) { Source = QuotaSource.Headers, IsRefusal = Is(_status, "rejected") };
    }

    // No window owns up to the refusal: the one that the claim names, or else one without a name, for the whole account.
    private void Blame(List<QuotaWindow> windows, DateTimeOffset? reset)
    {
        if (UsageAnswers.ParseWords(_claim) is not var (length, bucket))
        {
            windows.Add(new QuotaWindow(WindowNames.Unified, null, reset, IsRejected: true, null, null));
            return;
        }

        var name = WindowNames.Of(length);
        var at = windows.FindIndex(w => w.Name == name && w.Model == bucket);
        var blamed = at < 0 ? new QuotaWindow(name, null, reset, IsRejected: true, length, bucket) : windows[at] with { IsRejected = true, IsAllowed = false, ResetsAt = windows[at].ResetsAt ?? reset };
        if (at < 0)
        {
            windows.Add(blamed);
        }
        else
        {
            windows[at] = blamed;
        }
    }

    private Told? Of(TimeSpan length, string? bucket)
    {
        var told = _told.Find(t => t.Length == length && t.Bucket == bucket);
        if (told is null && _told.Count < MaxWindows)
        {
            _told.Add(told = new Told(length, bucket));
        }

        return told;
    }

    private static bool Is(string? status, string word) => string.Equals(status, word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Utilisation comes as a share (0.42); a number above 2 can only be a percentage.</summary>
    private static double? Share(string? text) => QuotaNumbers.Number(text) is not { } number ? null : QuotaNumbers.Share(number > 2 ? number / 100 : number);

    private sealed class Told(TimeSpan length, string? bucket)
    {
        public TimeSpan Length => length;

        public string? Bucket => bucket;

        public string? Status { get; set; }

        public string? Reset { get; set; }

        public string? Used { get; set; }
    }
}
