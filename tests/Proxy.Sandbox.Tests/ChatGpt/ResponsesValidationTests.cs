using System.Text.Json.Nodes;

namespace Proxy.Sandbox.Tests.ChatGpt;

/// <summary>Each rule of the ChatGPT backend, on a body that differs from a good one in that point only.</summary>
public sealed class ResponsesValidationTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { "-store", "Store must be set to false" },
        { """{"store":true}""", "Store must be set to false" },
        { "-stream", "Stream must be set to true" },
        { """{"stream":false}""", "Stream must be set to true" },
        { "-instructions", "Instructions are required" },
        { """{"instructions":null}""", "Instructions are required" },
        { """{"input":"hi"}""", "Input must be a list" },
        { """{"input":[{"role":"user","content":"hi"}]}""", "Unknown parameter: 'input[0].content'." },
        { """{"input":[{"type":"message","role":"system","content":"hi"}]}""", "System messages are not allowed" },
        { """{"max_output_tokens":5}""", "Unsupported parameter: max_output_tokens" },
        { """{"temperature":1}""", "Unsupported parameter: temperature" },
        { """{"top_p":1,"user":"u"}""", "Unsupported parameter: top_p" },
        { """{"previous_response_id":"resp_1"}""", "Unsupported parameter: previous_response_id" },
        { """{"stream_options":{"include_usage":true}}""", "Unsupported parameter: stream_options" },
        { """{"service_tier":"flex"}""", "Unsupported service_tier: flex" },
        { """{"model":"gpt-4o"}""", "The 'gpt-4o' model is not supported when using Codex with a ChatGPT account." },
        { """{"prompt_cache_key":""}""", "Invalid 'prompt_cache_key'" },
        { """{"include":["everything"]}""", "Invalid value: 'everything'" },
        { """{"reasoning":{"effort":"minimal"}}""", "Unsupported value: 'minimal' is not supported with the 'gpt-5.1-codex' model." },
        { """{"parallel_tool_calls":true}""", "'parallel_tool_calls' is only allowed when 'tools' are specified." },
        { """{"tools":[{"type":"function","function":{"name":"a"}}]}""", "Missing required parameter: 'tools[0].name'." },
        { """{"tools":[{"type":"function","name":"a.b"}]}""", "string does not match pattern" },
        { """{"tools":[{"type":"function","name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}""", "maximum length 64, but got a string with length 65" },
        { """{"tools":[{"type":"function","name":"a","parameters":{}}]}""", "Invalid schema for function 'a'" },
        { """{"tools":[{"type":"function","name":"a","parameters":{"type":"object"}}]}""", "object schema missing properties" },
        { """{"tools":[{"type":"web_search_preview"}]}""", "Unsupported tool type: web_search_preview" },
        { """{"tools":[{"name":"a","input_schema":{}}]}""", "Missing required parameter: 'tools[0].type'." },
        { """{"tool_choice":{"type":"function","name":"zz"}}""", "Tool choice 'zz' not found" },
        { """{"input":[{"type":"function_call","call_id":"c1","name":"a","arguments":"{}"}]}""", "No tool output found for function call c1." },
        { """{"input":[{"type":"function_call_output","call_id":"c1","output":"x"}]}""", "No tool call found for function call output with call_id c1." },
        { """{"input":[{"type":"message","id":"x1","role":"user","content":"hi"}]}""", "Expected an ID that begins with 'msg'." },
        { """{"input":[{"type":"message","id":"msg_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","role":"user","content":"hi"}]}""", "Invalid 'input[0].id': string too long" },
        { """{"input":[{"type":"message","role":"user","content":[{"type":"text","text":"hi"}]}]}""", "Invalid value: 'text'" },
        { """{"input":[{"type":"message","role":"assistant","content":[{"type":"input_text","text":"hi"}]}]}""", "Invalid value: 'input_text'" },
        { """{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi","prompt_cache_breakpoint":{}}]}]}""", "Unknown parameter: 'input[0].content[0].prompt_cache_breakpoint'." },
        { """{"input":[{"type":"message","role":"user","content":[{"type":"input_image","image_url":{"url":"x"}}]}]}""", "expected an image URL, but got an object" },
        { """{"input":[{"type":"message","role":"user","content":"hi","cache_control":{}}]}""", "Unknown parameter: 'input[0].cache_control'." },
        { """{"input":[{"type":"reasoning","summary":[],"encrypted_content":"gAAAAnonsense"}]}""", "could not be verified" },
        { """{"input":[{"type":"reasoning","encrypted_content":"gAAAAnonsense"}]}""", "Missing required parameter: 'input[0].summary'." },
        { """{"input":[{"type":"nonsense"}]}""", "Invalid value: 'nonsense'" },
    };

    public static TheoryData<string> Accepted => new()
    {
        """{"input":[]}""",
        """{"tools":[{"type":"function","name":"a","parameters":{"type":"object","properties":{}},"strict":false},{"type":"custom","name":"b","format":{"type":"text"}},{"type":"web_search"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"c"}]}],"parallel_tool_calls":false,"tool_choice":"auto"}""",
        """{"reasoning":{"effort":"high","summary":"auto"},"text":{"verbosity":"low"},"service_tier":"priority","client_metadata":{"a":"b"},"prompt_cache_key":"k","include":["reasoning.encrypted_content"]}""",
        """{"input":[{"type":"message","role":"developer","content":"a"},{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}]},{"type":"function_call","id":"fc_1","call_id":"c1","name":"a","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"x"}]}]}""",
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Body_that_breaks_a_rule_is_refused_in_the_real_words(string change, string message)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.ChatGptAsync(Changed(change)).JsonAsync();
        status.ShouldBe(400);
        (json["detail"] ?? json["error"]!["message"])!.GetValue<string>().ShouldContain(message);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task Body_that_keeps_the_rules_is_served(string change)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var response = await sandbox.ChatGptAsync(Changed(change));
        ((int)response.StatusCode).ShouldBe(200, await response.Content.ReadAsStringAsync(SandboxClient.FailSafe));
    }

    [Theory]
    [InlineData("""{"input":[{"type":"item_reference","id":"msg_1"}]}""")]
    [InlineData("""{"input":[{"type":"reasoning","id":"rs_1","summary":[]}]}""")]
    public async Task Items_that_only_a_store_could_know_are_not_found(string change)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, json) = await sandbox.ChatGptAsync(Changed(change)).JsonAsync();
        status.ShouldBe(404);
        json["error"]!["message"]!.GetValue<string>().ShouldContain("Items are not persisted when `store` is set to false.");
    }

    [Fact]
    public async Task Account_id_that_is_not_the_tokens_is_unauthorized()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, sandbox.Server.CodexBaseUrl + "/responses") { Content = new StringContent(Changed("{}")) };
        request.Headers.Authorization = new("Bearer", sandbox["codex-1"].AccessToken);
        request.Headers.Add("ChatGPT-Account-Id", sandbox["codex-2"].AccountId);
        (await sandbox.Http.SendAsync(request, SandboxClient.FailSafe).JsonAsync()).Status.ShouldBe(401);
    }

    private static string Changed(string change)
    {
        var body = JsonNode.Parse("""{"model":"gpt-5.1-codex","instructions":"","store":false,"stream":true,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]}""")!.AsObject();
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
