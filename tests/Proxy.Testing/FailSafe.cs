namespace Proxy.Testing;

/// <summary>
/// The only wall clock of the tests: a limit so generous that it ends a broken test and never a slow one. Tests wait
/// for causes; this is what they give up by.
/// </summary>
public static class FailSafe
{
    /// <summary>Sixty seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The system's clock, for the few things that run on sockets for real.</summary>
#pragma warning disable RS0030 // the one exception, named and bounded here
    public static TimeProvider SystemClock => TimeProvider.System;
#pragma warning restore RS0030

    /// <summary>A token that is cancelled after <see cref="Limit"/>.</summary>
    public static CancellationToken Token() => new CancellationTokenSource(Limit, SystemClock).Token;
}
