using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Models.Messages;

namespace Proxy.Host.Tests.Sdk;

/// <summary>The official Anthropic SDK, against every provider.</summary>
public sealed class AnthropicSdkTests(SandboxedHost sandboxed) : IClassFixture<SandboxedHost>
{
    private AnthropicClient Client => new() { BaseUrl = sandboxed.BaseUrl, ApiKey = "dummy-not-used", MaxRetries = 0 };

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Anthropic_sdk_makes_a_tool_round_trip(string model, bool stream)
    {
        using var client = Client;
        List<MessageParam> messages = [new UserMessageParam { Content = ToolTurn.Ask }];
        var first = await SendAsync(client, model, messages, stream);
        first.ShouldCallTheTool();

        messages.Add(new AssistantMessageParam
        {
            Content = new List<ContentBlockParam>
            {
                new TextBlockParam { Text = first.Text },
                new ToolUseBlockParam { ID = first.CallId!, Name = first.Tool!, Input = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(first.Input!)! },
            },
        });
        messages.Add(new UserMessageParam
        {
            Content = new List<ContentBlockParam> { new ToolResultBlockParam { ToolUseID = first.CallId!, Content = ToolTurn.Result } },
        });
        (await SendAsync(client, model, messages, stream)).ShouldHaveTheResult(model);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Anthropic_sdk_gets_json_of_the_schema(string model, bool stream)
    {
        using var client = Client;
        var content = await ContentAsync(client, stream, new MessageCreateParams
        {
            Model = model,
            MaxTokens = 1024,
            Messages = [new UserMessageParam { Content = StructuredTurn.Ask }],
            OutputConfig = new OutputConfig { Format = new JsonOutputFormat { Schema = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(StructuredTurn.Schema)! } },
        });
        StructuredTurn.ShouldFit(content.Text, model);
    }

    [Theory]
    [MemberData(nameof(ToolTurn.Models), MemberType = typeof(ToolTurn))]
    public async Task Anthropic_sdk_shows_thinking_and_hands_it_back(string model, bool stream)
    {
        using var client = Client;
        List<MessageParam> messages = [new UserMessageParam { Content = ThinkingTurn.Ask }];
        var request = new MessageCreateParams { Model = model, MaxTokens = 4096, Thinking = new ThinkingConfigEnabled { BudgetTokens = 2048 }, Messages = messages };
        var first = await ContentAsync(client, stream, request);
        first.Thinking.ShouldBe(ThinkingTurn.Words);

        messages.Add(new AssistantMessageParam
        {
            Content = new List<ContentBlockParam>
            {
                new ThinkingBlockParam { Thinking = first.Thinking, Signature = first.Signature },
                new TextBlockParam { Text = first.Text },
            },
        });
        messages.Add(new UserMessageParam { Content = ThinkingTurn.AskAgain });
        (await ContentAsync(client, stream, request with { Messages = messages })).Text.ShouldContain(ThinkingTurn.Recalled);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929")]
    [InlineData("gpt-5.1")]
    [InlineData("sandbox-chat")]
    public async Task Tokens_are_counted_for_every_model(string model)
    {
        using var client = Client;
        var count = await client.Messages.CountTokens(new MessageCountTokensParams
        {
            Model = model,
            Messages = [new UserMessageParam { Content = string.Join(' ', Enumerable.Repeat("lorem ipsum", 200)) }],
        });
        count.InputTokens.ShouldBeInRange(300, 1200);
    }

    [Fact]
    public async Task Models_are_listed_in_the_shape_that_the_sdk_reads()
    {
        using var client = Client;
        var page = await client.Models.List(new());
        page.Items.Select(m => m.ID).ShouldContain("claude-sonnet-4-5-20250929");
        page.Items.Select(m => m.ID).ShouldContain("gpt-5.4");
        page.Items.ShouldAllBe(m => m.DisplayName.Length > 0);
        (await client.Models.Retrieve("gpt-5.4", new())).ID.ShouldBe("gpt-5.4");
        (await client.Models.Retrieve("gpt-5.1", new())).ID.ShouldBe("gpt-5.1"); // retired: served, not listed
    }

    private static async Task<(string Thinking, string Signature, string Text)> ContentAsync(AnthropicClient client, bool stream, MessageCreateParams request)
    {
        var (thinking, signature, text) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        if (stream)
        {
            await foreach (var one in client.Messages.CreateStreaming(request))
            {
                if (one.TryPickContentBlockDelta(out var delta))
                {
                    thinking.Append(delta.Delta.TryPickThinking(out var thought) ? thought.Thinking : string.Empty);
                    signature.Append(delta.Delta.TryPickSignature(out var signed) ? signed.Signature : string.Empty);
                    text.Append(delta.Delta.TryPickText(out var words) ? words.Text : string.Empty);
                }
            }
        }
        else
        {
            foreach (var block in (await client.Messages.Create(request)).Content)
            {
                thinking.Append(block.TryPickThinking(out var thought) ? thought.Thinking : string.Empty);
                signature.Append(thought?.Signature);
                text.Append(block.TryPickText(out var words) ? words.Text : string.Empty);
            }
        }

        return (thinking.ToString(), signature.ToString(), text.ToString());
    }

    private static async Task<ToolTurn> SendAsync(AnthropicClient client, string model, List<MessageParam> messages, bool stream)
    {
        var request = new MessageCreateParams
        {
            Model = model,
            MaxTokens = 1024,
            System = "You are short.",
            Messages = messages,
            Tools =
            [
                new Tool
                {
                    Name = ToolTurn.ToolName,
                    Description = ToolTurn.ToolText,
                    InputSchema = InputSchema.FromRawUnchecked(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(ToolTurn.Schema)!),
                },
            ],
        };
        if (!stream)
        {
            var answer = await client.Messages.Create(request);
            answer.Usage.OutputTokens.ShouldBeGreaterThan(0);
            var text = string.Concat(answer.Content.Select(c => c.TryPickText(out var t) ? t.Text : string.Empty));
            var call = answer.Content.Select(c => c.TryPickToolUse(out var u) ? u : null).SingleOrDefault(u => u is not null);
            answer.StopReason.ShouldNotBeNull().Raw().ShouldBe(call is null ? "end_turn" : "tool_use");
            return new ToolTurn(text, call?.ID, call?.Name, call is null ? null : JsonSerializer.Serialize(call.Input));
        }

        return await StreamAsync(client, request);
    }

    private static async Task<ToolTurn> StreamAsync(AnthropicClient client, MessageCreateParams request)
    {
        var text = new StringBuilder();
        var input = new StringBuilder();
        string? id = null;
        string? tool = null;
        var isWhole = false;
        await foreach (var one in client.Messages.CreateStreaming(request))
        {
            if (one.TryPickContentBlockStart(out var start) && start.ContentBlock.TryPickToolUse(out var use))
            {
                tool.ShouldBeNull();
                (id, tool) = (use.ID, use.Name);
            }
            else if (one.TryPickContentBlockDelta(out var delta))
            {
                text.Append(delta.Delta.TryPickText(out var t) ? t.Text : string.Empty);
                input.Append(delta.Delta.TryPickInputJson(out var j) ? j.PartialJson : string.Empty);
            }

            isWhole |= one.TryPickStop(out _);
        }

        isWhole.ShouldBeTrue();
        return new ToolTurn(text.ToString(), id, tool, tool is null ? null : input.ToString());
    }
}
