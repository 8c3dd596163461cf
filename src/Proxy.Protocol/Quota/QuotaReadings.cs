using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Quota;

/// <summary>Parsers of quota readings: response headers, rate-limit events and usage-limit bodies.</summary>
public static class QuotaReadings
{
    /// <summary>Reads <c>anthropic-ratelimit-unified-*</c> or <c>x-codex-*</c> headers. Null when there are none.</summary>
    /// <param name="kind">Who answered.</param>
    /// <param name="header">Looks a header up by its lower-case name.</param>
    /// <param name="now">When the headers were read.</param>
    public static QuotaReading? FromHeaders(UpstreamKind kind, Func<string, string?> header, DateTimeOffset now) => throw new NotSupportedException();

    /// <summary>Reads the data of a <c>codex.rate_limits</c> event. Null when it tells nothing.</summary>
    public static QuotaReading? FromCodexEvent(ReadOnlySpan<byte> data, DateTimeOffset now) => throw new NotSupportedException();
}
