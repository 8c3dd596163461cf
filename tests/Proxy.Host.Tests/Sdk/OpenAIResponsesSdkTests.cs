#pragma warning disable OPENAI001 // the SDK marks its Responses client as experimental
using System.ClientModel;
using System.Text;
using OpenAI.Responses;

namespace Proxy.Host.Tests.Sdk;

/// <summary>The official OpenAI SDK on Responses, against every provider.</summary>
public sealed class OpenAIResponsesSdkTests(SandboxedHost sandboxed) : IClassFixture<SandboxedHost>
{
    private ResponsesClient Client => new(new ApiKeyCredential("dummy-not-used"), new ResponsesClientOptions { Endpoint = new Uri(sandboxed.BaseUrl + "/v1") });

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Responses_sdk_makes_a_tool_round_trip(string model, bool stream)
    {
        List<ResponseItem> items = [ResponseItem.CreateUserMessageItem(ToolTurn.Ask)];
        var (first, output) = await SendAsync(Options(model, items, stream), withTool: true);
        first.ShouldCallTheTool();

        items.AddRange(output);
        items.Add(ResponseItem.CreateFunctionCallOutputItem(first.CallId, ToolTurn.Result));
        (await SendAsync(Options(model, items, stream), withTool: true)).Turn.ShouldHaveTheResult(model);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Responses_sdk_gets_json_of_the_schema(string model, bool stream)
    {
        var options = Options(model, [ResponseItem.CreateUserMessageItem(StructuredTurn.Ask)], stream);
        options.TextOptions = new ResponseTextOptions
        {
            TextFormat = ResponseTextFormat.CreateJsonSchemaFormat(StructuredTurn.Name, BinaryData.FromString(StructuredTurn.Schema), jsonSchemaIsStrict: true),
        };
        StructuredTurn.ShouldFit((await SendAsync(options)).Turn.Text, model);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Responses_sdk_shows_reasoning_and_hands_it_back(string model, bool stream)
    {
        List<ResponseItem> items = [ResponseItem.CreateUserMessageItem(ThinkingTurn.Ask)];
        var (_, output) = await SendAsync(Reasoning(Options(model, items, stream)));
        output.OfType<ReasoningResponseItem>().ShouldHaveSingleItem().GetSummaryText().ShouldBe(ThinkingTurn.Words);

        items.AddRange(output);
        items.Add(ResponseItem.CreateUserMessageItem(ThinkingTurn.AskAgain));
        (await SendAsync(Reasoning(Options(model, items, stream)))).Turn.Text.ShouldContain(ThinkingTurn.Recalled);
    }

    private static CreateResponseOptions Options(string model, List<ResponseItem> items, bool stream) =>
        new(model, items) { Instructions = "You are short.", StoredOutputEnabled = false, StreamingEnabled = stream };

    private static CreateResponseOptions Reasoning(CreateResponseOptions options)
    {
        options.ReasoningOptions = new ResponseReasoningOptions { ReasoningEffortLevel = ResponseReasoningEffortLevel.Medium, ReasoningSummaryVerbosity = ResponseReasoningSummaryVerbosity.Auto };
        options.IncludedProperties.Add(IncludedResponseProperty.ReasoningEncryptedContent);
        return options;
    }

    private async Task<(ToolTurn Turn, IList<ResponseItem> Output)> SendAsync(CreateResponseOptions options, bool withTool = false)
    {
        var client = Client;
        if (withTool)
        {
            options.Tools.Add(ResponseTool.CreateFunctionTool(ToolTurn.ToolName, BinaryData.FromString(ToolTurn.Schema), strictModeEnabled: false, ToolTurn.ToolText));
        }

        if (options.StreamingEnabled != true)
        {
            ResponseResult answer = await client.CreateResponseAsync(options);
            return (Turn(answer, answer.GetOutputText()), answer.OutputItems);
        }

        var text = new StringBuilder();
        ResponseResult? completed = null;
        await foreach (var update in await client.CreateResponseStreamingAsync(options))
        {
            switch (update)
            {
                case StreamingResponseOutputTextDeltaUpdate delta:
                    text.Append(delta.Delta);
                    break;
                case StreamingResponseCompletedUpdate done:
                    completed = done.Response;
                    break;
            }
        }

        var whole = completed.ShouldNotBeNull();
        (whole.GetOutputText() ?? string.Empty).ShouldBe(text.ToString());
        return (Turn(whole, text.ToString()), whole.OutputItems);
    }

    private static ToolTurn Turn(ResponseResult answer, string? text)
    {
        answer.Status.ShouldBe(ResponseStatus.Completed);
        answer.Usage.OutputTokenCount.ShouldBeGreaterThan(0);
        var call = answer.OutputItems.OfType<FunctionCallResponseItem>().SingleOrDefault();
        return new ToolTurn(text ?? string.Empty, call?.CallId, call?.FunctionName, call?.FunctionArguments.ToString());
    }
}
