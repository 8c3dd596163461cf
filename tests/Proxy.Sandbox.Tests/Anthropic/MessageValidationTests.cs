using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.Anthropic;

/// <summary>Each rule of the Messages API, on a body that differs from a good one in that point only.</summary>
public sealed class MessageValidationTests
{
    private const string Png = "iVBORw0KGgo=";

    public static TheoryData<string, string> Refused => new()
    {
        { "-max_tokens", "max_tokens: Field required" },
        { "-messages", "messages: Field required" },
        { """{"temperature":null,"foo":1}""", "foo: Extra inputs are not permitted" },
        { """{"betas":["x"]}""", "betas: Extra inputs are not permitted" },
        { """{"max_tokens":900000}""", "maximum allowed number of output tokens" },
        { """{"messages":[]}""", "at least one message is required" },
        { """{"messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]}""", "first message must use the \"user\" role" },
        { """{"messages":[{"role":"tool","content":"a"}]}""", "messages.0.role: Input should be 'user' or 'assistant'" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]}""", "role 'system' is not supported on this model" },
        { """{"messages":[{"role":"user","content":"a","name":"x"}]}""", "messages.0.name: Extra inputs are not permitted" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":""}]}]}""", "text content blocks must be non-empty" },
        { """{"messages":[{"role":"user","content":""}]}""", "all messages must have non-empty content" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"a","id":"1"}]}]}""", "messages.0.content.0.text.id: Extra inputs are not permitted" },
        { """{"messages":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]}""", "Input tag 'input_text'" },
        { """{"messages":[{"role":"user","content":[{"type":"tool_use","id":"a","name":"b","input":{}}]}]}""", "can only be in `assistant` messages" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}]}""", "can only be in `user` messages" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"b","input":{}}]}]}""", "`tool_use` ids were found without `tool_result` blocks immediately after: t1" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"b","input":{}}]},{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"t1","content":"y"}]}]}""", "without `tool_result` blocks immediately after: t1" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"b","input":{}}]},{"role":"user","content":"x"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"y"}]}]}""", "without `tool_result` blocks immediately after: t1" },
        { """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9","content":"x"}]}]}""", "unexpected `tool_use_id` found in `tool_result` blocks: t9" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t.1","name":"b","input":{}}]}]}""", "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"b","input":"{}"}]}]}""", "tool_use.input: Input should be a valid dictionary" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"gAAAAA"}]},{"role":"user","content":"b"}]}""", "Invalid `signature` in `thinking` block" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t"}]},{"role":"user","content":"b"}]}""", "thinking.signature: Field required" },
        { """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"trailing "}]}""", "cannot end with trailing whitespace" },
        { """{"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"prefill"}]}""", "does not support assistant message prefill" },
        { $$$"""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/tiff","data":"{{{Png}}}"}}]}]}""", "media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'" },
        { """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%%%"}}]}]}""", "invalid base64 data" },
        { """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"text/plain","data":"aGk="}}]}]}""", "Input should be 'application/pdf'" },
        { """{"system":[{"type":"image"}]}""", "system.0.type: Input should be 'text'" },
        { """{"system":[{"type":"text","text":""}]}""", "system: text content blocks must be non-empty" },
        { """{"tools":[{"name":"a.b","input_schema":{"type":"object"}}]}""", "tools.0.custom.name: String should match pattern" },
        { """{"tools":[{"name":"a"}]}""", "tools.0.custom.input_schema: Field required" },
        { """{"tools":[{"name":"a","input_schema":{}}]}""", "tools.0.custom.input_schema.type: Field required" },
        { """{"tools":[{"name":"a","input_schema":{"type":"object","anyOf":[]}}]}""", "does not support oneOf, allOf, or anyOf at the top level" },
        { """{"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}]}""", "Tool names must be unique" },
        { """{"tools":[{"type":"function","function":{"name":"a"}}]}""", "Input tag 'function'" },
        { """{"tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":[]}]}""", "List should have at least 1 item" },
        { """{"tool_choice":{"type":"auto"}}""", "tool_choice may only be specified while providing tools" },
        { """{"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"b"}}""", "Tool 'b' not found" },
        { """{"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":1024}}""", "Thinking may not be enabled when tool_choice forces tool use." },
        { """{"thinking":{"type":"enabled","budget_tokens":1000}}""", "greater than or equal to 1024" },
        { """{"thinking":{"type":"enabled","budget_tokens":2000}}""", "`max_tokens` must be greater than `thinking.budget_tokens`" },
        { """{"thinking":{"type":"auto"}}""", "Input tag 'auto'" },
        { """{"thinking":{"type":"enabled","budget_tokens":1024},"temperature":0.5}""", "`temperature` may only be set to 1 when thinking is enabled" },
        { """{"thinking":{"type":"enabled","budget_tokens":1024},"top_p":0.5}""", "`top_p` must be greater than or equal to 0.95" },
        { """{"thinking":{"type":"enabled","budget_tokens":1024},"top_k":5}""", "`top_k` must be unset" },
        { """{"thinking":{"type":"disabled"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]}}""", "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive" },
        { """{"temperature":0.5,"top_p":0.5}""", "`temperature` and `top_p` cannot both be specified" },
        { """{"output_config":{"effort":"huge"}}""", "output_config.effort: Input should be" },
        { """{"metadata":{"user":"x"}}""", "metadata.user: Extra inputs are not permitted" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"1","cache_control":{"type":"ephemeral"}},{"type":"text","text":"2","cache_control":{"type":"ephemeral"}},{"type":"text","text":"3","cache_control":{"type":"ephemeral"}}]}],"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]}""", "A maximum of 4 blocks with cache_control may be provided. Found 5." },
        { """{"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]}""", "must not come after a ttl='5m'" },
    };

    public static TheoryData<string> Accepted => new()
    {
        """{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]}""",
        """{"model":"claude-opus-4-7","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"prefill"}]}""",
        $$$"""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Png}}}"}},{"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"b","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"y"}],"is_error":true},{"type":"text","text":"and"}]}]}""",
        """{"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"},"context_management":{"edits":[]},"mcp_servers":[],"metadata":{"user_id":"u"},"service_tier":"auto","stop_sequences":["x"]}""",
        """{"tools":[{"name":"a","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"web_search_20250305","name":"web_search","max_uses":2}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}""",
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Body_that_breaks_a_rule_is_refused_in_the_real_words(string change, string message)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.AnthropicAsync(Changed(change)).JsonAsync();
        status.ShouldBe(400);
        json["error"]!["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
        json["error"]!["message"]!.GetValue<string>().ShouldContain(message);
        json["request_id"]!.GetValue<string>().ShouldBe("req_sandbox_000001");
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Body_that_keeps_the_rules_is_served(string change)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.AnthropicAsync(Changed(change)).JsonAsync();
        status.ShouldBe(200, json.ToJsonString());
    }

    [Fact]
    public async Task Unknown_model_is_not_found_and_a_count_refuses_members_of_messages()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.AnthropicAsync(Changed("""{"model":"claude-nine"}""")).JsonAsync();
        status.ShouldBe(404);
        json["error"]!["type"]!.GetValue<string>().ShouldBe("not_found_error");
        (await sandbox.AnthropicAsync(Changed("{}"), path: "/v1/messages/count_tokens").JsonAsync()).Json["error"]!["message"]!.GetValue<string>().ShouldBe("max_tokens: Extra inputs are not permitted");
    }

    [Fact]
    public async Task Missing_beta_or_version_and_foreign_keys_and_strict_identity_are_refused()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        async Task<(int, string)> SendAsync(Action<HttpRequestMessage> edit)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sandbox.Server.ClaudeBaseUrl, "/v1/messages")) { Content = new StringContent(Changed("{}")) };
            edit(request);
            var (status, json) = await sandbox.Http.SendAsync(request, SandboxClient.FailSafe).JsonAsync();
            return (status, json["error"]!["message"]!.GetValue<string>());
        }

        (await SendAsync(r => r.Headers.Authorization = new("Bearer", sandbox["claude-1"].AccessToken))).ShouldBe((401, "OAuth authentication is currently not supported."));
        (await SendAsync(r => r.Headers.Authorization = new("Bearer", "nobody"))).ShouldBe((401, "Invalid bearer token"));
        (await SendAsync(r => r.Headers.Add("x-api-key", "nobody"))).ShouldBe((401, "invalid x-api-key"));
        (await SendAsync(r => r.Headers.Add("x-api-key", sandbox["claude-key-1"].ApiKey))).ShouldBe((400, "anthropic-version: header is required"));
        sandbox["claude-1"].StrictIdentity = true;
        (await sandbox.AnthropicAsync(Changed("{}")).JsonAsync()).Json["error"]!["message"]!.GetValue<string>().ShouldContain("only authorized for use with");
    }

    private static string Changed(string change)
    {
        var body = JsonNode.Parse("""{"model":"claude-sonnet-4-5-20250929","max_tokens":2000,"messages":[{"role":"user","content":"hi"}]}""")!.AsObject();
        if (change.StartsWith('-'))
        {
            body.Remove(change[1..]);
            return body.ToJsonString();
        }

        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        return body.ToJsonString();
    }
}
