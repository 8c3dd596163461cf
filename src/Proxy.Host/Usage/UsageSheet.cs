using System.Globalization;
using Proxy.Host.Terminal;

namespace Proxy.Host.Usage;

/// <summary>A table as CSV (RFC 4180), with plain numbers: tokens, milliseconds, dollars.</summary>
internal static class UsageSheet
{
    private static readonly (string Name, Func<UsageLine, IFormattable?> Value)[] Columns =
    [
        ("requests", l => l.Requests), ("attempts", l => l.Attempts), ("failed", l => l.Failed), ("cancelled", l => l.Cancelled), ("token_counts", l => l.TokenCounts),
        ("uncached_input", l => l.UncachedInput), ("cache_read", l => l.CacheRead), ("cache_write", l => l.CacheWrite), ("output", l => l.Output), ("reasoning", l => l.Reasoning),
        ("cache_hit_ratio", l => l.CacheHitRatio), ("first_byte_p50_ms", l => l.FirstByteMs?.P50), ("first_byte_p95_ms", l => l.FirstByteMs?.P95),
        ("total_p50_ms", l => l.TotalMs?.P50), ("total_p95_ms", l => l.TotalMs?.P95), ("api_price_usd", l => l.ApiPrice),
    ];

    /// <summary>Writes it.</summary>
    public static void Write(UsageTable table, TextWriter writer)
    {
        writer.WriteLine($"{table.By.ToString().ToLowerInvariant()},name,{string.Join(',', Columns.Select(c => c.Name))}");
        foreach (var line in table.Lines)
        {
            writer.WriteLine($"{Quote(line.Key)},{Quote(line.Name)},{string.Join(',', Columns.Select(c => c.Value(line)?.ToString(null, CultureInfo.InvariantCulture) ?? string.Empty))}");
        }
    }

    /// <summary>A cell that begins like a formula is made a text, for spreadsheets run those; and a sheet may be looked at on a terminal.</summary>
    private static string Quote(string text)
    {
        var plain = PlainText.Of(text);
        var safe = plain.Length > 0 && "=+-@".Contains(plain[0]) ? $"'{plain}" : plain;
        return safe.AsSpan().IndexOfAny(',', '"') < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
