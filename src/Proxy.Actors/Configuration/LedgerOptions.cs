namespace Proxy.Actors.Configuration;

/// <summary>The usage ledger.</summary>
public sealed record LedgerOptions
{
    /// <summary><c>ledger.enabled</c>; null: not said.</summary>
    public bool? OwnSwitch { get; init; }

    /// <summary>CLIProxyAPI's <c>usage-statistics-enabled</c>, which counts where <see cref="OwnSwitch"/> says nothing; null: not said.</summary>
    public bool? CompatibleSwitch { get; init; }

    /// <summary>Attempts are recorded. Quota readings are kept either way.</summary>
    public bool Enabled => OwnSwitch ?? CompatibleSwitch ?? true;

    /// <summary><c>ledger.retention</c>: how long attempts are kept; zero for ever.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary><c>ledger.max-size</c>: bytes of the file; when it is full the oldest attempts make room.</summary>
    public long MaxSize { get; init; } = 1L << 30;

    /// <summary><c>prices</c>: a file with prices of the owner's own, absolute; empty for none.</summary>
    public string PricesFile { get; init; } = string.Empty;
}
