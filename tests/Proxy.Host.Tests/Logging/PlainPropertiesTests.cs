using Proxy.Host.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Proxy.Host.Tests.Logging;

public sealed class PlainPropertiesTests
{
    [Fact]
    public void What_a_line_quotes_makes_no_line_of_its_own_and_a_stack_trace_keeps_its_lines()
    {
        var lines = new Lines();
        using var log = new LoggerConfiguration().Enrich.With<PlainProperties>().WriteTo.Sink(lines).CreateLogger();

        log.Warning("{Account:l}: {Reason:l} {Count}\n{Place:l}", "work\n12:00 ERR feigned", "\u001b[31mred", 7, "at A\nat B");

        lines.All.ShouldHaveSingleItem().ShouldBe("work?12:00 ERR feigned: ?[31mred 7\nat A\nat B");
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }
}
