using System.Globalization;
using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Benchmarks;

/// <summary>The streams and bodies that the benchmarks work on; all words are made up.</summary>
internal static class Samples
{
    public const int Deltas = 100;
    public const string ClaudeModel = "claude-sonnet-4-5-20250929";

    /// <summary>An Anthropic stream of <see cref="Deltas"/> text deltas.</summary>
    public static byte[] AnthropicStream()
    {
        var text = new StringBuilder();
        text.Append("""event: message_start""").Append('\n')
            .Append("""data: {"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}""").Append("\n\n")
            .Append("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (var i = 0; i < Deltas; i++)
        {
            text.Append("event: content_block_delta\n").Append(AnthropicDelta(i)).Append("\n\n");
        }

        text.Append("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n")
            .Append("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":100}}\n\n")
            .Append("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The data line of one delta.</summary>
    public static string AnthropicDelta(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word{{{i}}} lorem ipsum "}}""");

    /// <summary>A Responses stream of <see cref="Deltas"/> text deltas.</summary>
    public static byte[] ResponsesStream()
    {
        const string Item = """{"id":"msg_bench","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"text":"done"}],"role":"assistant"}""";
        var text = new StringBuilder();
        text.Append("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_bench\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"in_progress\",\"model\":\"gpt-5.5\",\"output\":[]}}\n\n")
            .Append("event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"msg_bench\",\"type\":\"message\",\"status\":\"in_progress\",\"content\":[],\"role\":\"assistant\"}}\n\n")
            .Append("event: response.content_part.added\ndata: {\"type\":\"response.content_part.added\",\"sequence_number\":2,\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"annotations\":[],\"text\":\"\"}}\n\n");
        for (var i = 0; i < Deltas; i++)
        {
            text.Append("event: response.output_text.delta\n").Append(ResponsesDelta(i)).Append("\n\n");
        }

        text.Append("event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":900,\"output_index\":0,\"item\":").Append(Item).Append("}\n\n")
            .Append("event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":901,\"response\":{\"id\":\"resp_bench\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"completed\",\"model\":\"gpt-5.5\",\"output\":[").Append(Item)
            .Append("],\"usage\":{\"input_tokens\":25,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":100,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":125}}}\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The data line of one delta.</summary>
    public static string ResponsesDelta(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""data: {"type":"response.output_text.delta","sequence_number":{{i + 3}},"item_id":"msg_bench","output_index":0,"content_index":0,"delta":"word{{i}} lorem ipsum "}""");

    /// <summary>A Chat stream of <see cref="Deltas"/> text deltas.</summary>
    public static byte[] ChatStream()
    {
        const string Head = """data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"some-model","choices":[""";
        var text = new StringBuilder();
        text.Append(Head).Append("""{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""").Append("\n\n");
        for (var i = 0; i < Deltas; i++)
        {
            text.Append(ChatDelta(i)).Append("\n\n");
        }

        text.Append(Head).Append("""{"index":0,"delta":{},"finish_reason":"stop"}]}""").Append("\n\n")
            .Append(Head).Append("""],"usage":{"prompt_tokens":25,"completion_tokens":100,"total_tokens":125}}""").Append("\n\n")
            .Append("data: [DONE]\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The data line of one delta.</summary>
    public static string ChatDelta(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"some-model","choices":[{"index":0,"delta":{"content":"word{{{i}}} lorem ipsum "},"finish_reason":null}]}""");

    /// <summary>A model that is served by an upstream of <paramref name="kind"/>.</summary>
    public static string ModelOf(UpstreamKind kind) => kind switch
    {
        UpstreamKind.Claude => ClaudeModel,
        UpstreamKind.Codex => "gpt-5.5",
        _ => "some-model",
    };

    /// <summary>A small streamed request of a client's dialect.</summary>
    public static byte[] Request(Dialect client, string model) => client switch
    {
        Dialect.AnthropicMessages => AnthropicRequest(model, 100),
        Dialect.OpenAIChat => Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","stream":true,"messages":[{"role":"user","content":"Tell me a story."}]}"""),
        _ => Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","stream":true,"store":false,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Tell me a story."}]}]}"""),
    };

    /// <summary>A request of about <paramref name="bytes"/> bytes: turns of text and 20 tools.</summary>
    public static byte[] AnthropicRequest(string model, int bytes)
    {
        var words = string.Concat(Enumerable.Repeat("request stream client server buffer token index parse build value ", 60));
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""{"model":"{{model}}","max_tokens":1024,"stream":true,"system":[{"type":"text","text":"Be brief."}],"tools":[""");
        for (var i = 0; i < 20; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$$"""{"name":"tool_{{{i}}}","description":"Reads one file.","input_schema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}""");
        }

        text.Append("],\"messages\":[");
        while (text.Length < bytes)
        {
            text.Append("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"").Append(words).Append("\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"").Append(words).Append("\"}]},");
        }

        text.Append("{\"role\":\"user\",\"content\":\"Go on.\"}]}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>An exchange for a client's body.</summary>
    public static Exchange Open(Dialect dialect, byte[] body, UpstreamKind kind)
    {
        var request = ClientRequestReader.Read(dialect, body, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), out var problem)
            ?? throw new InvalidOperationException(problem!.Message);
        var model = ModelCatalogue.Default.Resolve(request.Model);
        return ExchangeFactory.Create(request, new UpstreamTarget { Kind = kind, Model = model.Name, Info = model.Info }, Operation.Generate, 1_760_000_000, "bench");
    }
}
