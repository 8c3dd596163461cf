using System.Text;
using System.Threading.Channels;
using Proxy.Host.Tests.Hosting;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Logins;

/// <summary>What a login prints, while it prints it. Searched for secrets when the test ends.</summary>
internal sealed class LoginTerminal : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _waiting = [];

    public LoginTerminal() => TestScope.Current.Watch(this, ShownIn.Terminal);

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_gate)
        {
            _text.Append(value);
            var all = _text.ToString();
            foreach (var (_, seen) in _waiting.Where(w => all.Contains(w.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult();
            }
        }
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    /// <summary>Ends when <paramref name="text"/> has been printed.</summary>
    public Task UntilAsync(string text)
    {
        lock (_gate)
        {
            if (_text.ToString().Contains(text, StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((text, seen));
            return seen.Task.WaitAsync(Deadline.Long);
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }
}

/// <summary>A keyboard: the lines that a test types.</summary>
internal sealed class TypedLines : TextReader
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public void Type(string line) => _lines.Writer.TryWrite(line);

    public void Break() => _lines.Writer.Complete(new IOException("the terminal is gone"));

    public override void Close() => _lines.Writer.Complete();

    public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _lines.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            return closed.InnerException is IOException broken ? throw broken : null;
        }
    }
}
