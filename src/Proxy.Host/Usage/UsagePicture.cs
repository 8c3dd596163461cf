using System.Globalization;
using Proxy.Host.Terminal;

namespace Proxy.Host.Usage;

/// <summary>A report for a person.</summary>
internal static class UsagePicture
{
    private const string None = "–";

    private static readonly Heading[] Figures =
    [
        new("REQUESTS"), new("FAILED", GivesWay: 4), new("INPUT"), new("CACHE READ", GivesWay: 5), new("CACHE WRITE", GivesWay: 3), new("OUTPUT"), new("CACHE HIT"),
        new("FIRST BYTE", GivesWay: 1), new("TOTAL", GivesWay: 2), new("API PRICE"),
    ];

    /// <summary>Writes it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="zone">Whose times are shown.</param>
    /// <param name="most">No table gets more lines; 0 for all.</param>
    /// <param name="width">Columns of a terminal; null to ask the writer whether it is one.</param>
    public static void Write(UsageReport report, TextWriter writer, TimeZoneInfo zone, int most, int? width = null)
    {
        var last = report.To.AddTicks(-1);
        writer.WriteLine($"{Day(report.From, zone)} to {Day(last, zone)} ({report.TimeZone}): {Some(report.Total.Requests, "request")}, {Some(report.Total.Attempts, "upstream call")}"
            + $"{(report.Total.TokenCounts > 0 ? $", {Some(report.Total.TokenCounts, "token count")}" : string.Empty)}.");
        var leftOut = new List<string>();
        foreach (var table in report.Tables.Where(t => t.Lines.Any(l => l.Attempts > 0)))
        {
            writer.WriteLine();
            leftOut.AddRange(Write(table, report.Total, writer, zone, most, width));
        }

        if (report.Total.Attempts == 0)
        {
            return;
        }

        writer.WriteLine();
        if (leftOut.Count > 0)
        {
            writer.WriteLine($"Left out for want of room: {string.Join(", ", leftOut.Distinct())}; --csv and --json show all.");
        }

        if (report.Failures.Count > 0)
        {
            writer.WriteLine($"Failed calls: {string.Join(", ", report.Failures.Select(f => $"{f.Failure} {Count(f.Attempts)}"))}.");
        }

        writer.WriteLine("API price: what the providers' APIs would have asked for these tokens, at list prices.");
        if (report.Unpriced.Count > 0)
        {
            writer.WriteLine($"No price is known for {PlainText.Of(string.Join(", ", report.Unpriced))}. Give one in a file of your own: prices in config.yaml (docs/usage.md).");
        }
    }

    private static IReadOnlyList<string> Write(UsageTable table, UsageLine total, TextWriter writer, TimeZoneInfo zone, int most, int? width)
    {
        var lines = table.Lines.Where(l => l.Attempts > 0).ToList(); // token counts alone are no use
        var shown = most <= 0 || lines.Count <= most ? lines
            : table.By == UsageBy.Day ? lines.Skip(lines.Count - most)
            : lines.Take(most);
        var isSession = table.By == UsageBy.Session;
        var leftOut = TerminalTable.Write(
            writer,
            [new(table.By.ToString().ToUpperInvariant(), IsNumber: false), .. isSession ? [new Heading("LAST", IsNumber: false)] : Array.Empty<Heading>(), .. Figures],
            [.. (lines.Count > 1 ? shown.Append(total) : shown).Select(l => Row(l, isSession, zone))],
            width);
        if (most > 0 && lines.Count > most)
        {
            writer.WriteLine($"… and {Count(lines.Count - most)} more: --top 0 shows all.");
        }

        return leftOut;
    }

    private static IReadOnlyList<string> Row(UsageLine line, bool isSession, TimeZoneInfo zone) =>
    [
        line.Name,
        .. isSession ? [line.Key.Length > 0 && line.Last is { } last ? TimeZoneInfo.ConvertTime(last, zone).ToString("MM-dd HH:mm", CultureInfo.InvariantCulture) : string.Empty] : Array.Empty<string>(),
        Count(line.Requests),
        Count(line.Failed),
        Tokens(line.UncachedInput),
        Tokens(line.CacheRead),
        Tokens(line.CacheWrite),
        Tokens(line.Output),
        line.CacheHitRatio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0} %") : None,
        Times(line.FirstByteMs),
        Times(line.TotalMs),
        Price(line),
    ];

    private static string Day(DateTimeOffset time, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Count(long number) => number.ToString("#,##0", CultureInfo.InvariantCulture);

    private static string Some(long number, string what) => $"{Count(number)} {what}{(number == 1 ? string.Empty : "s")}";

    private static string Tokens(long number) => number switch
    {
        < 10_000 => Count(number),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e3:0.0} k"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.0} M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number / 1e9:0.00} G"),
    };

    /// <summary>Median and 95th percentile.</summary>
    private static string Times(Percentiles? times) =>
        times is null ? None : string.Create(CultureInfo.InvariantCulture, $"{times.P50 / 1e3:0.00} / {times.P95 / 1e3:0.00} s");

    private static string Price(UsageLine line) => line.ApiPrice switch
    {
        null => None,
        > 0 and < 0.01m when !line.IsPricePartial => "< $0.01",
        { } price => string.Create(CultureInfo.InvariantCulture, $"{(line.IsPricePartial ? "> " : string.Empty)}${price:#,##0.00}"),
    };
}
