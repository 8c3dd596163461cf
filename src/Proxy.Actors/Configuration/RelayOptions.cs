namespace Proxy.Actors.Configuration;

/// <summary>Deadlines and limits of the relay (docs/architecture.md, "Commit gate and watchdog").</summary>
public sealed record RelayOptions
{
    /// <summary>Connection to an upstream.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Response headers of a streamed call.</summary>
    public TimeSpan StreamHeaders { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Response headers of a single-JSON call.</summary>
    public TimeSpan SingleHeaders { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>From headers to first content.</summary>
    public TimeSpan FirstContent { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Between two reads after commit.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Silence after which headers and keep-alives go out; also their period.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A write to the client that does not move for this long ends the request.</summary>
    public TimeSpan WriteStall { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Frames held back before the stream commits anyway.</summary>
    public int HeldFrames { get; init; } = 16;

    /// <summary>Bytes held back before the stream commits anyway.</summary>
    public int HeldBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest single JSON answer in bytes, also after decompression.</summary>
    public int MaxSingleAnswer { get; init; } = 64 * 1024 * 1024;
}
