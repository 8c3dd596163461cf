using Spectre.Console;
using Spectre.Console.Rendering;

namespace Proxy.Host.Terminal;

/// <summary>The head of a column.</summary>
/// <param name="Title">Its title.</param>
/// <param name="IsNumber">Set to the right.</param>
/// <param name="GivesWay">Where the terminal is too narrow, the column with the lowest number is left out first; 0: never.</param>
internal sealed record Heading(string Title, bool IsNumber = true, int GivesWay = 0);

/// <summary>Tables of texts for a person: framed where there is room, without a frame where there is less, and then without the columns that matter least.</summary>
internal static class TerminalTable
{
    /// <summary>Writes it. No cell is squeezed: where even the last columns don't fit, the terminal wraps the lines.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="headings">The columns.</param>
    /// <param name="rows">The cells.</param>
    /// <param name="width">Columns of a terminal; null to ask the writer whether it is one.</param>
    /// <returns>The titles of the columns that were left out.</returns>
    public static IReadOnlyList<string> Write(TextWriter writer, IReadOnlyList<Heading> headings, IReadOnlyList<IReadOnlyList<string>> rows, int? width = null)
    {
        var console = new TableConsole(writer, width);
        var shown = headings.ToList();
        var table = Make(TableBorder.Rounded);
        if (!console.IsTerminal || !console.HasRoomFor(table))
        {
            table = Make(TableBorder.None);
            foreach (var next in headings.Where(h => h.GivesWay > 0).OrderBy(h => h.GivesWay).TakeWhile(_ => !console.HasRoomFor(table)))
            {
                shown.Remove(next);
                table = Make(TableBorder.None);
            }
        }

        console.Write(table);
        return [.. headings.Except(shown).Select(h => h.Title)];

        Table Make(TableBorder border)
        {
            var made = new Table { Border = border };
            foreach (var heading in shown)
            {
                made.AddColumn(new TableColumn(new Text(heading.Title))
                {
                    Alignment = heading.IsNumber ? Justify.Right : Justify.Left,
                    NoWrap = true,
                    Padding = border == TableBorder.None ? new Padding(0, 0, 1, 0) : new Padding(1, 0),
                });
            }

            foreach (var row in rows)
            {
                made.AddRow(headings.Select((h, i) => (h, i)).Where(c => shown.Contains(c.h)).Select(c => (IRenderable)new Text(PlainText.Of(row[c.i]))));
            }

            return made;
        }
    }
}
