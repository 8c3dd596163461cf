using Microsoft.Extensions.Logging;

namespace Proxy.Testing.Secrets;

/// <summary>
/// Loggers that keep nothing and search every line, of every level, for secrets. In the test projects the name
/// NullLoggerFactory stands for it (tests/Directory.Build.props): a log that nobody reads in a test is watched all the same.
/// </summary>
public sealed class ShownLogs : ILoggerFactory
{
    private readonly TestScope _scope = TestScope.Current;

    /// <summary>Loggers of the test that asks.</summary>
    public static ShownLogs Instance => new();

    /// <summary>A logger of the test that asks.</summary>
    public static ILogger<T> For<T>() => new ShownLogger<T>(TestScope.Current);

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new ShownLogger<ShownLogs>(_scope);

    /// <inheritdoc />
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private sealed class ShownLogger<T>(TestScope scope) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            scope.Show(exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}", ShownIn.Log);
    }
}
