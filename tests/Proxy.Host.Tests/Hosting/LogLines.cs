using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Hosting;

/// <summary>Keeps what was logged; every line is searched for secrets.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly TestScope _scope = TestScope.Current;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<(Predicate<string> Match, TaskCompletionSource<string> Seen)> _waits = new();

    public IReadOnlyCollection<string> All => _lines;

    /// <summary>The first line, past or coming, that matches.</summary>
    public Task<string> Line(Predicate<string> match)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waits.Enqueue((match, seen));
        foreach (var line in _lines)
        {
            if (match(line))
            {
                seen.TrySetResult(line);
            }
        }

        return seen.Task.WaitAsync(Deadline.Long);
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)}{(exception is null ? string.Empty : $" {exception}")}";
        _lines.Enqueue(line);
        _scope.Show(line, ShownIn.Log);
        foreach (var (match, seen) in _waits)
        {
            if (match(line))
            {
                seen.TrySetResult(line);
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}

/// <summary>Fail-safe deadlines: reached only by a test that fails.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Long = Proxy.Testing.FailSafe.Limit;
}
