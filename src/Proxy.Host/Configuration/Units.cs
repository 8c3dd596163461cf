using System.Globalization;

namespace Proxy.Host.Configuration;

/// <summary>Durations as people write them: <c>30</c> (seconds), <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        if (!Quantity.TrySplit(text, out var number, out var unit))
        {
            return false;
        }

        double? seconds = unit switch
        {
            "" or "s" => 1,
            "ms" => 0.001,
            "m" or "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => null,
        };
        if (seconds is not { } factor || number * factor > TimeSpan.FromDays(3650).TotalSeconds)
        {
            return false;
        }

        value = TimeSpan.FromSeconds(number * factor);
        return true;
    }

    public static string Print(TimeSpan value) => value switch
    {
        _ when value.TotalSeconds < 1 && value != TimeSpan.Zero => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0.###}ms"),
        _ when value.TotalDays >= 1 && value.Ticks % TimeSpan.TicksPerDay == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalDays}d"),
        _ when value.TotalHours >= 1 && value.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalHours}h"),
        _ when value.TotalMinutes >= 1 && value.Ticks % TimeSpan.TicksPerMinute == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMinutes}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.###}s"),
    };
}

/// <summary>Sizes as people write them: <c>65536</c>, <c>512KiB</c>, <c>64MiB</c>, <c>1GiB</c>.</summary>
internal static class ByteSizes
{
    public static bool TryParse(string? text, out long value)
    {
        value = 0;
        if (!Quantity.TrySplit(text, out var number, out var unit))
        {
            return false;
        }

        double? factor = unit.ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" or "kb" or "kib" => 1L << 10,
            "m" or "mb" or "mib" => 1L << 20,
            "g" or "gb" or "gib" => 1L << 30,
            _ => null,
        };
        if (factor is not { } bytes || number * bytes > 1L << 50)
        {
            return false;
        }

        value = (long)(number * bytes);
        return true;
    }

    public static string Print(long value) => value switch
    {
        >= 1L << 30 when value % (1L << 30) == 0 => $"{value >> 30}GiB",
        >= 1L << 20 when value % (1L << 20) == 0 => $"{value >> 20}MiB",
        >= 1L << 10 when value % (1L << 10) == 0 => $"{value >> 10}KiB",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>A number with a unit behind it.</summary>
internal static class Quantity
{
    public static bool TrySplit(string? text, out double number, out string unit)
    {
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExcept("0123456789.");
        digits = digits < 0 ? trimmed.Length : digits;
        unit = trimmed[digits..].Trim().ToString();
        return double.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
