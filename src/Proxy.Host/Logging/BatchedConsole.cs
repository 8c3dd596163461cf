using System.Text;
using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Proxy.Host.Logging;

/// <summary>
/// Writes log lines from one task of its own, all that wait in one write: a slow terminal must not slow requests, and a
/// write and a wake-up for each request's line took 5 % of the CPU of small requests (docs/performance.md). Lines beyond
/// the bound are dropped and counted.
/// </summary>
internal sealed class BatchedConsole : ILogEventSink, IAsyncDisposable
{
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    private readonly Channel<LogEvent> _lines = Channel.CreateBounded<LogEvent>(new BoundedChannelOptions(10_000) { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly ITextFormatter _formatter;
    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly Task _writing;
    private long _dropped;
    private int _isClosing;

    /// <summary>Writes to <paramref name="output"/>, which stays its opener's.</summary>
    public BatchedConsole(ITextFormatter formatter, Stream output, TimeProvider time)
    {
        _formatter = formatter;
        _output = output;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <inheritdoc />
    public void Emit(LogEvent logEvent)
    {
        if (!_lines.Writer.TryWrite(logEvent))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what waits, then ends. May be called again: Serilog disposes of its sinks, and so does their opener.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) != 0)
        {
            await _writing;
            return;
        }

        _lines.Writer.TryComplete();
        await _closing.CancelAsync();
        await _writing;
        _closing.Dispose();
    }

    private async Task WriteAsync()
    {
        using var text = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        var builder = text.GetStringBuilder();
        while (await _lines.Reader.WaitToReadAsync())
        {
            await Task.Delay(Gathering, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (_lines.Reader.TryRead(out var line))
            {
                _formatter.Format(line, text);
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                text.WriteLine($"({dropped} log lines were dropped)");
            }

            try
            {
                await _output.WriteAsync(Encoding.UTF8.GetBytes(builder.ToString()));
            }
            catch (IOException)
            {
                // Nobody reads the console any more: the proxy goes on without one, and these lines count as dropped.
                Interlocked.Increment(ref _dropped);
            }

            builder.Clear();
        }
    }
}
