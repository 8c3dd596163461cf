using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>Whatever the order of events, a writer's stream obeys its dialect's grammar and says the same.</summary>
public class WriterPropertyTests
{
    public static TheoryData<Dialect> Dialects => [Dialect.AnthropicMessages, Dialect.OpenAIChat, Dialect.OpenAIResponses];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Any_valid_order_of_events_obeys_the_grammar_and_keeps_what_was_said(Dialect dialect) =>
        ForAnyAnswer(answer => Compare(dialect, Check(dialect, Stream(dialect, answer.Events)), answer));

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_stream_read_back_says_the_same(Dialect dialect) => ForAnyAnswer(answer =>
    {
        var first = Stream(dialect, answer.Events);
        var again = new List<AnswerEvent>();
        Translation.Run(dialect, first.Select(frame => Frames.Named(frame.Name, System.Text.Encoding.UTF8.GetBytes(frame.Data))), again.Add).ShouldBeTrue();
        CheckOrder(again);

        var told = Check(dialect, first);
        var retold = Check(dialect, Stream(dialect, again));
        retold.Text.ToString().ShouldBe(told.Text.ToString());
        retold.Refusal.ToString().ShouldBe(told.Refusal.ToString());
        retold.Reasoning.ToString().ShouldBe(told.Reasoning.ToString());
        retold.Calls.Select(Normal).ShouldBe(told.Calls.Select(Normal));
        retold.Stop.ShouldBe(told.Stop);
        retold.Signatures.ShouldBe(told.Signatures);
    });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_single_answer_says_what_the_stream_says(Dialect dialect) => ForAnyAnswer(answer =>
    {
        using var output = new PooledBufferWriter();
        var writer = Translation.SingleWriter(dialect);
        answer.Events.ForEach(writer.Add);
        writer.Write(output);

        var again = new List<AnswerEvent>();
        Translation.SingleReader(dialect).Read(output.Written.ToArray(), again);
        CheckOrder(again);
        var retold = Check(dialect, Stream(dialect, again));
        var told = Check(dialect, Stream(dialect, answer.Events));
        retold.Calls.Select(Normal).ShouldBe(told.Calls.Select(Normal));
        retold.Stop.ShouldBe(told.Stop);
        retold.Text.Length.ShouldBe(told.Text.Length);
        retold.Refusal.ToString().Length.ShouldBe(told.Refusal.Length);
        retold.Signatures.Order().ShouldBe(told.Signatures.Order());
    });

    private static void ForAnyAnswer(Action<GeneratedAnswer> holds) =>
        Prop.ForAll(
            Gen.Choose(0, 99_999).ArrayOf().ToArbitrary(),
            choices => holds(new GeneratedAnswer(choices))).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60));

    private static List<(string Name, string Data)> Stream(Dialect dialect, List<AnswerEvent> events)
    {
        using var output = new PooledBufferWriter();
        var writer = Translation.Writer(dialect);
        events.ForEach(@event => writer.Write(@event, output));
        return Frames.Parse(output.Written.Span);
    }

    private static AnswerDigest Check(Dialect dialect, List<(string Name, string Data)> frames)
    {
        var digest = dialect switch
        {
            Dialect.AnthropicMessages => AnthropicGrammar.Check(frames),
            Dialect.OpenAIChat => ChatGrammar.Check(frames, includeUsage: true),
            _ => ResponsesGrammar.Check(frames),
        };
        digest.IsComplete.ShouldBeTrue();
        return digest;
    }

    private static void Compare(Dialect dialect, AnswerDigest said, GeneratedAnswer answer)
    {
        switch (dialect)
        {
            case Dialect.AnthropicMessages:
                said.Text.ToString().ShouldBe(answer.TextByOpening(BlockKind.Text, BlockKind.Refusal));
                said.Reasoning.ToString().ShouldBe(answer.TextByOpening(BlockKind.Reasoning));
                said.Calls.Select(Normal).ShouldBe(answer.Calls.Select(call => Normal((call.Name, call.IsCustom ? Wrapped(call.Input) : call.Input))));
                break;
            case Dialect.OpenAIChat:
                said.Text.ToString().ShouldBe(answer.TextInTime);
                said.Refusal.ToString().ShouldBe(answer.RefusalInTime);
                said.Reasoning.ToString().ShouldBe(answer.ReasoningInTime);
                said.Calls.ShouldBe(answer.Calls.Select(call => (call.Name, call.Input.Length == 0 && !call.IsCustom ? "{}" : call.Input)));
                break;
            default:
                said.Text.ToString().ShouldBe(answer.TextByFirstWord(BlockKind.Text));
                said.Refusal.ToString().ShouldBe(answer.TextByFirstWord(BlockKind.Refusal));
                said.Reasoning.ToString().ShouldBe(answer.TextByOpening(BlockKind.Reasoning));
                said.Calls.ShouldBe(answer.Calls.Select(call => (call.Name, call.Input.Length == 0 && !call.IsCustom ? "{}" : call.Input)));
                break;
        }

        said.Stop.ShouldBe(Ending(dialect, answer));
        said.Signatures.Order().ShouldBe(dialect == Dialect.OpenAIChat ? [] : answer.Signatures.Order());
        said.Redacted.ShouldBe(dialect == Dialect.OpenAIChat ? [] : answer.Redacted);
    }

    /// <summary>The table of spec/protocols.md 17; a refusal in the model's own words is a complete answer of OpenAI's dialects.</summary>
    private static string Ending(Dialect dialect, GeneratedAnswer answer) => (dialect, answer.Reason) switch
    {
        (Dialect.AnthropicMessages, StopReason.EndTurn) => "end_turn",
        (Dialect.AnthropicMessages, StopReason.StopSequence) => "stop_sequence",
        (Dialect.AnthropicMessages, StopReason.ToolUse) => "tool_use",
        (Dialect.AnthropicMessages, StopReason.PauseTurn) => "pause_turn",
        (Dialect.AnthropicMessages, StopReason.MaxTokens) => "max_tokens",
        (Dialect.AnthropicMessages, StopReason.ContextWindow) => "model_context_window_exceeded",
        (Dialect.AnthropicMessages, _) => "refusal",
        (Dialect.OpenAIChat, StopReason.ToolUse) => "tool_calls",
        (Dialect.OpenAIChat, StopReason.MaxTokens or StopReason.ContextWindow) => "length",
        (Dialect.OpenAIChat, StopReason.Refusal) when !answer.HasRefused => "content_filter",
        (Dialect.OpenAIChat, _) => "stop",
        (_, StopReason.MaxTokens or StopReason.ContextWindow) => "incomplete/max_output_tokens",
        (_, StopReason.Refusal) when !answer.HasRefused => "incomplete/content_filter",
        _ => "completed",
    };

    /// <summary>JSON text in one spelling; the plain text of a custom tool may look like the beginning of some.</summary>
    private static (string Name, string Input) Normal((string Name, string Input) call)
    {
        if (call.Input.Length == 0)
        {
            return (call.Name, "{}");
        }

        try
        {
            return (call.Name, System.Text.Json.JsonSerializer.Serialize(Frames.Json(call.Input)));
        }
        catch (System.Text.Json.JsonException)
        {
            return call;
        }
    }

    private static string Wrapped(string input) => System.Text.Json.JsonSerializer.Serialize(new { input });

    /// <summary>Started first, one end last, every block opened once, spoken to while open, closed once, numbered in order.</summary>
    private static void CheckOrder(List<AnswerEvent> events)
    {
        events[0].ShouldBeOfType<AnswerStarted>();
        events[^1].ShouldBeOfType<AnswerEnded>();
        var open = new HashSet<int>();
        var opened = 0;
        foreach (var @event in events.Skip(1).SkipLast(1))
        {
            switch (@event)
            {
                case BlockOpened block:
                    block.Block.ShouldBe(opened++);
                    open.Add(block.Block);
                    break;
                case BlockDelta delta:
                    open.ShouldContain(delta.Block);
                    break;
                case BlockClosed closed:
                    open.Remove(closed.Block).ShouldBeTrue();
                    break;
                case AnswerStarted or AnswerEnded or AnswerFailed:
                    throw new ShouldAssertException("out of order: " + @event);
            }
        }

        open.ShouldBeEmpty();
    }
}
