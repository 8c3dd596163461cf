using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Answers;

/// <summary>A search of the provider's own in Anthropic's words: <c>server_tool_use</c> and <c>web_search_tool_result</c>. On memory of its own.</summary>
/// <param name="Id">Ties the two together; made up where the upstream gave none (E146).</param>
/// <param name="Query">What was searched for; absent when it is not told.</param>
/// <param name="Sources">What was found.</param>
internal sealed record AnthropicSearch(JsonText Id, JsonText Query, IReadOnlyList<SearchSource> Sources)
{
    public static AnthropicSearch Of(SearchTold search, RequestEcho echo) => new(
        search.Id.IsEmpty ? echo.MadeUpId("ws", search.Block) : AnthropicPieces.ToolId(search.Id).Detach(),
        search.Query.Detach(),
        [.. search.Sources.Select(s => new SearchSource(s.Url.Detach(), s.Title.Detach()))]);

    /// <summary><c>{"query":"…"}</c>, or <c>{}</c>.</summary>
    public void WriteInput(IBufferWriter<byte> output)
    {
        output.Write("{"u8);
        if (!Query.IsEmpty)
        {
            output.Write("\"query\":"u8);
            output.WriteText(Query);
        }

        output.Write("}"u8);
    }

    /// <summary>The call; with its input, or without where deltas tell it.</summary>
    public void WriteCall(bool withInput, IBufferWriter<byte> output)
    {
        output.Write("{\"type\":\"server_tool_use\",\"id\":"u8);
        output.WriteText(Id);
        output.Write(",\"name\":\"web_search\",\"input\":"u8);
        if (withInput)
        {
            WriteInput(output);
        }
        else
        {
            output.Write("{}"u8);
        }

        output.Write("}"u8);
    }

    /// <summary>The result. The provider's encrypted content of a page is not to be had from elsewhere: it is empty.</summary>
    public void WriteResult(IBufferWriter<byte> output)
    {
        output.Write("{\"type\":\"web_search_tool_result\",\"tool_use_id\":"u8);
        output.WriteText(Id);
        output.Write(",\"content\":["u8);
        for (var i = 0; i < Sources.Count; i++)
        {
            output.Write(i == 0 ? ""u8 : ","u8);
            output.Write("{\"type\":\"web_search_result\",\"title\":"u8);
            output.WriteText(Sources[i].Title.IsPresent ? Sources[i].Title : Sources[i].Url);
            output.Write(",\"url\":"u8);
            output.WriteText(Sources[i].Url);
            output.Write(",\"encrypted_content\":\"\",\"page_age\":null}"u8);
        }

        output.Write("]}"u8);
    }
}

/// <summary>One of the two blocks of a search in a stream.</summary>
internal sealed class AnthropicSearchBlock(AnthropicSearch search, bool isResult) : AnthropicOutBlock
{
    public override bool SpeaksAtOnce => true;

    public override void WriteDelta(JsonText fragment, IBufferWriter<byte> output)
    {
    }

    protected override void WriteEmptyBlock(IBufferWriter<byte> output)
    {
        if (isResult)
        {
            search.WriteResult(output);
        }
        else
        {
            search.WriteCall(withInput: false, output);
        }
    }

    protected override void AfterStart(IBufferWriter<byte> output)
    {
        if (isResult)
        {
            return;
        }

        var input = new ArrayBufferWriter<byte>();
        search.WriteInput(input);
        var token = new ArrayBufferWriter<byte>(input.WrittenCount + 16);
        token.Write("\""u8);
        JsonEscapes.WriteEscapedAgain(input.WrittenSpan, token);
        token.Write("\""u8);
        WriteDelta(",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"u8, token.WrittenSpan, output);
    }
}
