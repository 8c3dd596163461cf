using System.Buffers;
using System.Text;
using Proxy.Protocol.Sockets;

namespace Proxy.Protocol.Tests.Sockets;

public sealed class SocketTranscriptTests
{
    private const string First = """{"type":"response.create","model":"gpt-5.5","store":false,"instructions":"Be brief","stream":true,"input":[{"role":"user","content":"one"}]}""";

    [Fact]
    public void Message_becomes_the_body_of_a_streamed_request() =>
        Body(new SocketTranscript(10_000), First).ShouldBe("""{"model":"gpt-5.5","store":false,"instructions":"Be brief","stream":true,"input":[{"role":"user","content":"one"}]}""");

    [Fact]
    public void Text_input_is_one_message_of_the_user() =>
        Body(new SocketTranscript(10_000), """{"type":"response.create","model":"m","input":"h\u00e9"}""")
            .ShouldBe("""{"model":"m","stream":true,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"h\u00e9"}]}]}""");

    [Fact]
    public void What_is_new_goes_behind_all_turns_before_it()
    {
        var transcript = new SocketTranscript(10_000);
        transcript.Remember(Message(First), "resp_1", """[{"id":"m1"},{"id":"f1"}]"""u8);
        var second = """{"type":"response.create","model":"m","previous_response_id":"resp_1","input":[{"id":"o1"}]}""";
        transcript.Remember(Message(second), "resp_2", "[]"u8);

        Body(transcript, """{"type":"response.create","model":"m","previous_response_id":"resp_2","input":[{"id":"o2"}]}""")
            .ShouldBe("""{"model":"m","stream":true,"input":[{"role":"user","content":"one"},{"id":"m1"},{"id":"f1"},{"id":"o1"},{"id":"o2"}]}""");
        Body(transcript, """{"type":"response.create","model":"m","previous_response_id":"resp_1","input":[]}""")
            .ShouldBe("""{"model":"m","stream":true,"input":[{"role":"user","content":"one"},{"id":"m1"},{"id":"f1"}]}""");
    }

    [Fact]
    public void Fault71_unknown_previous_response_is_named()
    {
        var message = Message("""{"type":"response.create","previous_response_id":"resp_0","input":[]}""");

        var problem = new SocketTranscript(10_000).WriteBody(message, new ArrayBufferWriter<byte>());

        problem!.Code.ShouldBe("previous_response_not_found");
        problem.Parameter.ShouldBe("previous_response_id");
        problem.Message.ShouldContain("resp_0");
    }

    [Fact]
    public void Only_the_last_responses_are_remembered()
    {
        var transcript = new SocketTranscript(10_000);
        for (var i = 0; i < 9; i++)
        {
            transcript.Remember(Message(First), $"resp_{i}", "[]"u8);
        }

        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_0","input":[]}"""), new ArrayBufferWriter<byte>()).ShouldNotBeNull();
        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_1","input":[]}"""), new ArrayBufferWriter<byte>()).ShouldBeNull();
    }

    [Fact]
    public void Clients_that_send_the_whole_each_time_make_no_more_remembered_than_the_limit()
    {
        var transcript = new SocketTranscript(1000);
        var whole = $$"""{"type":"response.create","model":"m","input":["{{new string('x', 400)}}"]}""";

        for (var i = 0; i < 5; i++)
        {
            transcript.Remember(Message(whole), $"resp_{i}", "[]"u8);
            transcript.Held.ShouldBeInRange(402, 1000);
        }

        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_2","input":[]}"""), new ArrayBufferWriter<byte>()).ShouldNotBeNull();
        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_4","input":[]}"""), new ArrayBufferWriter<byte>()).ShouldBeNull();
        transcript.Forget();
        transcript.Held.ShouldBe(0);
        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_4","input":[]}"""), new ArrayBufferWriter<byte>()).ShouldNotBeNull();
    }

    [Fact]
    public void Responses_that_go_on_from_each_other_count_what_they_share_once()
    {
        var transcript = new SocketTranscript(10_000);
        transcript.Remember(Message(First), "resp_0", "[1]"u8);
        var one = transcript.Held;
        for (var i = 1; i < 30; i++)
        {
            transcript.Remember(Message($$"""{"type":"response.create","model":"m","previous_response_id":"resp_{{i - 1}}","input":[2]}"""), $"resp_{i}", "[3]"u8);
        }

        transcript.Held.ShouldBe(one + (29 * 2));
    }

    [Fact]
    public void History_counts_against_the_limit()
    {
        var transcript = new SocketTranscript(100);
        transcript.Remember(Message(First), "resp_1", Encoding.UTF8.GetBytes($"[\"{new string('x', 80)}\"]"));

        transcript.WriteBody(Message("""{"type":"response.create","previous_response_id":"resp_1","input":[]}"""), new ArrayBufferWriter<byte>())!.Code.ShouldBe("message_too_big");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"type":"response.append","input":[]}""")]
    [InlineData("""{"input":[]}""")]
    [InlineData("""{"type":"response.create","input":5}""")]
    public void What_is_no_message_has_a_problem(string text)
    {
        SocketMessage.Read(Encoding.UTF8.GetBytes(text), out var problem).ShouldBeNull();
        problem.ShouldNotBeNull();
    }

    [Fact]
    public void Preparing_is_told_apart() => Message("""{"type":"response.create","generate":false,"model":"m","input":[]}""").Generates.ShouldBeFalse();

    private static SocketMessage Message(string text)
    {
        var message = SocketMessage.Read(Encoding.UTF8.GetBytes(text), out var problem);
        problem.ShouldBeNull();
        return message!;
    }

    private static string Body(SocketTranscript transcript, string text)
    {
        var body = new ArrayBufferWriter<byte>();
        transcript.WriteBody(Message(text), body).ShouldBeNull();
        return Encoding.UTF8.GetString(body.WrittenSpan);
    }
}
