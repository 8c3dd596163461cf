namespace Proxy.LoadRun;

/// <summary>The clock of the measurements.</summary>
internal static class Clock
{
#pragma warning disable RS0030 // a benchmark is the one place that measures real time
    public static readonly TimeProvider System = TimeProvider.System;
#pragma warning restore RS0030

    public static long Now => System.GetTimestamp();

    public static double MillisecondsSince(long start) => System.GetElapsedTime(start).TotalMilliseconds;
}
