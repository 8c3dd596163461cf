using System.Globalization;
using System.Text;

namespace Proxy.Sandbox.Scripts;

/// <summary>A tool call asked for by <c>[[call NAME input]]</c>.</summary>
internal sealed record CallDirective(string Name, string Input);

/// <summary>
/// What <c>[[…]]</c> in a user text asks of the answer: <c>[[think]]</c>, <c>[[recall]]</c> (says how much earlier thinking came along), <c>[[tools]]</c>, <c>[[call NAME {json}]]</c>,
/// <c>[[interleave]]</c>, <c>[[refuse]]</c>, <c>[[truncate]]</c>, <c>[[unicode]]</c>, <c>[[n=100 pace=50ms first=1s size=20]]</c>.
/// Text without directives gets the plain answer.
/// </summary>
internal sealed record Directives
{
    public bool Think { get; init; }

    public bool Recall { get; init; }

    public bool Tools { get; init; }

    public bool Interleave { get; init; }

    public bool Refuse { get; init; }

    public bool Truncate { get; init; }

    public bool Unicode { get; init; }

    public int? Events { get; init; }

    public int? Size { get; init; }

    public TimeSpan? First { get; init; }

    public TimeSpan? Gap { get; init; }

    public IReadOnlyList<CallDirective> Calls { get; init; } = [];

    /// <summary>The text without its directives.</summary>
    public string Rest { get; init; } = string.Empty;

    public static Directives Read(string text)
    {
        if (!text.Contains("[[", StringComparison.Ordinal))
        {
            return new Directives { Rest = text };
        }

        var found = new Directives();
        var calls = new List<CallDirective>();
        var rest = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("[[", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : CloseOf(text, open + 2);
            if (close < 0)
            {
                rest.Append(text, at, text.Length - at);
                break;
            }

            rest.Append(text, at, open - at);
            var body = text[(open + 2)..close].Trim();
            if (body.StartsWith("call ", StringComparison.Ordinal))
            {
                var words = body[5..].Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
                calls.Add(new CallDirective(words[0], words.Length > 1 ? words[1] : "{}"));
            }
            else
            {
                found = Apply(found, body);
            }

            at = close + 2;
        }

        return found with { Calls = calls, Rest = rest.ToString().Trim() };
    }

    // the JSON of a call may itself hold brackets: quotes and nesting are followed
    private static int CloseOf(string text, int from)
    {
        var depth = 0;
        var quoted = false;
        for (var i = from; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when quoted: i++; break;
                case '"' when depth > 0: quoted = !quoted; break;
                case '{' or '[' when !quoted: depth++; break;
                case ']' when !quoted && depth == 0:
                    return i + 1 < text.Length && text[i + 1] == ']' ? i : -1;
                case '}' or ']' when !quoted: depth--; break;
            }
        }

        return -1;
    }

    private static Directives Apply(Directives d, string body)
    {
        foreach (var word in body.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = word.Split('=', 2);
            d = (parts[0], parts.Length > 1 ? parts[1] : string.Empty) switch
            {
                ("think", _) => d with { Think = true },
                ("recall", _) => d with { Recall = true },
                ("tools", _) => d with { Tools = true },
                ("interleave", _) => d with { Interleave = true },
                ("refuse", _) => d with { Refuse = true },
                ("truncate", _) => d with { Truncate = true },
                ("unicode", _) => d with { Unicode = true },
                ("n", var v) => d with { Events = Number(v) },
                ("size", var v) => d with { Size = Number(v) },
                ("first", var v) => d with { First = Span(v) },
                ("gap" or "pace", var v) => d with { Gap = Span(v) },
                _ => d,
            };
        }

        return d;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static TimeSpan? Span(string text)
    {
        var (digits, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1.0)
            : text.EndsWith('s') ? (text[..^1], 1000.0)
            : text.EndsWith('m') ? (text[..^1], 60_000.0)
            : (text, 1.0);
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) ? TimeSpan.FromMilliseconds(n * unit) : null;
    }
}
