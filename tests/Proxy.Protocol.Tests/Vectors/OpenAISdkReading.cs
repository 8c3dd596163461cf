#pragma warning disable OPENAI001 // the SDK marks its Responses client as experimental
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Tests.Answers;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Has the official OpenAI SDK read an answer. What its types don't know they keep as "unknown": that counts as refused here.</summary>
internal static class OpenAISdkReading
{
    private static readonly ApiKeyCredential Key = new("unused");
    private static readonly Uri Nowhere = new("http://localhost");

    public static async Task ReadAsync(VectorOutput output)
    {
        using var http = CannedAnswer.ClientFor(output);
        using var transport = new HttpClientPipelineTransport(http);
        var retries = new ClientRetryPolicy(0);
        if (output.Client == Dialect.OpenAIChat)
        {
            var client = new ChatClient("any", Key, new OpenAIClientOptions { Endpoint = Nowhere, Transport = transport, RetryPolicy = retries });
            await (output switch
            {
                { Status: not 200 } => RefusedAsync(() => client.CompleteChatAsync("hi"), output),
                { IsStream: true } => ReadChatStreamAsync(client, output),
                _ => ReadChatAsync(client),
            });
        }
        else
        {
            var client = new ResponsesClient(Key, new ResponsesClientOptions { Endpoint = Nowhere, Transport = transport, RetryPolicy = retries });
            await (output switch
            {
                { Status: not 200 } => RefusedAsync(() => client.CreateResponseAsync("any", "hi"), output),
                { IsStream: true } => ReadResponsesStreamAsync(client, Frames.Parse(output.Body)),
                _ => ReadResponseAsync(client),
            });
        }
    }

    private static async Task ReadChatAsync(ChatClient client)
    {
        ChatCompletion answer = await client.CompleteChatAsync("hi");
        answer.Id.ShouldNotBeNullOrEmpty();
        answer.Role.ShouldBe(ChatMessageRole.Assistant);
        Enum.IsDefined(answer.FinishReason).ShouldBeTrue();
    }

    private static async Task ReadChatStreamAsync(ChatClient client, VectorOutput output)
    {
        var frames = Frames.Parse(output.Body);
        var updates = new List<StreamingChatCompletionUpdate>();
        await foreach (var update in client.CompleteChatStreamingAsync("hi"))
        {
            updates.Add(update);
        }

        var errors = frames.Where(f => f.Data.StartsWith("{\"error\"", StringComparison.Ordinal)).ToList();
        updates.Count.ShouldBe(frames.Count(f => f.Data != "[DONE]"));
        if (errors.Count == 0)
        {
            updates.ShouldAllBe(u => u.CompletionId.Length > 0);
            updates.Count(u => u.FinishReason is not null).ShouldBe(frames.SelectMany(f => ChoicesOf(f.Data)).Distinct().Count());
            frames[^1].Data.ShouldBe("[DONE]");
            return;
        }

        // this SDK has no error in a stream (that of Node has); the frame's data is the form that it reads as an error's body
        var told = errors.ShouldHaveSingleItem();
        var error = output with { IsStream = false, Status = 500, Body = Encoding.UTF8.GetBytes(told.Data) };
        updates.ShouldAllBe(u => u.FinishReason == null);
        await ReadAsync(error);
    }

    private static IEnumerable<int> ChoicesOf(string data) =>
        data.StartsWith('{') ? Frames.Json(data).GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()) : [];

    private static async Task ReadResponseAsync(ResponsesClient client)
    {
        ResponseResult answer = await client.CreateResponseAsync("any", "hi");
        ShouldBeKnown(answer);
        answer.Status.ShouldNotBeNull();
    }

    private static async Task ReadResponsesStreamAsync(ResponsesClient client, List<(string Name, string Data)> frames)
    {
        var updates = new List<StreamingResponseUpdate>();
        await foreach (var update in await client.CreateResponseStreamingAsync("any", "hi"))
        {
            updates.Add(update);
            IsKnown(update).ShouldBeTrue(frames[updates.Count - 1].Data);
        }

        updates.Count.ShouldBe(frames.Count);
        switch (updates[^1])
        {
            case StreamingResponseCompletedUpdate completed:
                ShouldBeKnown(completed.Response);
                completed.Response.Status.ShouldBe(ResponseStatus.Completed);
                break;
            case StreamingResponseIncompleteUpdate incomplete:
                ShouldBeKnown(incomplete.Response);
                incomplete.Response.IncompleteStatusDetails.ShouldNotBeNull();
                break;
            case StreamingResponseFailedUpdate failed:
                failed.Response.Error.Message.ShouldNotBeNullOrEmpty();
                break;
            case StreamingResponseErrorUpdate error:
                error.Message.ShouldNotBeNullOrEmpty();
                break;
            default:
                updates[^1].ShouldBeNull($"no end: {frames[^1].Data}");
                break;
        }
    }

    private static void ShouldBeKnown(ResponseResult answer)
    {
        answer.Id.ShouldNotBeNullOrEmpty();
        foreach (var item in answer.OutputItems)
        {
            IsKnown(item).ShouldBeTrue(ModelReaderWriter.Write(item).ToString());
            foreach (var part in (item as MessageResponseItem)?.Content ?? [])
            {
                Enum.IsDefined(part.Kind).ShouldBeTrue();
                part.Kind.ShouldNotBe(ResponseContentPartKind.Unknown);
            }
        }
    }

    private static bool IsKnown(object model) => !model.GetType().Name.Contains("Unknown", StringComparison.Ordinal);

    private static async Task RefusedAsync<T>(Func<Task<T>> ask, VectorOutput output)
    {
        var refused = await Should.ThrowAsync<ClientResultException>(async () => await ask());
        refused.Status.ShouldBe(output.Status);
        var told = Frames.Json(Encoding.UTF8.GetString(output.Body)).GetProperty("error").GetProperty("message").GetString()!;
        refused.Message.ShouldContain(told);
    }
}
