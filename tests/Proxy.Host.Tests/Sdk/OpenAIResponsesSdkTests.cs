#pragma warning disable OPENAI001 // the SDK marks its Responses client as experimental
using System.ClientModel;
using System.Text;
using OpenAI.Responses;

namespace Proxy.Host.Tests.Sdk;

/// <summary>The official OpenAI SDK on Responses, against every provider.</summary>
public sealed class OpenAIResponsesSdkTests(SandboxedHost sandboxed) : IClassFixture<SandboxedHost>
{
    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Responses_sdk_makes_a_tool_round_trip(string model, bool stream)
    {
        var client = new ResponsesClient(new ApiKeyCredential("dummy-not-used"), new ResponsesClientOptions { Endpoint = new Uri(sandboxed.BaseUrl + "/v1") });
        List<ResponseItem> items = [ResponseItem.CreateUserMessageItem(ToolTurn.Ask)];
        var (first, output) = await SendAsync(client, model, items, stream);
        first.ShouldCallTheTool();

        items.AddRange(output);
        items.Add(ResponseItem.CreateFunctionCallOutputItem(first.CallId, ToolTurn.Result));
        (await SendAsync(client, model, items, stream)).Turn.ShouldHaveTheResult(model);
    }

    private static async Task<(ToolTurn Turn, IList<ResponseItem> Output)> SendAsync(ResponsesClient client, string model, List<ResponseItem> items, bool stream)
    {
        var options = new CreateResponseOptions(model, items) { Instructions = "You are short.", StoredOutputEnabled = false, StreamingEnabled = stream };
        options.Tools.Add(ResponseTool.CreateFunctionTool(ToolTurn.ToolName, BinaryData.FromString(ToolTurn.Schema), strictModeEnabled: false, ToolTurn.ToolText));
        if (!stream)
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
