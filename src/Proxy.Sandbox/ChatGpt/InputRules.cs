using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>The list of input items: each for itself, and calls with their outputs (spec/protocols.md 2.1, 2.3).</summary>
internal static class InputRules
{
    public static Refusal? Check(JsonElement body, string account)
    {
        var calls = new Dictionary<string, bool>(StringComparer.Ordinal);
        var input = body.Member("input");
        foreach (var (i, item) in input.Items())
        {
            if (ItemRules.Check(item, $"input[{i}]", account) is { } problem)
            {
                return problem;
            }

            var callId = item.Text("call_id");
            switch (item.Text("type"))
            {
                case "function_call" or "custom_tool_call" or "local_shell_call" or "shell_call" or "apply_patch_call" when callId is not null:
                    calls.TryAdd(callId, false);
                    break;
                case "function_call_output" or "custom_tool_call_output" or "local_shell_call_output" or "shell_call_output" or "apply_patch_call_output" when callId is not null:
                    if (!calls.ContainsKey(callId))
                    {
                        var kind = item.Text("type")!.StartsWith("custom", StringComparison.Ordinal) ? "custom tool call output" : "function call output";
                        return Denied.Error($"No tool call found for {kind} with call_id {callId}.", null, "input");
                    }

                    calls[callId] = true;
                    break;
            }
        }

        foreach (var (id, answered) in calls)
        {
            if (!answered)
            {
                return Denied.Error($"No tool output found for function call {id}.", null, "input");
            }
        }

        return null;
    }
}
