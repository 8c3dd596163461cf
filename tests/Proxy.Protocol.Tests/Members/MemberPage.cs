using System.Text;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>docs/protocols.md, made of <see cref="MemberFile"/>.</summary>
internal static class MemberPage
{
    private const string Head =
        """
        # What becomes of every member of a request

        A client speaks one of three dialects, an account sits behind one of three upstreams. This page says, pair by pair, what the
        proxy does with each member that a request can have, down to content parts, tools, choices and formats. It is made from
        `docs/protocols.json`, which holds a sample of each member; `tests/Proxy.Protocol.Tests/Members` sends every sample through the
        code, with and without the member, and fails where this page and the code disagree.

        | word | meaning |
        |---|---|
        | carried | arrives whole, under the name that it has there |
        | mapped | arrives in another form, or in part |
        | proxy | the upstream is not told, because the proxy itself does it |
        | dropped | does not arrive |
        | refused | the request is answered with an error that says why |

        Paths name an element of a list by its type or role: `messages[user].content[image]`. A value stands behind a path where it is
        another one than the sample's. Claude's samples run on a model with a thinking budget; on one with effort levels `thinking.type` is
        `adaptive` and the level stands in `output_config.effort`. Members that a dialect does not list are dropped between unlike dialects.
        What the owner's configuration adds (`system-preamble`, payload rules) is not shown.

        """;

    public static string Render(MemberFile file)
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var dialect in MemberFile.Dialects)
        {
            foreach (var upstream in (UpstreamKind[])[UpstreamKind.Claude, UpstreamKind.Codex, UpstreamKind.Compatible])
            {
                var isSame = MemberRun.Spoken(upstream) == dialect;
                page.Append('\n').Append("## ").Append(NameOf(dialect)).Append(" → ").Append(NameOf(upstream)).Append("\n\n");
                page.Append(isSame ? SameDialect(dialect) : Count(file.Of(dialect), upstream)).Append('\n');
                Table(page, file.Of(dialect), upstream, isSame);
            }
        }

        return page.ToString();
    }

    private static string NameOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => "Anthropic Messages",
        Dialect.OpenAIChat => "Chat Completions",
        _ => "Responses",
    };

    private static string NameOf(UpstreamKind upstream) => upstream switch
    {
        UpstreamKind.Claude => "Claude",
        UpstreamKind.Codex => "Codex",
        _ => "a compatible upstream",
    };

    private static string SameDialect(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages =>
            """
            The body goes byte for byte, members unknown to the proxy included. Edited are only the model's name, `betas`, `thinking` where
            the name's suffix asks or the running tool turn has none, and reasoning whose signature Claude would refuse:
            """.ReplaceLineEndings("\n") + "\n",
        Dialect.OpenAIChat =>
            """
            The body goes byte for byte, members unknown to the proxy included. Edited are only the model's name, the effort where the
            name's suffix asks for one, and `stream_options` of a stream whose client says nothing of it:
            """.ReplaceLineEndings("\n") + "\n",
        _ =>
            """
            The body is normalised for the backend, which refuses what it does not know: `instructions` is added where it is missing, `input`
            becomes a list, `store` false, `stream` true, `include` asks for encrypted reasoning, item ids get the prefix of their kind, and
            `service_tier` stays when it is `priority`. Every other value keeps its bytes. All members but these arrive as they were sent:
            """.ReplaceLineEndings("\n") + "\n",
    };

    private static string Count(DialectMembers members, UpstreamKind upstream)
    {
        var fates = members.Members.Select(m => m.At(upstream).Fate).ToList();
        return $"Of {fates.Count} members {fates.Count(f => f == Fate.Carried)} are carried, {fates.Count(f => f == Fate.Mapped)} mapped, {fates.Count(f => f == Fate.Proxy)} done by the proxy, {fates.Count(f => f == Fate.Dropped)} dropped, {fates.Count(f => f == Fate.Refused)} refused.\n";
    }

    private static void Table(StringBuilder page, DialectMembers members, UpstreamKind upstream, bool onlyExceptions)
    {
        foreach (var group in members.Members.Where(m => !onlyExceptions || m.At(upstream).Fate != Fate.Carried).GroupBy(m => m.Group))
        {
            page.Append("| ").Append(group.Key).Append(" | fate | where, or why not |\n|---|---|---|\n");
            foreach (var row in group)
            {
                var fate = row.At(upstream);
                page.Append("| `").Append(row.Member).Append("` | ").Append(fate.Fate.ToString().ToLowerInvariant()).Append(" | ").Append(Say(row, fate)).Append(" |\n");
            }

            page.Append('\n');
        }

        page.Length--;
    }

    private static string Say(MemberRow row, MemberFate fate)
    {
        var sample = row.Sample.ToJsonString();
        var to = fate.Fate == Fate.Refused
            ? string.Join("; ", fate.To)
            : string.Join(", ", fate.To.Select(change => $"`{Path(change, sample)}`").Distinct(StringComparer.Ordinal));
        return string.Join(": ", new[] { to, fate.Why }.Where(s => !string.IsNullOrEmpty(s))).Replace("|", "\\|", StringComparison.Ordinal);
    }

    /// <summary>A value that stands in the sample says nothing new.</summary>
    private static string Path(string change, string sample)
    {
        var at = change.IndexOf(" = ", StringComparison.Ordinal);
        return at > 0 && (sample.Contains(change[(at + 3)..], StringComparison.Ordinal) || change[(at + 3)..].Contains('-', StringComparison.Ordinal)) ? change[..at] : change;
    }
}
