using Microsoft.Extensions.Logging;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>A log that tells a test its lines, and shows them to the search for secrets.</summary>
internal sealed class ToldLogs(Action<string> tell) : ILoggerFactory, ILogger
{
    private readonly TestScope _scope = TestScope.Current;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)}";
        _scope.Show(line, ShownIn.Log);
        tell(line);
    }
}
