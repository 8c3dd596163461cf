using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Quota;

/// <summary>Takes the headers of one answer one by one, so that the relay need not copy them first. For one thread.</summary>
public sealed class QuotaHeaderReader(UpstreamKind kind)
{
    private UnifiedHeaders? _unified;
    private CodexHeaders? _codex;

    /// <summary>True for a header that may speak of quota: only such a one must be taken.</summary>
    public bool Wants(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return kind switch
        {
            UpstreamKind.Claude => name.StartsWith(UnifiedHeaders.Prefix, StringComparison.OrdinalIgnoreCase),
            UpstreamKind.Codex => name.StartsWith(CodexHeaders.Prefix, StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }

    /// <summary>Takes a header that <see cref="Wants"/> was true for.</summary>
    public void Take(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (kind == UpstreamKind.Claude)
        {
            (_unified ??= new UnifiedHeaders()).Take(name.AsSpan(UnifiedHeaders.Prefix.Length), value);
        }
        else
        {
            (_codex ??= new CodexHeaders()).Take(name.AsSpan(CodexHeaders.Prefix.Length), value);
        }
    }

    /// <summary>What they say together; null when nothing.</summary>
    public QuotaReading? Read(DateTimeOffset now) => _unified?.Read(now) ?? _codex?.Read(now);

    /// <summary>The model whose own limit the request went by; null for the account's.</summary>
    internal string? ActiveModel => _codex?.ModelOf(_codex.ActiveLimit);
}
