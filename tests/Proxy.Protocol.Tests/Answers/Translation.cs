using System.Text;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Anthropic.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Json;
using Proxy.Protocol.OpenAIChat.Answers;
using Proxy.Protocol.OpenAIResponses.Answers;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>Runs frames of one dialect through its reader and another's writer.</summary>
internal static class Translation
{
    public static readonly RequestEcho Echo = new() { AskedModel = "asked-model", IdSeed = "seed", CreatedAt = 1790000000, IncludeUsage = true };

    public static IAnswerStreamReader Reader(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicStreamReader(),
        Dialect.OpenAIChat => new ChatStreamReader(),
        _ => new ResponsesStreamReader(),
    };

    public static IAnswerStreamWriter Writer(Dialect dialect, RequestEcho? echo = null) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicStreamWriter(echo ?? Echo),
        Dialect.OpenAIChat => new ChatStreamWriter(echo ?? Echo),
        _ => new ResponsesStreamWriter(echo ?? Echo),
    };

    public static ISingleAnswerReader SingleReader(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicSingleReader(),
        Dialect.OpenAIChat => new ChatSingleReader(),
        _ => new ResponsesSingleReader(),
    };

    public static ISingleAnswerWriter SingleWriter(Dialect dialect, RequestEcho? echo = null) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicSingleWriter(echo ?? Echo),
        Dialect.OpenAIChat => new ChatSingleWriter(echo ?? Echo),
        _ => new ResponsesSingleWriter(echo ?? Echo),
    };

    /// <summary>Reads the frames; events that point into a frame are told on at once, as in the product.</summary>
    public static bool Run(Dialect from, IEnumerable<SseFrame> frames, Action<AnswerEvent> tell)
    {
        var reader = Reader(from);
        var events = new List<AnswerEvent>();
        foreach (var frame in frames)
        {
            reader.Read(frame, events);
            events.ForEach(tell);
            events.Clear();
        }

        var isComplete = reader.Complete(events);
        events.ForEach(tell);
        return isComplete;
    }

    public static List<AnswerEvent> Events(Dialect from, params string[] frames)
    {
        var all = new List<AnswerEvent>();
        Run(from, Frames.Of(frames), all.Add);
        return all;
    }

    public static List<(string Name, string Data)> Stream(Dialect from, Dialect to, params string[] frames) => Stream(from, to, Echo, frames);

    public static List<(string Name, string Data)> Stream(Dialect from, Dialect to, RequestEcho echo, params string[] frames)
    {
        using var output = new PooledBufferWriter();
        var writer = Writer(to, echo);
        Run(from, Frames.Of(frames), @event => writer.Write(@event, output));
        return Frames.Parse(output.Written.Span);
    }

    public static string Gather(Dialect from, Dialect to, RequestEcho echo, params string[] frames)
    {
        using var output = new PooledBufferWriter();
        var writer = SingleWriter(to, echo);
        Run(from, Frames.Of(frames), writer.Add).ShouldBeTrue();
        writer.Write(output);
        return Encoding.UTF8.GetString(output.Written.Span);
    }

    public static string Single(Dialect from, Dialect to, string body, RequestEcho? echo = null)
    {
        var events = new List<AnswerEvent>();
        SingleReader(from).Read(Encoding.UTF8.GetBytes(body), events);
        using var output = new PooledBufferWriter();
        var writer = SingleWriter(to, echo);
        events.ForEach(writer.Add);
        writer.Write(output);
        return Encoding.UTF8.GetString(output.Written.Span);
    }
}
