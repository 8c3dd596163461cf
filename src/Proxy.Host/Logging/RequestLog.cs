using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Relay;
using Proxy.Host.Terminal;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Logging;

/// <summary>
/// One line per request: status, account, model, dialects in and out, attempts, times, tokens. Labels instead of
/// e-mails, no header, no body.
/// </summary>
internal static partial class RequestLog
{
    private const int LongestReason = 300;

    /// <summary>Writes the line of a relayed request.</summary>
    public static void Relayed(ILogger log, string requestId, string model, Dialect dialect, RelayResult result)
    {
        var level = result.Status is >= 400 and not 499 ? LogLevel.Warning : LogLevel.Information;
        if (log.IsEnabled(level))
        {
            log.Log(level, default, (requestId, model, dialect, result), null, static (line, _) => Line(line.requestId, line.model, line.dialect, line.result));
        }
    }

    /// <summary>Writes the line of a request that no upstream saw. A reason may quote the client: its host name, path or model.</summary>
    public static void Refused(ILogger log, int status, string method, string path, string reason) =>
        RefusedLine(log, status, Clean(method), Clean(path), Clean(reason, LongestReason));

    /// <summary>Writes the line of a request whose client left before its answer began.</summary>
    public static void Left(ILogger log, string method, string path) => LeftLine(log, Clean(method), Clean(path));

    /// <summary>Writes what a bug of ours left. The message of an unexpected exception may quote anything, prompts and keys too: type and place will do.</summary>
    public static void Failed(ILogger log, string method, string path, Exception bug) =>
        FailedLine(log, Clean(method), Clean(path), bug.GetType().Name, bug.StackTrace);

    /// <summary>The line itself.</summary>
    internal static string Line(string requestId, string model, Dialect dialect, RelayResult result)
    {
        var line = new StringBuilder(160);
        line.Append(CultureInfo.InvariantCulture, $"{result.Status} {result.Account ?? "-"}  {Clean(model)}  {Name(dialect)}");
        if (result.UpstreamDialect is { } upstream && upstream != dialect)
        {
            line.Append("→").Append(Name(upstream));
        }

        line.Append(CultureInfo.InvariantCulture, $"  {result.Attempts}×");
        if (result.FirstByte is { } first)
        {
            line.Append(CultureInfo.InvariantCulture, $"  first {Seconds(first)}");
        }

        line.Append(CultureInfo.InvariantCulture, $"  total {Seconds(result.Total)}");
        if (result.Usage.Output is not null || result.Usage.TotalInput > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $"  in {result.Usage.TotalInput} cached {result.Usage.CacheRead ?? 0} out {result.Usage.Output ?? 0}");
        }

        if (result.ClientGone)
        {
            line.Append("  client left");
        }

        if (result.LastFailure is { } failure)
        {
            line.Append(CultureInfo.InvariantCulture, $"  ({(result.Status < 400 ? "after " : string.Empty)}{failure.Class}{(failure.Status is { } status ? $" {status}" : string.Empty)})");
        }

        return line.Append("  ").Append(requestId).ToString();
    }

    private static string Name(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => "messages",
        Dialect.OpenAIChat => "chat",
        _ => "responses",
    };

    private static string Seconds(TimeSpan time) =>
        time.TotalSeconds < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s");

    /// <summary>Names and paths are the client's text: nothing that moves a terminal's cursor or feigns a line, no endless line.</summary>
    internal static string Clean(string text, int longest = 80) => PlainText.Of(text, longest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Status} {Method} {Path} refused: {Reason}")]
    private static partial void RefusedLine(ILogger log, int status, string method, string path, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path}: client left")]
    private static partial void LeftLine(ILogger log, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed inside of the proxy: {Exception}\n{Place}")]
    private static partial void FailedLine(ILogger log, string method, string path, string exception, string? place);
}
