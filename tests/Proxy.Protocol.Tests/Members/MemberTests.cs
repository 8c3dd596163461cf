using System.Text;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>What docs/protocols.md says is what the code does.</summary>
public sealed class MemberTests
{
    private const string Renew = "RENEW_PROTOCOLS_PAGE";

    public static TheoryData<Dialect, UpstreamKind> Pairs
    {
        get
        {
            var pairs = new TheoryData<Dialect, UpstreamKind>();
            foreach (var dialect in MemberFile.Dialects)
            {
                foreach (var upstream in MemberFile.Upstreams)
                {
                    pairs.Add(dialect, upstream);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_member_has_the_fate_and_the_places_that_the_list_says(Dialect dialect, UpstreamKind upstream)
    {
        var run = new MemberRun(MemberFile.Instance, dialect, upstream);
        var differences = new List<string>();
        foreach (var row in MemberFile.Instance.Of(dialect).Members)
        {
            var said = row.At(upstream);
            var (fate, to) = run.Of(row);
            if (!Agrees(said, fate) || !said.To.SequenceEqual(to, StringComparer.Ordinal))
            {
                differences.Add($"{row.Member}: the list says {said.Fate} [{string.Join("; ", said.To)}], the code {fate} [{string.Join("; ", to)}]");
            }
        }

        differences.ShouldBeEmpty(string.Join('\n', differences));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void What_does_not_arrive_as_it_is_has_a_reason(Dialect dialect, UpstreamKind upstream)
    {
        foreach (var row in MemberFile.Instance.Of(dialect).Members)
        {
            var said = row.At(upstream);
            if (said.Fate is Fate.Dropped or Fate.Proxy or Fate.Refused)
            {
                (said.Why?.Length ?? 0).ShouldBeGreaterThan(5, $"{dialect} → {upstream}: why is '{row.Member}' {said.Fate}?");
            }
        }
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages)]
    [InlineData(Dialect.OpenAIChat)]
    [InlineData(Dialect.OpenAIResponses)]
    public void Every_member_of_the_wire_specification_is_listed_once(Dialect dialect)
    {
        var listed = MemberFile.Instance.Of(dialect).Members.Select(m => m.Member).ToList();

        listed.ShouldBeUnique();
        MemberNames.Of(dialect).Except(listed, StringComparer.Ordinal).ShouldBeEmpty("spec/wire-protocols.md names them, docs/protocols.json does not");
    }

    [Fact]
    public void The_page_is_the_list()
    {
        var page = MemberPage.Render(MemberFile.Instance);
        if (Environment.GetEnvironmentVariable(Renew) is { Length: > 0 })
        {
            File.WriteAllText(Path.Join(Root(), "docs", "protocols.md"), page, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            return;
        }

        var written = File.ReadAllText(Path.Join(AppContext.BaseDirectory, "protocols", "protocols.md"));

        written.ReplaceLineEndings("\n").ShouldBe(
            page, $"docs/protocols.json changed: make docs/protocols.md anew with  {Renew}=1 dotnet test tests/Proxy.Protocol.Tests --filter {nameof(The_page_is_the_list)}");
    }

    /// <summary>A reviewer may call "mapped" what the reader of the upstream's dialect can't tell from the original, and says then why.</summary>
    private static bool Agrees(MemberFate said, Fate done) => said.Fate switch
    {
        Fate.Proxy => done == Fate.Dropped,
        Fate.Mapped when said.Why is not null => done is Fate.Mapped or Fate.Carried,
        _ => said.Fate == done,
    };

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Join(folder.FullName, "CliProxyActors.sln")))
        {
            folder = folder.Parent;
        }

        return folder.ShouldNotBeNull().FullName;
    }
}
