using System.Text;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Scripts;

/// <summary>Decides what to answer from the prompt's directives and the fault's shape. Deterministic but for the prompt cache.</summary>
internal sealed class AnswerPlanner(PromptCache cache)
{
    private const string UnicodeText = "Grüße 世界 😀👩‍💻 <b>&amp;</b> \"quoted\" 'single' back\\slash\ttab\nline \u2028 {json: [1]} ";

    public ScriptedAnswer Plan(Prompt prompt, AnswerShape shape, string account)
    {
        var hasResults = prompt.ToolResults.Count > 0;
        var directives = Directives.Read(prompt.LastUserText);
        // a tool result ends the turn that its directives began, unless new ones came with it
        var calls = hasResults ? [] : CallsOf(prompt, directives, shape);
        var thinking = directives.Think ? $"Thinking about it step by step: {Short(directives.Rest)}. Then I answer." : null;
        var text = directives.Refuse && !hasResults ? []
            : calls.Count > 0 ? ["Calling ", "the tool. ", Marker(account)]
            : Pieces(Whole(prompt, directives, hasResults, account), directives, shape, account);
        var reasoning = thinking is null ? 0 : Tokens(thinking.Length);
        var output = Tokens(text.Sum(t => t.Length)) + calls.Sum(c => Tokens(c.Input.Length)) + reasoning;
        var (input, cached, written) = cache.Count(prompt, account);
        return new ScriptedAnswer
        {
            End = hasResults ? AnswerEnd.Done
                : directives.Refuse ? AnswerEnd.Refused
                : directives.Truncate ? AnswerEnd.Truncated
                : calls.Count > 0 ? AnswerEnd.ToolCalls
                : AnswerEnd.Done,
            Thinking = thinking,
            Text = text,
            Calls = calls,
            Interleave = directives.Interleave || shape.Interleave,
            UsageEverywhere = shape.UsageEverywhere,
            First = shape.First ?? directives.First ?? TimeSpan.Zero,
            Gap = shape.Gap ?? directives.Gap ?? TimeSpan.Zero,
            Usage = new AnswerUsage(input, cached, written, output, reasoning),
        };
    }

    public static string Marker(string account) => $"[served by {account}]";

    private static int Tokens(int characters) => (characters / 4) + 1;

    // where the request wants JSON of a schema, its strings say what the text would have said
    private static string Whole(Prompt prompt, Directives directives, bool hasResults, string account) =>
        prompt.Format is { } schema ? SampleInput.For(schema, Words(prompt, directives, hasResults, account)) : Words(prompt, directives, hasResults, account);

    private static string Words(Prompt prompt, Directives directives, bool hasResults, string account) =>
        hasResults ? $"TOOL-DONE {string.Join(" | ", prompt.ToolResults)} {Marker(account)}"
        : directives.Recall ? $"I recall {prompt.Thoughts} thoughts. {Marker(account)}"
        : directives.Unicode ? UnicodeText + Marker(account)
        : $"You said: {Short(directives.Rest)} {Marker(account)}";

    private static IReadOnlyList<string> Pieces(string whole, Directives directives, AnswerShape shape, string account)
    {
        var unicode = shape.Unicode ? UnicodeText + whole : whole;
        var events = shape.Events ?? directives.Events;
        var size = shape.Size ?? directives.Size;
        if (events is null && size is null)
        {
            return Cut(unicode, Math.Max(1, (unicode.Length + 4) / 5));
        }

        if (events is null)
        {
            return Cut(unicode, size!.Value);
        }

        // the marker rides on the last delta; all others are one shared string
        var each = size ?? 16;
        var filler = shape.Unicode ? Fill(UnicodeText, each) : Fill("lorem ipsum dolor ", each);
        var pieces = new string[Math.Max(1, events.Value)];
        Array.Fill(pieces, filler);
        pieces[^1] = filler + Marker(account);
        return pieces;
    }

    private static string Fill(string pattern, int length)
    {
        var text = new StringBuilder(length + pattern.Length);
        while (text.Length < length)
        {
            text.Append(pattern);
        }

        var end = length;
        return text.ToString(0, end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end);
    }

    // never between the two halves of a surrogate pair
    private static List<string> Cut(string text, int size)
    {
        var pieces = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(text.Length, at + Math.Max(1, size));
            if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
            {
                end++;
            }

            pieces.Add(text[at..end]);
            at = end;
        }

        return pieces;
    }

    private static List<ScriptedCall> CallsOf(Prompt prompt, Directives directives, AnswerShape shape)
    {
        var calls = new List<ScriptedCall>();
        foreach (var asked in directives.Calls)
        {
            if (Tool(prompt, asked.Name) is { } tool)
            {
                calls.Add(new ScriptedCall(tool, asked.Input, Deltas(asked.Input, shape)));
            }
        }

        if (directives.Tools && calls.Count == 0 && prompt.Tools.Count > 0)
        {
            var tool = prompt.Tools[0];
            var input = tool.IsCustom ? "sandbox input" : SampleInput.For(tool.Schema);
            calls.Add(new ScriptedCall(tool, input, Deltas(input, shape)));
        }

        return calls;
    }

    // #1 is the first declared tool: for tests in which the proxy renames tools
    private static DeclaredTool? Tool(Prompt prompt, string name) =>
        name.StartsWith('#') && int.TryParse(name.AsSpan(1), out var n) ? prompt.Tools.ElementAtOrDefault(n - 1)
        : prompt.Tools.FirstOrDefault(t => t.Name == name || $"{t.Namespace}.{t.Name}" == name);

    private static List<string> Deltas(string input, AnswerShape shape) =>
        Cut(input, shape.SplitArguments ? 1 : Math.Max(1, (input.Length + 2) / 3));

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        if (line.Length <= 80)
        {
            return line;
        }

        return line[..(char.IsHighSurrogate(line[79]) ? 79 : 80)] + "…";
    }
}
