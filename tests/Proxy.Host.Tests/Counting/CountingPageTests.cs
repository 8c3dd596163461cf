using System.Globalization;
using System.Text.RegularExpressions;
using Proxy.Host.Counting;
using Proxy.Protocol.Anthropic.Requests;
using Proxy.Protocol.Exchanges;

namespace Proxy.Host.Tests.Counting;

/// <summary>docs/counting.md says what is counted and how far off the rough grade is: its table is held to the code.</summary>
public sealed partial class CountingPageTests
{
    [Fact]
    public void The_table_shows_what_the_code_counts()
    {
        var rows = Row().Matches(File.ReadAllText(Path.Join(AppContext.BaseDirectory, "counting.md")));
        var counter = new TokenCounter();
        var wrong = new List<string>();
        foreach (Match row in rows)
        {
            var body = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "golden", row.Groups["file"].Value + ".json"));
            var exact = counter.Count(body, out _)!.Value;
            var rough = TokenEstimate.Count(AnthropicRequestReader.Read(body, out _)!);
            var off = (rough - exact) * 100.0 / exact;
            if (!IsNear(Number(row, "exact"), exact) || !IsNear(Number(row, "rough"), rough) || Math.Abs(Number(row, "off") - off) > 1)
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"| `{row.Groups["file"].Value}` | {body.Length} | {exact} | {rough} | {off:+0;-0;0} % |"));
            }
        }

        wrong.ShouldBeEmpty();
        rows.Select(r => r.Groups["file"].Value).Order(StringComparer.Ordinal).ShouldBe(
            Directory.EnumerateFiles(Path.Join(AppContext.BaseDirectory, "golden"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal));
    }

    private static bool IsNear(long shown, long counted) => Math.Abs(shown - counted) <= Math.Max(1, counted / 100);

    private static long Number(Match row, string group) =>
        long.Parse(row.Groups[group].Value.Replace(",", string.Empty, StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| `(?<file>[^`]+)` \| [\d,]+ \| (?<exact>[\d,]+) \| (?<rough>[\d,]+) \| (?<off>[+-]?\d+) % \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
