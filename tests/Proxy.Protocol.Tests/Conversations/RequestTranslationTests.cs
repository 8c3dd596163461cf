using System.Text;
using System.Text.Json.Nodes;
using Proxy.Protocol.Anthropic.Requests;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.OpenAIChat.Requests;
using Proxy.Protocol.OpenAIResponses.Requests;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Tests.Conversations;

/// <summary>Bodies through a reader and a writer, compared as JSON.</summary>
internal static class Translation
{
    public static Conversation Read(Dialect dialect, string json)
    {
        var conversation = TryRead(dialect, Encoding.UTF8.GetBytes(json), out var problem);
        problem.ShouldBeNull();
        return conversation.ShouldNotBeNull();
    }

    public static Conversation? TryRead(Dialect dialect, ReadOnlyMemory<byte> body, out RequestProblem? problem) => dialect switch
    {
        Dialect.AnthropicMessages => AnthropicRequestReader.Read(body, out problem),
        Dialect.OpenAIChat => ChatRequestReader.Read(body, out problem),
        _ => ResponsesRequestReader.Read(body, out problem),
    };

    public static RequestProblem? TryWrite(UpstreamKind kind, Conversation conversation, WriteContext context, PooledBufferWriter output) => kind switch
    {
        UpstreamKind.Claude => AnthropicRequestWriter.Write(conversation, context, output),
        UpstreamKind.Codex => ResponsesRequestWriter.Write(conversation, context, output),
        _ => ChatRequestWriter.Write(conversation, context, output),
    };

    public static JsonObject Translate(Dialect from, UpstreamKind to, string json, WriteContext? context = null)
    {
        context ??= new WriteContext { Model = "m" };
        using var output = new PooledBufferWriter();
        TryWrite(to, Read(from, json), context, output).ShouldBeNull();
        return JsonNode.Parse(output.Written.Span)!.AsObject();
    }

    public static void ShouldBeJson(this JsonNode? actual, string expected) =>
        actual.ShouldNotBeNull().ToJsonString().ShouldBe(JsonNode.Parse(expected)!.ToJsonString());

    public static ModelInfo Claude(string id) => ModelCatalogue.Default.Resolve(id).Info.ShouldNotBeNull();
}

public sealed class RequestTranslationTests
{
    private const Dialect Ant = Dialect.AnthropicMessages;
    private const Dialect Chat = Dialect.OpenAIChat;
    private const Dialect Resp = Dialect.OpenAIResponses;

    [Fact]
    public async Task Thousands_of_tools_whose_names_are_cut_alike_get_names_of_their_own()
    {
        var head = new string('t', 70);
        var tools = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $$"""{"name":"{{head}}{{i}}","input_schema":{} }"""));

        // By squares this took minutes; linear it is a moment.
        var body = await Task.Run(() => Translation.Translate(Ant, UpstreamKind.Codex, $$"""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}],"tools":[{{tools}}]}""")).WaitAsync(TimeSpan.FromSeconds(60));
        var names = body["tools"]!.AsArray().Select(t => (string)t!["name"]!).ToList();
        names.Count.ShouldBe(20_000);
        names.Distinct().Count().ShouldBe(20_000);
        names.ShouldAllBe(n => n.Length <= 64);
    }

    [Fact]
    public void V1_Anthropic_request_becomes_a_codex_envelope()
    {
        var context = new WriteContext { Model = "gpt-5.5", Thinking = new ThinkingWish(ThinkingMode.Level, "high") };
        var body = Translation.Translate(Ant, UpstreamKind.Codex, """{"model":"gpt-5.5(high)","max_tokens":900,"system":"Be brief","messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}]}],"tools":[{"name":"ls","input_schema":{"type":"object"}}],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"temperature":0.2}""", context);
        body["prompt_cache_key"]!.GetValue<string>().ShouldBe(context.PromptCacheKey);
        body.Remove("prompt_cache_key");
        body.ShouldBeJson("""{"model":"gpt-5.5","instructions":"","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Be brief"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:image/png;base64,QUJD"}]}],"tools":[{"type":"function","name":"ls","parameters":{"type":"object","properties":{}},"strict":false}],"tool_choice":"required","parallel_tool_calls":false,"reasoning":{"effort":"high"},"include":["reasoning.encrypted_content"],"store":false,"stream":true}""");
        context.Losses.ShouldContain("sampling parameters");
    }

    [Fact]
    public void V4_Chat_history_is_grouped_into_turns_for_claude()
    {
        var body = Translation.Translate(Chat, UpstreamKind.Claude, """{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"u"},{"role":"assistant","content":"t","tool_calls":[{"id":"a.1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"oops"}}]},{"role":"tool","tool_call_id":"a.1","content":"r1"},{"role":"tool","tool_call_id":"b","content":"r2"},{"role":"tool","tool_call_id":"a.1","content":"r1b"},{"role":"user","content":"next"}]}""");
        body["system"].ShouldBeJson("""[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}]""");
        body["messages"].ShouldBeJson("""[{"role":"user","content":[{"type":"text","text":"u"}]},{"role":"assistant","content":[{"type":"text","text":"t"},{"type":"tool_use","id":"a_1","name":"f","input":{}},{"type":"tool_use","id":"b","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a_1","content":"r1b"},{"type":"tool_result","tool_use_id":"b","content":"r2"},{"type":"text","text":"next","cache_control":{"type":"ephemeral"}}]}]""");
        body["max_tokens"]!.GetValue<int>().ShouldBe(32000);
    }

    [Fact]
    public void V6_Responses_message_between_call_and_output_comes_behind_it()
    {
        var body = Translation.Translate(Resp, UpstreamKind.Compatible, """{"model":"m","input":[{"role":"user","content":"q"},{"type":"function_call","call_id":"c1","name":"a","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"b","arguments":"{}"},{"role":"user","content":"wait"},{"type":"function_call_output","call_id":"c1","output":"1"},{"type":"function_call_output","call_id":"c2","output":"2"}]}""");
        body["messages"].ShouldBeJson("""[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"a","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"b","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":"2"},{"role":"user","content":"wait"}]""");
    }

    [Fact]
    public void V7_Long_tool_names_are_shortened_once_each_and_can_be_restored()
    {
        var first = "mcp__very_long_server_name_" + new string('x', 50) + "__search";
        var second = "mcp__other_very_long_" + new string('y', 50) + "__search";
        var context = new WriteContext { Model = "m" };
        var body = Translation.Translate(Ant, UpstreamKind.Codex, $$"""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}],"tools":[{"name":"{{first}}"},{"name":"{{second}}"}]}""", context);
        body["tools"]!.AsArray().Select(tool => tool!["name"]!.GetValue<string>()).ShouldBe(["mcp__search", "mcp__search_1"]);
        context.ToolNames["mcp__search"].ShouldBe(first);
        context.ToolNames["mcp__search_1"].ShouldBe(second);
    }

    [Theory]
    [InlineData("""{"type":"enabled","budget_tokens":9000}""", "high")]
    [InlineData("""{"type":"adaptive"}""", "xhigh")]
    public void V8_Anthropic_thinking_becomes_an_effort(string thinking, string effort) =>
        Translation.Translate(Ant, UpstreamKind.Codex, $$"""{"model":"gpt-5.5","max_tokens":1,"messages":[{"role":"user","content":"q"}],"thinking":{{thinking}}}""")
            ["reasoning"]!["effort"]!.GetValue<string>().ShouldBe(effort);

    [Theory]
    [InlineData("", 24576)]
    [InlineData(",\"max_tokens\":10000", 9999)]
    public void V8_Chat_effort_becomes_a_budget_below_the_output_limit(string limit, int budget)
    {
        var context = new WriteContext { Model = "claude-sonnet-4-5-20250929", Info = Translation.Claude("claude-sonnet-4-5-20250929") };
        Translation.Translate(Chat, UpstreamKind.Claude, $$"""{"model":"m","messages":[{"role":"user","content":"q"}],"reasoning_effort":"high"{{limit}}}""", context)
            ["thinking"].ShouldBeJson($$"""{"type":"enabled","budget_tokens":{{budget}}}""");
    }

    [Fact]
    public void E009_Responses_string_input_becomes_one_user_message() =>
        Translation.Translate(Resp, UpstreamKind.Claude, """{"model":"m","input":"hello"}""")["messages"]![0]!["content"]![0]!["text"]!.GetValue<string>().ShouldBe("hello");

    [Fact]
    public void E015_Tool_result_comes_before_the_text_of_its_user_turn() =>
        Translation.Translate(Ant, UpstreamKind.Compatible, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":"\u00e9\""}}]},{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"no"}]}]}""")
            ["messages"].ShouldBeJson("""[{"role":"assistant","content":"","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\u00e9\\\"\"}"}}]},{"role":"tool","tool_call_id":"t","content":"Error: no"},{"role":"user","content":"and"}]""");

    [Fact]
    public void E024_Image_in_a_tool_result_reaches_codex_as_an_image() =>
        Translation.Translate(Ant, UpstreamKind.Codex, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ=="}}]}]}]}""")
            ["input"]![1].ShouldBeJson("""{"type":"function_call_output","call_id":"t","output":[{"type":"input_image","image_url":"data:image/png;base64,QQ=="}]}""");

    [Fact]
    public void E050_Forced_tool_choice_leaves_thinking_out()
    {
        var body = Translation.Translate(Chat, UpstreamKind.Claude, """{"model":"m","messages":[{"role":"user","content":"q"}],"reasoning_effort":"high","tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]}""");
        body.ContainsKey("thinking").ShouldBeFalse();
        body["tool_choice"].ShouldBeJson("""{"type":"any"}""");
        body["tools"]![0]!["input_schema"].ShouldBeJson("""{"type":"object","properties":{}}""");
    }

    [Fact]
    public void E072_Reasoning_of_the_other_family_is_left_out_and_the_rest_kept()
    {
        var input = Translation.Translate(Ant, UpstreamKind.Codex, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EgAAAAAAAAAA"},{"type":"text","text":"a"}]}]}""")["input"]!.AsArray();
        input.Select(item => item!["type"]!.GetValue<string>()).ShouldBe(["message", "message"]);
    }

    [Fact]
    public void Missing_result_is_filled_and_orphan_dropped()
    {
        var context = new WriteContext { Model = "m" };
        var messages = Translation.Translate(Resp, UpstreamKind.Compatible, """{"model":"m","input":[{"type":"function_call_output","call_id":"x","output":"1"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"role":"user","content":"q"}]}""", context)["messages"]!.AsArray();
        messages.Select(message => message!["role"]!.GetValue<string>()).ShouldBe(["assistant", "tool", "user"]);
        messages[1]!["content"]!.GetValue<string>().ShouldBe("(no output)");
        context.Losses.Count.ShouldBe(2);
    }

    [Fact]
    public void Custom_tool_becomes_a_function_with_one_input_for_claude()
    {
        var context = new WriteContext { Model = "m" };
        var body = Translation.Translate(Resp, UpstreamKind.Claude, """{"model":"m","input":[{"role":"user","content":"q"},{"type":"custom_tool_call","call_id":"c","name":"run","input":"say \"hi\""},{"type":"custom_tool_call_output","call_id":"c","output":"ok"}],"tools":[{"type":"custom","name":"run"}]}""", context);
        body["messages"]![1]!["content"]![0]!["input"].ShouldBeJson("""{"input":"say \"hi\""}""");
        context.CustomTools.ShouldBe(["run"]);
    }

    [Fact]
    public void Search_options_of_chat_and_a_declared_search_are_one_tool() =>
        Translation.Translate(Chat, UpstreamKind.Codex, """{"model":"m","messages":[{"role":"user","content":"q"}],"web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"city":"Bonn"}}},"tools":[{"type":"web_search"}]}""")
            ["tools"].ShouldBeJson("""[{"type":"web_search"}]""");

    [Theory]
    [InlineData("{}", """{"type":"web_search"}""")]
    [InlineData("""{"user_location":{"type":"approximate","approximate":{}}}""", """{"type":"web_search"}""")]
    [InlineData("""{"user_location":null,"search_context_size":"high"}""", """{"type":"web_search","search_context_size":"high"}""")]
    [InlineData("""{"user_location":{"type":"approximate","approximate":{ "city":"Bonn"}}}""", """{"type":"web_search","user_location":{"type":"approximate","city":"Bonn"}}""")]
    public void Search_options_of_chat_become_a_search_tool(string options, string tool) =>
        Translation.Translate(Chat, UpstreamKind.Codex, $$"""{"model":"m","messages":[{"role":"user","content":"q"}],"web_search_options":{{options}}}""")
            ["tools"].ShouldBeJson($"[{tool}]");

    [Fact]
    public void Forced_search_names_claudes_own_and_leaves_thinking_out()
    {
        var body = Translation.Translate(Resp, UpstreamKind.Claude, """{"model":"m","input":"q","reasoning":{"effort":"high"},"tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"}}""");
        body["tool_choice"].ShouldBeJson("""{"type":"tool","name":"web_search"}""");
        body.ContainsKey("thinking").ShouldBeFalse();
    }

    [Theory]
    [InlineData("""[{"type":"mcp","server_label":"s"},{"type":"function","function":{"name":"f"}}]""", """{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}""")]
    [InlineData("""[{"type":"function","function":{"name":"unknown"}}]""", "\"required\"")]
    public void Only_declared_tools_are_named_as_allowed(string allowed, string choice) =>
        Translation.Translate(Chat, UpstreamKind.Codex, $$$"""{"model":"m","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":{{{allowed}}} } } }""")
            ["tool_choice"].ShouldBeJson(choice);

    [Theory]
    [InlineData("""{"type":"enabled","budget_tokens":20000}""", "high")]
    [InlineData("""{"type":"enabled"}""", "medium")]
    [InlineData("""{"type":"disabled"}""", "none")]
    [InlineData("""{"type":"adaptive"}""", "medium")]
    public void Thinking_of_a_chat_client_becomes_an_effort_and_an_effort_beats_it(string thinking, string effort)
    {
        var request = $$"""{"model":"m","messages":[{"role":"user","content":"q"}],"thinking":{{thinking}}""";
        Translation.Translate(Chat, UpstreamKind.Codex, request + "}")["reasoning"]!["effort"]!.GetValue<string>().ShouldBe(effort);
        Translation.Translate(Chat, UpstreamKind.Codex, request + ",\"reasoning_effort\":\"low\"}")["reasoning"]!["effort"]!.GetValue<string>().ShouldBe("low");
    }
}
