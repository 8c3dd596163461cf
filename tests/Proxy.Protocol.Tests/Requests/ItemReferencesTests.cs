using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Tests.Requests;

public sealed class ItemReferencesTests
{
    [Fact]
    public void References_become_the_items_byte_for_byte_and_nothing_else_changes()
    {
        var request = Read("""{ "model":"m", "input":[ {"role":"user","content":"é \u00e9"} , {"type":"item_reference","id":"msg_\u0031"},{"id":"fc_1","type":null} ],"x":1.0 }""");
        request.HasReferences.ShouldBeTrue();

        var whole = ItemReferences.Expand(request, id => Bytes($$"""{ "id":"{{id}}", "n":1.50 }"""), out var problem);

        problem.ShouldBeNull();
        Encoding.UTF8.GetString(whole!.Body.Span).ShouldBe("""{ "model":"m", "input":[ {"role":"user","content":"é \u00e9"} , { "id":"msg_1", "n":1.50 },{ "id":"fc_1", "n":1.50 } ],"x":1.0 }""");
        whole.HasReferences.ShouldBeFalse();
        whole.Headers.ShouldBeSameAs(request.Headers);
    }

    [Fact]
    public void Reasoning_that_comes_in_by_name_counts_as_reasoning()
    {
        var request = Read("""{"model":"m","input":[{"type":"item_reference","id":"rs_1"}]}""");
        request.HasReasoning.ShouldBeFalse();

        ItemReferences.Expand(request, _ => Bytes($$"""{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"{{Exchanges.Exchanging.CodexToken}}"}"""), out _)!
            .HasReasoning.ShouldBeTrue();
    }

    [Fact]
    public void Unknown_item_is_named()
    {
        ItemReferences.Expand(Read("""{"model":"m","input":[{"type":"item_reference","id":"msg_1"},{"type":"item_reference","id":"msg_2"}]}"""), id => id == "msg_1" ? Bytes("{}") : default, out var problem).ShouldBeNull();
        problem.ShouldBe(new RequestProblem("input item 'msg_2' is not known here: send the item itself", "input"));
    }

    [Fact]
    public void One_large_item_named_a_hundred_times_is_refused_before_it_is_copied()
    {
        var item = new byte[1024 * 1024];
        var input = string.Join(',', Enumerable.Repeat("""{"type":"item_reference","id":"msg_1"}""", 100));

        ItemReferences.Expand(Read($$"""{"model":"m","input":[{{input}}]}"""), _ => item, out var problem).ShouldBeNull();
        problem!.Message.ShouldContain("64 MiB");
    }

    [Theory]
    [InlineData("""{"model":"m","input":"x"}""", true)]
    [InlineData("""{"model":"m","input":"x","store":true}""", true)]
    [InlineData("""{"model":"m","input":"x","store":null}""", true)]
    [InlineData("""{"model":"m","input":"x","store":false}""", false)]
    public void Client_that_stores_nothing_refers_to_nothing(string body, bool mayBeReferredTo) => Read(body).MayBeReferredTo.ShouldBe(mayBeReferredTo);

    [Fact]
    public void Answers_of_other_dialects_are_not_referred_to()
    {
        Read("""{"model":"m","messages":[]}""", Dialect.OpenAIChat).MayBeReferredTo.ShouldBeFalse();
        Read("""{"model":"m","messages":[]}""", Dialect.AnthropicMessages).MayBeReferredTo.ShouldBeFalse();
        Read("""{"model":"m","input":"x"}""", Dialect.OpenAIChat).MayBeReferredTo.ShouldBeFalse();
    }

    [Theory]
    [InlineData("response.completed")]
    [InlineData("response.incomplete")]
    public void Items_of_an_answer_are_read_as_its_client_gets_them(string type)
    {
        const string Response = """{"id":"resp_1","output":[{"id":"rs_1","type":"reasoning"},{"type":"message"},{"id":"msg_\u0031","type":"message","n":1.50},7,{"id":"cmp_1","type":"compaction"}]}""";
        (string, bool, string)[] expected = [("rs_1", true, """{"id":"rs_1","type":"reasoning"}"""), ("msg_1", false, """{"id":"msg_\u0031","type":"message","n":1.50}"""), ("cmp_1", true, """{"id":"cmp_1","type":"compaction"}""")];

        Items(AnswerItems.OfResponse(Bytes(Response))).ShouldBe(expected);
        Items(AnswerItems.OfFrames(Bytes($$"""event: {{type}}{{"\n"}}data: {"type":"{{type}}","response":{{Response}} }{{"\n\n"}}"""))).ShouldBe(expected);
        Items(AnswerItems.OfFrames(Bytes($$"""data: {"type":"response.output_item.done","item":{} }{{"\n\n"}}data: {"response":{{Response}},"type":"{{type}}"}{{"\n\n"}}"""))).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"output":{}}""")]
    [InlineData("""{"output":[{"id":7}]}""")]
    public void What_has_no_items_has_none(string response)
    {
        AnswerItems.OfResponse(Bytes(response)).ShouldBeEmpty();
        AnswerItems.OfFrames(Bytes($"event: response.completed\ndata: {response}\n\n")).ShouldBeEmpty();
        AnswerItems.OfFrames(Bytes($"event: response.failed\ndata: {{\"response\":{response}}}\n\n")).ShouldBeEmpty();
    }

    private static List<(string, bool, string)> Items(IReadOnlyList<AnswerItem> items) => [.. items.Select(i => (i.Id, i.IsBound, Encoding.UTF8.GetString(i.Json.Span)))];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static ClientRequest Read(string body, Dialect dialect = Dialect.OpenAIResponses) => Exchanges.Exchanging.Request(dialect, body);
}
