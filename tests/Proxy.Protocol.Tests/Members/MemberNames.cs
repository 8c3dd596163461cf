using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>Every member that spec/wire-protocols.md 1.2, 2.1 and 3.1 list, in its order: what docs/protocols.json must hold at least.</summary>
internal static class MemberNames
{
    public static IReadOnlyList<string> Of(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => Anthropic,
        Dialect.OpenAIChat => Chat,
        _ => Responses,
    };

    private static readonly string[] Anthropic =
    [
        "max_tokens", "messages", "model", "system (text)", "system (blocks)", "tools[]", "tool_choice auto", "stream", "stop_sequences", "metadata.user_id",
        "thinking enabled", "thinking adaptive", "thinking disabled", "thinking between_tools", "thinking.display", "output_config.effort", "output_config.format",
        "service_tier", "speed", "cache_control", "container", "diagnostics", "inference_geo", "user_profile_id", "workspace_id", "temperature", "top_p", "top_k",
        "betas", "context_management", "mcp_servers", "fallbacks", "output_format", "thread", "compaction",
        "messages[] role system", "text", "text.citations", "text.cache_control", "cache_control.ttl", "image base64", "image url", "image file",
        "document base64", "document text", "document content", "document url", "document file", "document.title", "document.context", "document.citations",
        "search_result", "thinking (Claude's)", "thinking (Codex')", "redacted_thinking", "tool_use", "tool_result text", "tool_result image",
        "tool_result search_result", "tool_result document", "tool_result tool_reference", "tool_result.is_error", "tool_result.toolset_name",
        "server_tool_use, web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
        "bash_code_execution_tool_result, text_editor_code_execution_tool_result", "tool_search_tool_result", "container_upload", "mcp_tool_use, mcp_tool_result",
        "tool_choice any", "tool_choice tool", "tool_choice none", "tool_choice.disable_parallel_tool_use",
        "tools[].cache_control", "tools[].strict", "tools[].defer_loading", "tools[].eager_input_streaming", "tools[].input_examples", "tools[].allowed_callers",
        "tools[] web_search_*", "tools[] web_search_*: max_uses", "tools[] web_search_*: allowed_domains", "tools[] web_search_*: blocked_domains",
        "tools[] web_search_*: user_location", "tools[] web_fetch_*", "tools[] code_execution_*", "tools[] bash_*", "tools[] text_editor_*", "tools[] computer_*",
        "tools[] memory_*", "tools[] tool_search_tool_*", "tools[] toolset (browser, …)", "tools[] mcp_toolset",
    ];

    private static readonly string[] Chat =
    [
        "messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata",
        "metadata.user_id", "modalities", "moderation", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
        "reasoning_effort", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options.include_usage", "stream_options.include_obfuscation",
        "temperature", "top_logprobs", "top_p", "user", "verbosity", "web_search_options", "web_search_options.user_location", "web_search_options.search_context_size",
        "messages[] developer", "messages[] system", "messages[].name", "messages[] function", "text", "image_url", "image_url (data)", "image_url.detail", "input_audio",
        "file (data)", "file (id)", "file.filename", "assistant content", "assistant refusal", "assistant.refusal", "assistant tool_calls", "assistant tool_calls custom",
        "assistant function_call", "assistant audio", "tool content (parts)",
        "tools[] function", "tools[].function.strict", "tools[] custom", "tools[].custom.format text", "tools[].custom.format grammar",
        "tool_choice none", "tool_choice auto", "tool_choice required", "tool_choice function", "tool_choice custom", "tool_choice allowed_tools",
        "response_format text", "response_format json_object", "response_format json_schema", "response_format json_schema: description",
        "assistant reasoning_content", "assistant reasoning", "assistant reasoning_details", "text.cache_control", "thinking", "reasoning.effort", "reasoning.exclude", "reasoning.enabled",
    ];

    private static readonly string[] Responses =
    [
        "model", "input (text)", "input (items)", "instructions", "background", "context_management", "conversation", "max_output_tokens", "max_tool_calls", "metadata", "moderation",
        "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning.effort", "reasoning.summary",
        "reasoning.generate_summary", "reasoning.context", "reasoning.mode", "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature",
        "text.format text", "text.format json_object", "text.format json_schema", "text.format json_schema: description", "text.verbosity", "top_logprobs", "top_p", "truncation", "user",
        "include reasoning.encrypted_content", "include web_search_call.action.sources", "include web_search_call.results", "include file_search_call.results",
        "include message.input_image.image_url", "include computer_call_output.output.image_url", "include code_interpreter_call.outputs", "include message.output_text.logprobs",
        "message (easy)", "message developer", "message system", "message.phase", "output message", "function_call, function_call_output", "function_call.namespace",
        "function_call.id, .status", "function_call_output (parts)", "custom_tool_call, custom_tool_call_output", "custom_tool_call.namespace", "reasoning (Codex')", "reasoning (Claude's)",
        "reasoning.content", "web_search_call", "file_search_call", "computer_call, computer_call_output", "code_interpreter_call", "image_generation_call",
        "local_shell_call, local_shell_call_output", "shell_call, shell_call_output", "apply_patch_call, apply_patch_call_output", "mcp_list_tools", "mcp_call",
        "mcp_approval_request", "mcp_approval_response", "tool_search_call, tool_search_output", "additional_tools", "compaction", "compaction_trigger", "item_reference",
        "program, program_output",
        "input_text", "input_image url", "input_image data", "input_image file_id", "input_image.detail", "input_image.detail original", "input_file data", "input_file file_id",
        "input_file file_url", "input_file.filename", "input_file.detail", "input_audio", "output_text", "refusal",
        "tools[] function", "tools[].strict", "tools[].defer_loading", "tools[].output_schema", "tools[] custom", "tools[].format text", "tools[].format grammar", "tools[] namespace",
        "tools[] web_search", "tools[] web_search_2025_08_26", "tools[] web_search: filters", "tools[] web_search: search_context_size", "tools[] web_search: user_location",
        "tools[] web_search_preview", "tools[] file_search", "tools[] code_interpreter", "tools[] image_generation", "tools[] mcp", "tools[] local_shell", "tools[] shell",
        "tools[] apply_patch", "tools[] tool_search", "tools[] computer", "tools[] computer_use_preview",
        "tool_choice none", "tool_choice auto", "tool_choice required", "tool_choice function", "tool_choice function: namespace", "tool_choice custom", "tool_choice allowed_tools",
        "tool_choice mcp", "tool_choice built-in", "tool_choice apply_patch, shell",
    ];
}
