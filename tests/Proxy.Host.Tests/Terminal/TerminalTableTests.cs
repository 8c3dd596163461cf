using Proxy.Host.Terminal;

namespace Proxy.Host.Tests.Terminal;

public sealed class TerminalTableTests
{
    private static readonly Heading[] Headings = [new("NAME", IsNumber: false), new("NEEDED"), new("SECOND", GivesWay: 2), new("FIRST", GivesWay: 1)];
    private static readonly string[][] Rows = [["claude-sonnet-4-5-20250929", "1", "22", "333"], ["odd\u001b[2J", "4,000", "5", "6"]];

    [Fact]
    public void Pipe_gets_all_columns_and_no_frame()
    {
        using var writer = new StringWriter();

        TerminalTable.Write(writer, Headings, Rows).ShouldBeEmpty();

        writer.ToString().ShouldBe("""
            NAME                       NEEDED SECOND FIRST
            claude-sonnet-4-5-20250929      1     22   333
            odd?[2J                     4,000      5     6

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(80, true, "")]
    [InlineData(48, false, "")]
    [InlineData(42, false, "FIRST")]
    [InlineData(35, false, "FIRST, SECOND")]
    [InlineData(12, false, "FIRST, SECOND")]
    public void Narrow_terminal_loses_the_frame_and_then_columns_but_never_a_part_of_a_cell(int width, bool isFramed, string left)
    {
        using var writer = new StringWriter();

        var leftOut = TerminalTable.Write(writer, Headings, Rows, width);

        var text = writer.ToString();
        string.Join(", ", leftOut.Order(StringComparer.Ordinal)).ShouldBe(left);
        (text.Split('\n')[0].Trim()[0] is '╭' or '+' or '┌').ShouldBe(isFramed, text);
        text.ShouldContain("claude-sonnet-4-5-20250929");
        text.ShouldContain("4,000");
        text.ShouldNotContain("\u001b[2J");
    }
}
