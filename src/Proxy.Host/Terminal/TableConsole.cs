using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Proxy.Host.Terminal;

/// <summary>Where a table goes: to a terminal, which has a width and colours, or into a pipe, which has neither.</summary>
internal sealed class TableConsole
{
    /// <summary>Far wider than any table of ours: what is piped is cut nowhere.</summary>
    private const int AnyWidth = 4000;

    private readonly TextWriter _writer;

    /// <summary>The console behind <paramref name="writer"/>; it notices by itself whether that is a terminal.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="width">Columns of a terminal; null to ask the writer whether it is one.</param>
    public TableConsole(TextWriter writer, int? width = null)
    {
        var output = new AnsiConsoleOutput(writer);
        _writer = writer;
        Lines = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Interactive = InteractionSupport.No });
        IsTerminal = output.IsTerminal || width is not null;
        Lines.Profile.Width = width ?? (IsTerminal ? Lines.Profile.Width : AnyWidth);
    }

    /// <summary>A person looks at it.</summary>
    public bool IsTerminal { get; }

    /// <summary>For lines between tables.</summary>
    public IAnsiConsole Lines { get; }

    /// <summary>True when nothing of the table must be squeezed.</summary>
    public bool HasRoomFor(Table table) =>
        !IsTerminal || ((IRenderable)table).Measure(RenderOptions.Create(Lines, Lines.Profile.Capabilities), AnyWidth).Max <= Lines.Profile.Width;

    /// <summary>Writes it: with a frame as the terminal likes it, without one as wide as it needs, and no blanks at the ends of lines.</summary>
    public void Write(Table table)
    {
        if (table.Border != TableBorder.None)
        {
            Lines.Write(table);
            return;
        }

        var width = Lines.Profile.Width;
        Lines.Profile.Width = AnyWidth;
        var text = string.Concat(table.GetSegments(Lines).Where(s => !s.IsControlCode).Select(s => s.Text));
        Lines.Profile.Width = width;
        var lines = new StringBuilder(text.Length);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            lines.Append(line.TrimEnd()).Append('\n');
        }

        _writer.Write(lines.ToString());
    }
}
