namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>
/// Bodies with the members, order, nesting and escapes of the clients in spec/clients.md 3–5. All words are made up.
/// </summary>
internal static class GoldenBodies
{
    private const string Oddities = """ "odd":  {"big":12345678901234567890,"huge":1e400,"neg":-0.0,"esc":"caf\u00e9 \/ \ud83d\ude00 é😀 <&> \t\"","dup":1,"dup":2,"empty":{ },"list":[ 1 ,2,  3 ]}""";

    /// <summary>Claude Code 2.0.50, turn 2: tool round trip, cache_control on tool_use.</summary>
    public static string ClaudeCode { get; } = Fill("""
        {"model":"claude-sonnet-4-5-20250929","messages":[{"role":"user","content":[{"type":"text","text":"<note>\nA made up reminder \u00e9.\n</note>"},{"type":"text","text":"read the file","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"I should look.","signature":"@claude@"},{"type":"text","text":"Looking."},{"type":"tool_use","id":"toolu_01AbC","name":"Read","input":{"file_path":"/tmp/a\/b.txt","n":12345678901234567890},"cache_control":{"type":"ephemeral"}}]},{"role":"user","content":[{"tool_use_id":"toolu_01AbC","type":"tool_result","content":"1\u2192token 😀","cache_control":{"type":"ephemeral"}}]}],"system":[{"type":"text","text":"A first made up block.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"A second.\n","cache_control":{"type":"ephemeral"}}],"tools":[{"name":"Read","description":"Reads.\n\nWith care.","input_schema":{"type":"object","properties":{"file_path":{"type":"string","description":"where"}},"required":["file_path"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}],"metadata":{"user_id":"user_0f_account__session_1b2c"},"max_tokens":32000,"thinking":{"budget_tokens":8000,"type":"enabled"},@odd@,"stream":true}
        """);

    /// <summary>Claude Code 2.1.330: system role inside messages, adaptive thinking, context management, deferred tools.</summary>
    public static string ClaudeCodeNew { get; } = Fill("""
        {"model":"claude-opus-5","messages":[{"role":"user","content":[{"type":"text","text":"go on"}]},{"role":"system","content":[{"type":"text","text":"made up"}],"output_config":{"effort":"low"}},{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"@claude@"},{"type":"redacted_thinking","data":"AAAA"},{"type":"tool_use","id":"toolu_1","name":"Bash","input":{},"caller":{"type":"direct"}}]},{"role":"user","content":[{"tool_use_id":"toolu_1","type":"tool_result","content":[{"type":"text","text":"ok"}],"is_error":false}]}],"system":[{"type":"text","text":"x-anthropic-billing-header: a=1;"},{"type":"text","text":"made up","cache_control":{"type":"ephemeral","ttl":"1h"}}],"tools":[{"name":"DeferredToolPlaceholder","description":"d","input_schema":{"type":"object"},"defer_loading":true}],"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s-1\"}"},"max_tokens":128000,"thinking":{"type":"adaptive","display":"omitted"},"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"output_config":{"effort":"high"},"stream":true}
        """);

    /// <summary>droid, Anthropic provider.</summary>
    public static string DroidAnthropic { get; } = Fill("""
        {"model":"claude-opus-5","max_tokens":32000,"messages":[{"role":"user","content":[{"type":"text","text":"first"},{"type":"text","text":"second","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"tools":[{"name":"LS","description":"made up","input_schema":{"$schema":"x","type":"object","properties":{}}}],"system":[{"type":"text","text":"A made up system block."}],"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"},@odd@,"stream":true}
        """);

    /// <summary>Codex 0.63, turn 2.</summary>
    public static string Codex { get; } = Fill("""
        {"model":"gpt-5.5","instructions":"Made up instructions\u2014long \/ ones.\n","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"<env>\n  <cwd>/tmp</cwd>\n</env>"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"read it 😀"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"**Looking**"}],"content":null,"encrypted_content":"@codex@"},{"type":"function_call","name":"shell","arguments":"{\"command\":[\"cat\",\"a\\u00e9\"],\"n\":12345678901234567890}","call_id":"call_1"},{"type":"function_call_output","call_id":"call_1","output":"{\"output\":\"token\",\"metadata\":{\"exit_code\":0,\"duration_seconds\":0.0}}"}],"tools":[{"type":"function","name":"shell","description":"runs","strict":false,"parameters":{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}}},"required":["command"],"additionalProperties":false}},{"type":"custom","name":"apply_patch","description":"edits","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\"+\n"}}],"tool_choice":"auto","parallel_tool_calls":false,"reasoning":{"effort":"high","summary":"auto"},"store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"0198-made-up"}
        """);

    /// <summary>Codex 0.169: no instructions, developer messages with ids, additional tools, namespaces, client_metadata.</summary>
    public static string CodexNew { get; } = Fill("""
        {"model":"gpt-5.6-sol","input":[{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"ns","description":"d","tools":[{"type":"custom","name":"exec","format":{"type":"text"}}]}]},{"type":"message","id":"msg_1","role":"developer","content":[{"type":"input_text","text":"rules"}]},{"type":"message","id":"msg_2","role":"user","content":[{"type":"input_text","text":"go"}]},{"type":"reasoning","id":"rs_1","summary":[],"content":null,"encrypted_content":"@codex@"},{"type":"custom_tool_call","id":"ctc_1","status":"completed","call_id":"call_2","name":"exec","input":"await x(\"\\n\")"},{"type":"custom_tool_call_output","id":"ctco_1","call_id":"call_2","output":[{"type":"input_text","text":"done"}]}],"tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"effort":"medium","summary":"auto","context":"all_turns"},"store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"k-2","text":{"verbosity":"low"},"client_metadata":{"x-made-up":"1","n":1e400},"instructions":""}
        """);

    /// <summary>droid, OpenAI provider, turn 2: phase on a message.</summary>
    public static string DroidResponses { get; } = Fill("""
        {"instructions":"Made up.","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}],"type":"message"},{"type":"reasoning","summary":[],"encrypted_content":"@codex@"},{"type":"message","role":"assistant","id":"msg_0a","content":[{"type":"output_text","text":"Looking","annotations":[]}],"status":"completed","phase":"commentary"},{"type":"function_call","id":"fc_0a","call_id":"call_9","name":"Read","arguments":"{}"},{"type":"function_call_output","call_id":"call_9","output":"token"}],"model":"gpt-5.5","store":false,"stream":true,"tools":[{"type":"function","name":"Read","description":"d","parameters":{"type":"object","properties":{}},"strict":false}],"tool_choice":"auto","parallel_tool_calls":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"},"prompt_cache_key":"11111111-2222-4333-8444-555555555555"}
        """);

    /// <summary>droid, generic chat provider.</summary>
    public static string DroidChat { get; } = Fill("""
        {"model":"some-model","messages":[{"role":"system","content":"Made up."},{"role":"user","content":[{"type":"text","text":"hi \u00e9 \/"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"Read","arguments":"{\"n\": 12345678901234567890}"}}]},{"role":"tool","tool_call_id":"call_1","content":"token 😀"}],"tools":[{"type":"function","function":{"name":"Read","description":"d","parameters":{"type":"object","properties":{}}}}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":16384,"temperature":1,"reasoning_effort":"high",@odd@}
        """);

    /// <summary>Codex 0.63 over chat: a text message between call and result, no stream_options.</summary>
    public static string CodexChat { get; } = """
        {"model":"some-model","messages":[{"role":"system","content":"Made up."},{"role":"user","content":"go"},{"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{\"command\":[\"ls\"]}","name":"shell"},"id":"call_1","type":"function"}]},{"role":"assistant","content":"Looking"},{"role":"tool","tool_call_id":"call_1","content":"a\nb"}],"stream":true,"tools":[{"type":"function","function":{"name":"shell","parameters":{"type":"object"}}}]}
        """;

    private static string Fill(string body) => body
        .Replace("@claude@", Exchanging.ClaudeSignature, StringComparison.Ordinal)
        .Replace("@codex@", Exchanging.CodexToken, StringComparison.Ordinal)
        .Replace("@odd@", Oddities, StringComparison.Ordinal);
}
