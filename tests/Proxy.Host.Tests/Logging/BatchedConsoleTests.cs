using System.Text;
using Proxy.Host.Logging;
using Proxy.Testing;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Proxy.Host.Tests.Logging;

public sealed class BatchedConsoleTests
{
    [Fact]
    public async Task Lines_that_wait_at_the_end_are_written_and_closing_twice_is_no_error()
    {
        // the clock stands still: nothing but the closing ends the gathering (a second closing once made the program exit with 1)
        using var output = new MemoryStream();
        var console = new BatchedConsole(new MessageTemplateTextFormatter("{Message}{NewLine}", System.Globalization.CultureInfo.InvariantCulture), output, new ManualTimeProvider());
        for (var i = 0; i < 3; i++)
        {
            console.Emit(Line($"line {i}"));
        }

        await console.DisposeAsync();
        await console.DisposeAsync();

        Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ShouldBe(["line 0", "line 1", "line 2"]);
    }

    [Fact]
    public async Task A_log_closes_without_an_error()
    {
        var log = new ConsoleLog(new ManualTimeProvider());

        await log.DisposeAsync();
        await log.DisposeAsync();
    }

    private static LogEvent Line(string text) =>
        new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplateParser().Parse(text), []);
}
