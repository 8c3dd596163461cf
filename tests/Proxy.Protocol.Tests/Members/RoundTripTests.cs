using System.Text;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Tests.Conversations;

namespace Proxy.Protocol.Tests.Members;

/// <summary>There and back: what the list says is carried or mapped is still there after another dialect, and after the way home.</summary>
public sealed class RoundTripTests
{
    private const int Conversations = 200;

    /// <summary>The kinds of facts of <see cref="LooseForm"/>, and the member that stands for each in the list, per dialect.</summary>
    private static readonly Dictionary<string, (string? Anthropic, string? Chat, string? Responses)> Kinds = new(StringComparer.Ordinal)
    {
        ["stream"] = ("stream", "stream", "stream"),
        ["limit"] = ("max_tokens", "max_tokens", "max_output_tokens"),
        ["temperature"] = ("temperature", "temperature", "temperature"),
        ["top_p"] = ("top_p", "top_p", "top_p"),
        ["stops"] = ("stop_sequences", "stop", null),
        ["schema"] = ("output_config.format", "response_format json_schema", "text.format json_schema"),
        ["json"] = (null, "response_format json_object", "text.format json_object"),
        ["verbosity"] = (null, "verbosity", "text.verbosity"),
        ["priority"] = ("speed", "service_tier", "service_tier"),
        ["effort"] = ("output_config.effort", "reasoning_effort", "reasoning.effort"),
        ["parallel"] = ("tool_choice.disable_parallel_tool_use", "parallel_tool_calls", "parallel_tool_calls"),
        ["choice"] = ("tool_choice any", "tool_choice required", "tool_choice required"),
        ["tool"] = ("tools[]", "tools[] function", "tools[] function"),
        ["parameters"] = ("tools[]", "tools[] function", "tools[] function"),
        ["strict"] = ("tools[].strict", "tools[].function.strict", "tools[].strict"),
        ["grammar"] = (null, "tools[].custom.format grammar", "tools[].format grammar"),
        ["search"] = ("tools[] web_search_*", "web_search_options", "tools[] web_search"),
        ["domains"] = ("tools[] web_search_*: allowed_domains", null, "tools[] web_search: filters"),
        ["place"] = ("tools[] web_search_*: user_location", "web_search_options.user_location", "tools[] web_search: user_location"),
        ["instructions"] = ("system (text)", "messages[] system", "instructions"),
        ["image data"] = ("image base64", "image_url (data)", "input_image data"),
        ["image url"] = ("image url", "image_url", "input_image url"),
        ["detail"] = (null, "image_url.detail", "input_image.detail"),
        ["file data"] = ("document base64", "file (data)", "input_file data"),
        ["file name"] = ("document.title", "file.filename", "input_file.filename"),
        ["file url"] = ("document url", null, "input_file file_url"),
        ["result image"] = ("tool_result image", "tool content (parts)", "function_call_output (parts)"),
    };

    public static TheoryData<Dialect, UpstreamKind> UnlikePairs
    {
        get
        {
            var pairs = new TheoryData<Dialect, UpstreamKind>();
            foreach (var dialect in MemberFile.Dialects)
            {
                foreach (var upstream in MemberFile.Upstreams.Where(u => MemberRun.Spoken(u) != dialect))
                {
                    pairs.Add(dialect, upstream);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(UnlikePairs))]
    public void A_conversation_comes_home_with_all_that_the_list_says_arrives(Dialect home, UpstreamKind upstream)
    {
        var away = MemberRun.Spoken(upstream);
        var homeUpstream = MemberFile.Upstreams[MemberFile.Dialects.ToList().IndexOf(home)];
        bool There(string kind) => Arrives(kind, home, upstream);
        bool ThereAndBack(string kind) => There(kind) && Arrives(kind, away, homeUpstream);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var failures = new List<string>();
        for (var seed = 0; seed < Conversations; seed++)
        {
            var made = GeneratedConversation.Of(home, seed);
            var first = Translation.Read(home, made.Json);
            var sent = Write(upstream, first);
            var second = Translation.Read(away, sent);
            var back = Write(homeUpstream, second);
            var third = Translation.Read(home, back);

            Compare($"{seed} there", LooseForm.Of(first, There), LooseForm.Of(second, There), failures);
            Compare($"{seed} and back", LooseForm.Of(first, ThereAndBack), LooseForm.Of(third, ThereAndBack), failures);
            failures.AddRange(made.Marks.Where(mark => !sent.Contains(mark, StringComparison.Ordinal) || !back.Contains(mark, StringComparison.Ordinal)).Select(mark => $"{seed} lost the words {mark}"));
            seen.UnionWith(LooseForm.Of(first, There).Settings.Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]));
        }

        failures.ShouldBeEmpty($"{failures.Count} differences, the first: {string.Join('\n', failures.Take(8))}");

        // a comparison of nothing would pass, too
        foreach (var kind in new[] { "tool", "parameters", "choice", "schema", "instructions", "parallel" })
        {
            seen.ShouldContain(kind);
        }
    }

    [Fact]
    public void Every_kind_of_fact_is_a_member_of_the_list()
    {
        foreach (var (kind, members) in Kinds)
        {
            foreach (var (dialect, member) in new[] { (Dialect.AnthropicMessages, members.Anthropic), (Dialect.OpenAIChat, members.Chat), (Dialect.OpenAIResponses, members.Responses) })
            {
                if (member is not null)
                {
                    MemberFile.Instance.Of(dialect).Members.ShouldContain(m => m.Member == member, $"{kind} in {dialect}");
                }
            }
        }
    }

    private static bool Arrives(string kind, Dialect dialect, UpstreamKind upstream)
    {
        var members = Kinds[kind];
        var member = dialect switch { Dialect.AnthropicMessages => members.Anthropic, Dialect.OpenAIChat => members.Chat, _ => members.Responses };
        return member is not null && MemberFile.Instance.Of(dialect).Members.Single(m => m.Member == member).At(upstream).Fate is Fate.Carried or Fate.Mapped;
    }

    private static string Write(UpstreamKind upstream, Conversation conversation)
    {
        // a model of efforts that takes a temperature: nothing is lost to the model, only to the dialect
        var info = upstream == UpstreamKind.Claude ? Translation.Claude("claude-sonnet-4-6") : null;
        using var output = new PooledBufferWriter();
        Translation.TryWrite(upstream, conversation, new WriteContext { Model = "m", Info = info }, output).ShouldBeNull();
        return Encoding.UTF8.GetString(output.Written.Span);
    }

    private static void Compare(string where, LooseForm before, LooseForm after, List<string> failures)
    {
        failures.AddRange(before.Settings.Except(after.Settings, StringComparer.Ordinal).Select(line => $"{where} lost {line}"));
        for (var i = 0; i < Math.Max(before.Turns.Count, after.Turns.Count); i++)
        {
            var (was, @is) = (before.Turns.ElementAtOrDefault(i), after.Turns.ElementAtOrDefault(i));
            if (was != @is)
            {
                failures.Add($"{where}, line {i}: was [{was}] is [{@is}]");
                break;
            }
        }
    }
}
