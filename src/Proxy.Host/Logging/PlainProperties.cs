using Proxy.Host.Terminal;
using Serilog.Core;
using Serilog.Events;

namespace Proxy.Host.Logging;

/// <summary>
/// Whatever a line quotes (names of models, labels, files, words of a provider) steers no terminal and feigns no line of its
/// own. Only a stack trace, which is ours, may have lines.
/// </summary>
internal sealed class PlainProperties : ILogEventEnricher
{
    private const string StackTrace = "Place";

    /// <inheritdoc />
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? unfit = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (value is ScalarValue { Value: string text } && name != StackTrace && !PlainText.IsPlain(text))
            {
                (unfit ??= []).Add(new LogEventProperty(name, new ScalarValue(PlainText.Of(text))));
            }
        }

        foreach (var property in unfit ?? [])
        {
            logEvent.AddOrUpdateProperty(property);
        }
    }
}
