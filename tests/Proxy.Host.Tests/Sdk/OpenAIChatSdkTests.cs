using System.ClientModel;
using System.Text;
using OpenAI;
using OpenAI.Chat;

namespace Proxy.Host.Tests.Sdk;

/// <summary>The official OpenAI SDK on Chat Completions, against every provider.</summary>
public sealed class OpenAIChatSdkTests(SandboxedHost sandboxed) : IClassFixture<SandboxedHost>
{
    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Chat_sdk_makes_a_tool_round_trip(string model, bool stream)
    {
        var client = ClientFor(model);
        var options = new ChatCompletionOptions();
        options.Tools.Add(ChatTool.CreateFunctionTool(ToolTurn.ToolName, ToolTurn.ToolText, BinaryData.FromString(ToolTurn.Schema)));
        List<ChatMessage> messages = [new SystemChatMessage("You are short."), new UserChatMessage(ToolTurn.Ask)];

        var first = await SendAsync(client, messages, options, stream);
        first.ShouldCallTheTool();

        messages.Add(new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall(first.CallId, first.Tool, BinaryData.FromString(first.Input!))]));
        messages.Add(new ToolChatMessage(first.CallId, ToolTurn.Result));
        (await SendAsync(client, messages, options, stream)).ShouldHaveTheResult(model);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Legacy_completions_are_served_as_text(string model, bool stream)
    {
        using var content = new StringContent(
            $$"""{"model":"{{model}}","prompt":"say hi","max_tokens":50,"stream":{{(stream ? "true" : "false")}}}""", Encoding.UTF8, "application/json");
        using var answer = await sandboxed.Host.Client.PostAsync("/v1/completions", content);
        var body = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(body);
        body.ShouldContain("\"object\":\"text_completion\"");
        body.ShouldNotContain("chat.completion");
        body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal).ShouldBe(stream);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Chat_sdk_gets_json_of_the_schema(string model, bool stream)
    {
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat(StructuredTurn.Name, BinaryData.FromString(StructuredTurn.Schema), jsonSchemaIsStrict: true),
        };
        StructuredTurn.ShouldFit((await SendAsync(ClientFor(model), [new UserChatMessage(StructuredTurn.Ask)], options, stream)).Text, model);
    }

    /// <summary>The SDK has no member for the dialect's reasoning text: that it does no harm, and that the effort is taken, is what it can show.</summary>
    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Chat_sdk_asks_for_reasoning(string model, bool stream)
    {
#pragma warning disable OPENAI001 // the SDK marks it as experimental
        var options = new ChatCompletionOptions { ReasoningEffortLevel = ChatReasoningEffortLevel.Medium };
#pragma warning restore OPENAI001
        var answer = await SendAsync(ClientFor(model), [new UserChatMessage(ThinkingTurn.Ask)], options, stream);
        answer.Text.ShouldContain("You said: Why is the sky blue?");
        answer.Text.ShouldNotContain(ThinkingTurn.Words);
    }

    private ChatClient ClientFor(string model) =>
        new(model, new ApiKeyCredential("dummy-not-used"), new OpenAIClientOptions { Endpoint = new Uri(sandboxed.BaseUrl + "/v1") });

    private static async Task<ToolTurn> SendAsync(ChatClient client, List<ChatMessage> messages, ChatCompletionOptions options, bool stream)
    {
        if (!stream)
        {
            ChatCompletion answer = await client.CompleteChatAsync(messages, options);
            answer.FinishReason.ShouldBe(answer.ToolCalls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop);
            answer.Usage.OutputTokenCount.ShouldBeGreaterThan(0);
            var call = answer.ToolCalls.SingleOrDefault();
            return new ToolTurn(string.Concat(answer.Content.Select(c => c.Text)), call?.Id, call?.FunctionName, call?.FunctionArguments.ToString());
        }

        var text = new StringBuilder();
        var input = new StringBuilder();
        string? id = null;
        string? tool = null;
        ChatFinishReason? finish = null;
        await foreach (var update in client.CompleteChatStreamingAsync(messages, options))
        {
            foreach (var part in update.ContentUpdate)
            {
                text.Append(part.Text);
            }

            foreach (var call in update.ToolCallUpdates)
            {
                call.Index.ShouldBe(0);
                id ??= call.ToolCallId;
                tool ??= call.FunctionName;
                input.Append(call.FunctionArgumentsUpdate);
            }

            finish = update.FinishReason ?? finish;
        }

        finish.ShouldBe(tool is null ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls);
        return new ToolTurn(text.ToString(), id, tool, tool is null ? null : input.ToString());
    }
}
