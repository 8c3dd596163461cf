using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Has the official Anthropic SDK read an answer; its types validate all that they hold.</summary>
internal static class AnthropicSdkReading
{
    private static readonly MessageCreateParams Request = new() { Model = "any", MaxTokens = 1, Messages = [new UserMessageParam { Content = "hi" }] };

    public static async Task ReadAsync(VectorOutput output)
    {
        using var http = CannedAnswer.ClientFor(WithCaller(output));
        using var client = new AnthropicClient { HttpClient = http, BaseUrl = "http://localhost", ApiKey = "unused", MaxRetries = 0 };
        if (output.Status != 200)
        {
            var refused = await Should.ThrowAsync<AnthropicApiException>(client.Messages.Create(Request));
            ((int)refused.StatusCode).ShouldBe(output.Status);
            refused.Message.ShouldContain(MessageOf(Frames.Json(Encoding.UTF8.GetString(output.Body))));
        }
        else if (output.IsStream)
        {
            await ReadStreamAsync(client, Frames.Parse(output.Body));
        }
        else
        {
            (await client.Messages.Create(Request)).Validate();
        }
    }

    /// <summary>
    /// The wire leaves <c>caller</c> out where the model called by itself (spec/wire-protocols.md 1.3), and so do we. The SDK reads such blocks, but its
    /// validation, which is off unless asked for, wants one: it is put in here, so that everything else can be validated.
    /// </summary>
    private static VectorOutput WithCaller(VectorOutput output)
    {
        var text = Encoding.UTF8.GetString(output.Body);
        foreach (var type in (string[])["tool_use", "server_tool_use", "web_search_tool_result"])
        {
            text = text.Replace($"{{\"type\":\"{type}\",", $"{{\"type\":\"{type}\",\"caller\":{{\"type\":\"direct\"}},", StringComparison.Ordinal);
        }

        return output with { Body = Encoding.UTF8.GetBytes(text) };
    }

    private static async Task ReadStreamAsync(AnthropicClient client, List<(string Name, string Data)> frames)
    {
        var read = 0;
        var hasEnd = false;
        AnthropicException? error = null;
        try
        {
            await foreach (var one in client.Messages.CreateStreaming(Request))
            {
                one.Validate();
                read++;
                hasEnd |= one.TryPickStop(out _);
            }
        }
        catch (AnthropicSseException e)
        {
            error = e;
        }

        // the SDK keeps pings to itself
        read.ShouldBe(frames.Count(f => f.Name is not ("ping" or "error")));
        if (frames[^1].Name == "error")
        {
            error.ShouldNotBeNull().Message.ShouldContain(MessageOf(Frames.Json(frames[^1].Data)));
        }
        else
        {
            hasEnd.ShouldBeTrue();
            error.ShouldBeNull();
        }
    }

    private static string MessageOf(JsonElement error) => error.GetProperty("error").GetProperty("message").GetString()!;
}
