namespace Proxy.Actors.Time;

/// <summary>
/// Notices that the clock was set, by hand or by the network, or that the machine slept: timers don't, while ends of
/// tokens and cooldowns are times of day (spec/faults.md 55). Used by one actor alone.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="slack">Smaller steps are not told; 30 s if left out.</param>
public sealed class ClockJumps(TimeProvider time, TimeSpan? slack = null)
{
    private readonly TimeSpan _slack = slack ?? TimeSpan.FromSeconds(30);

    private (DateTimeOffset At, long Stamp) _last = (time.GetUtcNow(), time.GetTimestamp());

    /// <summary>By how much the time of day moved by itself since it was last asked; null when it did not.</summary>
    public TimeSpan? Take()
    {
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        var jump = now - _last.At - time.GetElapsedTime(_last.Stamp, stamp);
        _last = (now, stamp);
        return jump.Duration() > _slack ? jump : null;
    }
}
