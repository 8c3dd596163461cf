using System.Globalization;
using Microsoft.Extensions.Logging;
using Proxy.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Display;

namespace Proxy.Host.Logging;

/// <summary>The log on the console, written by a task of its own (<see cref="BatchedConsole"/>): a slow terminal must not slow requests.</summary>
internal sealed class ConsoleLog : IAsyncDisposable
{
    private const string Template = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";
    private readonly LoggingLevelSwitch _level = new();
    private readonly BatchedConsole _console;
    private readonly Logger _logger;

    /// <summary>Opens it. Everything goes to the error stream, so that what a command prints stays clean.</summary>
    public ConsoleLog(TimeProvider time)
    {
        _console = new BatchedConsole(new MessageTemplateTextFormatter(Template, CultureInfo.InvariantCulture), Console.OpenStandardError(), time);
        _logger = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(_level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Fatal)
            .Enrich.With<PlainProperties>()
            .WriteTo.Sink(_console)
            .CreateLogger();
        Factory = new SerilogLoggerFactory(_logger, dispose: false);
    }

    /// <summary>Makes loggers for everything in the process.</summary>
    public ILoggerFactory Factory { get; }

    /// <summary>Goes by <c>debug</c>, also after a reload.</summary>
    public void SetDebug(bool debug) => _level.MinimumLevel = debug ? LogEventLevel.Debug : LogEventLevel.Information;

    /// <summary>Says what the configuration file gave cause for.</summary>
    public static void Tell(Microsoft.Extensions.Logging.ILogger log, ConfigurationReport report)
    {
        foreach (var remark in report.Remarks)
        {
            var level = remark.Severity switch { Severity.Error => LogLevel.Error, Severity.Warning => LogLevel.Warning, _ => LogLevel.Debug };
            if (log.IsEnabled(level))
            {
                log.Log(level, "{Remark}", remark.ToString());
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Factory.Dispose();
        await _logger.DisposeAsync();
        await _console.DisposeAsync();
    }
}
