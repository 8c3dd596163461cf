namespace Proxy.Architecture.Tests;

/// <summary>All time enters through TimeProvider. The analyzer refuses other clocks in source; this looks at what was built, so that no pragma slips one in.</summary>
public sealed class OneClockTests
{
    private static readonly string[] Banned =
    [
        "System.DateTime::get_Now(", "System.DateTime::get_UtcNow(", "System.DateTime::get_Today(",
        "System.DateTimeOffset::get_Now(", "System.DateTimeOffset::get_UtcNow(",
        "System.Environment::get_TickCount(", "System.Environment::get_TickCount64(",
        "System.Diagnostics.Stopwatch::", "System.Threading.PeriodicTimer::", "System.Timers.Timer::",
        "System.Threading.Timer::.ctor(", "System.Threading.Thread::Sleep(",
    ];

    [Theory]
    [InlineData("Proxy.Protocol")]
    [InlineData("Proxy.Actors")]
    [InlineData("Proxy.Sandbox")]
    [InlineData("Proxy.Host")]
    public void No_other_clock_is_called(string assembly)
    {
        var members = BuiltAssembly.Read(assembly).Members;

        members.ShouldNotContain(m => Banned.Any(b => m.StartsWith(b, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Proxy.Protocol")]
    [InlineData("Proxy.Actors")]
    [InlineData("Proxy.Sandbox")]
    public void Only_the_program_itself_picks_the_systems_clock(string assembly) =>
        BuiltAssembly.Read(assembly).Members.ShouldNotContain(m => m.StartsWith("System.TimeProvider::get_System(", StringComparison.Ordinal));

    [Theory]
    [InlineData("Proxy.Protocol")]
    [InlineData("Proxy.Actors")]
    [InlineData("Proxy.Sandbox")]
    [InlineData("Proxy.Host")]
    public void Actors_use_neither_akkas_scheduler_nor_its_timers(string assembly)
    {
        string[] banned = ["Akka.Actor.IWithTimers", "Akka.Actor.ITimerScheduler", "Akka.Actor.IScheduler", "Akka.Actor.ITellScheduler", "Akka.Actor.SchedulerExtensions"];

        BuiltAssembly.Read(assembly).Types.Select(t => $"{t.Namespace}.{t.Name}").ShouldNotContain(t => banned.Contains(t));
    }
}
