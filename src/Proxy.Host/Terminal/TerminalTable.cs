using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Proxy.Host.Terminal;

/// <summary>Tables for a person: with a frame on a terminal; piped without, as wide as they need, and no blanks at the ends of lines.</summary>
internal static class TerminalTable
{
    /// <summary>Far wider than any table of ours: what is piped is cut nowhere.</summary>
    private const int AnyWidth = 4000;

    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="columns">Their titles; one that begins with <c>&gt;</c> is set to the right.</param>
    /// <param name="rows">The cells.</param>
    public static void Write(TextWriter writer, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Interactive = InteractionSupport.No });
        var table = new Table { Border = output.IsTerminal ? TableBorder.Rounded : TableBorder.None };
        foreach (var title in columns)
        {
            var isRight = title.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(title.TrimStart('>'))) { Alignment = isRight ? Justify.Right : Justify.Left, NoWrap = isRight || !output.IsTerminal });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(c => (IRenderable)new Text(Printable(c))));
        }

        if (output.IsTerminal)
        {
            console.Write(table);
            return;
        }

        console.Profile.Width = AnyWidth;
        var text = string.Concat(table.GetSegments(console).Where(s => !s.IsControlCode).Select(s => s.Text));
        var lines = new StringBuilder(text.Length);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            lines.Append(line.TrimEnd()).Append('\n');
        }

        writer.Write(lines.ToString());
    }

    /// <summary>Without what would steer a terminal.</summary>
    private static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
