using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Json;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Exchanges;

public class TranslatedStreamTests
{
    private static readonly Dialect[] All = [Dialect.AnthropicMessages, Dialect.OpenAIChat, Dialect.OpenAIResponses];

    public static TheoryData<Dialect, Dialect> Pairs
    {
        get
        {
            var pairs = new TheoryData<Dialect, Dialect>();
            foreach (var from in All)
            {
                foreach (var to in All.Where(to => to != from))
                {
                    pairs.Add(from, to);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_whole_stream_says_the_same_in_the_other_dialect(Dialect from, Dialect to)
    {
        var streamed = TranslatedStreams.Run(from, to, TranslatedStreams.Sample(from));

        streamed.IsComplete.ShouldBeTrue();
        streamed.Kinds[^1].ShouldBe(FrameKind.Terminal);
        streamed.Stream.Usage.TotalInput.ShouldBe(10);
        streamed.Stream.Usage.Output.ShouldBe(7);
        var digest = Check(to, streamed.Frames);
        digest.IsComplete.ShouldBeTrue();
        digest.Text.ToString().ShouldBe("Hé \"x\"");
        digest.Reasoning.ToString().ShouldBe("hm 😀");
        digest.Calls.ShouldBe([("ls", "{\"p\":1.10}")]);
        digest.Stop.ShouldBe(to switch { Dialect.AnthropicMessages => "tool_use", Dialect.OpenAIChat => "tool_calls", _ => "completed" });
        if (from != Dialect.OpenAIChat && to != Dialect.OpenAIChat)
        {
            digest.Signatures.ShouldBe([from == Dialect.AnthropicMessages ? "EqSig" : "gAAAAfinal"]);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Handshake_frames_are_told_from_content(Dialect from, Dialect to)
    {
        var kinds = TranslatedStreams.Run(from, to, TranslatedStreams.Sample(from)).Kinds;

        var first = kinds.IndexOf(FrameKind.Content);
        first.ShouldBe(from switch { Dialect.AnthropicMessages => 3, Dialect.OpenAIChat => 1, _ => 4 });
        kinds.Take(first).ShouldAllBe(kind => kind == FrameKind.Handshake || kind == FrameKind.Noise);
        kinds.Count(kind => kind == FrameKind.Terminal).ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_gathered_stream_is_the_single_answer(Dialect from, Dialect to)
    {
        var streamed = TranslatedStreams.Run(TranslatedStreams.Open(from, to, gather: true), Encoding.UTF8.GetBytes(TranslatedStreams.Sample(from)));

        streamed.IsComplete.ShouldBeTrue();
        var events = new List<Protocol.Answers.AnswerEvent>();
        Translation.SingleReader(to).Read(Encoding.UTF8.GetBytes(streamed.Output), events);
        var again = Translation.Writer(to);
        using var output = new PooledBufferWriter();
        events.ForEach(@event => again.Write(@event, output));
        var digest = Check(to, Frames.Parse(output.Written.Span));
        digest.Text.ToString().ShouldBe("Hé \"x\"");
        digest.Calls.ShouldBe([("ls", "{\"p\":1.10}")]);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Any_split_of_the_upstream_bytes_gives_the_same_client_bytes(Dialect from, Dialect to)
    {
        var bytes = Encoding.UTF8.GetBytes(TranslatedStreams.Sample(from));
        var whole = TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes);
        for (var cut = 0; cut <= bytes.Length; cut += 7)
        {
            TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes, cut).Output.ShouldBe(whole.Output);
        }

        Prop.ForAll(
            Gen.Choose(0, bytes.Length).ArrayOf().ToArbitrary(),
            cuts => TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes, [.. cuts.Order()]).Output.ShouldBe(whole.Output))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(20));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault26_Fault27_a_cut_stream_is_never_complete_before_its_terminal_event(Dialect from, Dialect to)
    {
        var sample = TranslatedStreams.Sample(from);
        var bytes = Encoding.UTF8.GetBytes(sample);
        var whole = TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes).Output;

        // A chat stream is complete once the finish reason is there (spec/protocols.md 7.2).
        var last = from == Dialect.OpenAIChat ? sample.IndexOf("finish_reason\":\"tool_calls", StringComparison.Ordinal) : sample.Length;
        var mayEnd = from == Dialect.OpenAIChat ? Encoding.UTF8.GetByteCount(sample[..(sample.IndexOf("\n\n", last, StringComparison.Ordinal) + 2)]) : bytes.Length;
        for (var length = 0; length < mayEnd; length++)
        {
            var cut = TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes[..length]);
            cut.IsComplete.ShouldBeFalse($"cut at {length}");
            whole.ShouldStartWith(cut.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_mutated_stream_never_throws(Dialect from, Dialect to)
    {
        var bytes = Encoding.UTF8.GetBytes(TranslatedStreams.Sample(from));
        Prop.ForAll(
            Gen.Zip(Gen.Choose(0, bytes.Length - 1), Gen.Choose(0, 255)).ArrayOf().ToArbitrary(),
            changes =>
            {
                var mutated = bytes.ToArray();
                foreach (var (at, value) in changes)
                {
                    mutated[at] = (byte)value;
                }

                var streamed = TranslatedStreams.Run(TranslatedStreams.Open(from, to), mutated);
                (streamed.IsComplete && streamed.Stream.Error is not null).ShouldBeFalse();
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(6));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void V9_Fault27_an_early_close_becomes_the_dialects_error_and_no_clean_end(Dialect from, Dialect to)
    {
        var sample = TranslatedStreams.Sample(from);
        var upstream = sample[..(sample.IndexOf("\n\n", sample.IndexOf("Hé", StringComparison.Ordinal), StringComparison.Ordinal) + 2)];
        var stream = TranslatedStreams.Open(from, to);
        var cut = TranslatedStreams.Run(stream, Encoding.UTF8.GetBytes(upstream));
        cut.IsComplete.ShouldBeFalse();
        using var output = new PooledBufferWriter();
        stream.WriteFailure(new Failure { Class = FailureClass.Truncated, Scope = FailureScope.Request, Message = "the upstream closed early" }, output);

        var frames = Frames.Parse([.. Encoding.UTF8.GetBytes(cut.Output), .. output.Written.Span]);
        var error = Frames.Json(frames[^1].Data);
        switch (to)
        {
            case Dialect.AnthropicMessages:
                frames[^1].Name.ShouldBe("error");
                error.GetProperty("error").GetProperty("type").GetString().ShouldBe("api_error");
                frames.ShouldNotContain(frame => frame.Name == "message_stop");
                break;
            case Dialect.OpenAIChat:
                error.GetProperty("error").GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
                frames.ShouldNotContain(frame => frame.Data == "[DONE]");
                break;
            default:
                frames[^1].Name.ShouldBe("response.failed");
                error.GetProperty("sequence_number").GetInt32().ShouldBe(frames.Count - 1, "the numbers go on");
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault28_a_second_terminal_event_changes_nothing(Dialect from, Dialect to)
    {
        var sample = TranslatedStreams.Sample(from);
        var last = sample[(sample.LastIndexOf("\n\n", sample.Length - 3, StringComparison.Ordinal) + 2)..];
        var stream = TranslatedStreams.Open(from, to);
        var bytes = Encoding.UTF8.GetBytes(sample);
        var once = TranslatedStreams.Run(TranslatedStreams.Open(from, to), bytes).Output;

        var first = TranslatedStreams.Run(stream, bytes);
        using var more = new PooledBufferWriter();
        foreach (var frame in Frames.Of(Frames.Parse(Encoding.UTF8.GetBytes(last)).Select(frame => frame.Name.Length > 0 ? $"{frame.Name}|{frame.Data}" : frame.Data).ToArray()))
        {
            stream.Read(frame, more).ShouldBe(FrameKind.Noise);
        }

        stream.Complete(more).ShouldBeTrue();
        more.Length.ShouldBe(0);
        first.Output.ShouldBe(once);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault31_unknown_events_and_members_are_passed_over(Dialect from, Dialect to)
    {
        var sample = TranslatedStreams.Sample(from);
        var unknown = from == Dialect.OpenAIChat
            ? """{"id":"c1","object":"future.chunk","novelty":{"a":[1,2]},"choices":[]}"""
            : """future.event|{"type":"future.event","index":9,"novelty":{"a":[1,2]}}""";
        var odd = sample.Replace("\n\n", "\n\n" + TranslatedStreams.Sse(unknown), StringComparison.Ordinal);
        odd = odd[..odd.LastIndexOf(TranslatedStreams.Sse(unknown), StringComparison.Ordinal)];

        TranslatedStreams.Run(from, to, odd).Output.ShouldBe(TranslatedStreams.Run(from, to, sample).Output);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Fault36_an_error_event_after_text_is_told_as_an_error_and_leaves_no_bytes(Dialect from, Dialect to)
    {
        var error = from switch
        {
            Dialect.AnthropicMessages => """error|{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""",
            Dialect.OpenAIChat => """{"error":{"message":"Overloaded","type":"overloaded_error","code":null}}""",
            _ => """response.failed|{"type":"response.failed","response":{"status":"failed","error":{"code":"overloaded_error","message":"Overloaded"}}}""",
        };
        var sample = TranslatedStreams.Sample(from);
        var end = sample.IndexOf("\n\n", sample.IndexOf("Hé", StringComparison.Ordinal), StringComparison.Ordinal) + 2;
        var before = TranslatedStreams.Run(from, to, sample[..end]);
        var streamed = TranslatedStreams.Run(from, to, sample[..end] + TranslatedStreams.Sse(error) + sample[end..]);

        streamed.Kinds[^1].ShouldBe(FrameKind.Error);
        streamed.IsComplete.ShouldBeFalse();
        streamed.Stream.Error!.Message.ShouldBe("Overloaded");
        (streamed.Stream.Error.Type ?? streamed.Stream.Error.Code).ShouldBe("overloaded_error");
        streamed.Output.ShouldBe(before.Output);
    }

    [Theory]
    [InlineData(Dialect.AnthropicMessages, "\"stop_reason\":\"max_tokens\"")]
    [InlineData(Dialect.OpenAIChat, "\"finish_reason\":\"length\"")]
    public void V10_an_incomplete_answer_says_so(Dialect to, string expected)
    {
        var streamed = TranslatedStreams.Run(Dialect.OpenAIResponses, to, TranslatedStreams.Sse(
            """{"type":"response.created","response":{"id":"r1","model":"m"}}""",
            """{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"Hi"}""",
            """{"type":"response.incomplete","response":{"id":"r1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}}"""));

        streamed.IsComplete.ShouldBeTrue();
        streamed.Output.ShouldContain(expected);
    }

    private static AnswerDigest Check(Dialect dialect, List<(string Name, string Data)> frames) => dialect switch
    {
        Dialect.AnthropicMessages => AnthropicGrammar.Check(frames),
        Dialect.OpenAIChat => ChatGrammar.Check(frames, includeUsage: true),
        _ => ResponsesGrammar.Check(frames),
    };
}
