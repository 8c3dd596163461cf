using System.Text;
using System.Text.Json;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Conversations;

/// <summary>Any JSON in any place: a problem or a body that is JSON, never an exception.</summary>
public sealed class RequestRobustnessTests
{
    private static readonly string[] Values = ["null", "true", "1", "-1.5e3", "\"\"", "\"x\"", "[]", "{}", "[1,\"a\",{}]", "{\"type\":\"text\"}", "\"\\ud800\"", "[[]]", "[null]"];

    private static readonly (Dialect Dialect, string Body)[] Seeds =
    [
        (Dialect.AnthropicMessages, """{"model":"m","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"u"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ=="}},{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"d"}}]},{"role":"system","content":"note"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EgAA"},{"type":"tool_use","id":"a","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"r"}]}]}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},"metadata":{"user_id":"u"},"stop_sequences":["a"],"temperature":1,"stream":true}"""),
        (Dialect.OpenAIChat, """{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"u"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"low"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}}]},{"role":"assistant","content":"t","reasoning_content":"r","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"custom","custom":{"name":"c","input":"x"}}]},{"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"anyOf":[{"type":"object","properties":{"a":{}}}]},"strict":true}},{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}},"response_format":{"type":"json_schema","json_schema":{"name":"o","schema":{}}},"reasoning_effort":"high","stop":["a"],"stream_options":{"include_usage":true}}"""),
        (Dialect.OpenAIResponses, """{"model":"m","instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"u"},{"type":"input_image","image_url":"https://example.com/a.png"},{"type":"input_file","filename":"a.txt","file_data":"data:text/plain;base64,QUJD"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"EgAA"},{"type":"function_call","call_id":"a","name":"f","namespace":"n","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"r"}]},{"type":"additional_tools","tools":[{"type":"function","name":"g"}]}],"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":{}}]},{"type":"web_search","filters":{"allowed_domains":["a"]}}],"tool_choice":{"type":"function","name":"f"},"reasoning":{"effort":"high","summary":"auto"},"text":{"format":{"type":"json_object"},"verbosity":"low"},"metadata":{"user_id":"u"}}"""),
    ];

    [Fact]
    public void Any_value_in_any_place_gives_a_problem_or_a_body()
    {
        foreach (var (dialect, seed) in Seeds)
        {
            foreach (var (start, end) in ValuesOf(seed))
            {
                foreach (var value in Values)
                {
                    Try(dialect, Encoding.UTF8.GetBytes(string.Concat(seed.AsSpan(0, start), value, seed.AsSpan(end))));
                }
            }
        }
    }

    [Fact]
    public void Cut_or_damaged_bodies_give_a_problem_or_a_body()
    {
        var random = new Random(7);
        foreach (var (dialect, seed) in Seeds)
        {
            var bytes = Encoding.UTF8.GetBytes(seed);
            for (var length = 0; length < bytes.Length; length += 3)
            {
                Translation.TryRead(dialect, bytes.AsMemory(0, length), out var problem).ShouldBeNull();
                problem.ShouldNotBeNull();
            }

            for (var round = 0; round < 2000; round++)
            {
                var damaged = (byte[])bytes.Clone();
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                Try(dialect, damaged);
            }
        }
    }

    private static void Try(Dialect dialect, byte[] body)
    {
        var conversation = Translation.TryRead(dialect, body, out var problem);
        (conversation is null).ShouldBe(problem is not null);
        if (conversation is null)
        {
            return;
        }

        foreach (var kind in Enum.GetValues<UpstreamKind>())
        {
            using var output = new PooledBufferWriter();
            if (Translation.TryWrite(kind, conversation, new WriteContext { Model = "m", SessionKey = "s" }, output) is null)
            {
                var reader = new Utf8JsonReader(output.Written.Span, new JsonReaderOptions { MaxDepth = 512 });
                while (reader.Read())
                {
                }
            }
        }
    }

    private static List<(int Start, int End)> ValuesOf(string json)
    {
        var places = new List<(int, int)>();
        var starts = new Stack<int>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    starts.Push((int)reader.TokenStartIndex);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    places.Add((starts.Pop(), (int)reader.BytesConsumed));
                    break;
                case JsonTokenType.PropertyName:
                    break;
                default:
                    places.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
                    break;
            }
        }

        return places;
    }
}
