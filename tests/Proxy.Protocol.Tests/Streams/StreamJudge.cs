using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Tests.Answers;
using static Proxy.Protocol.Tests.Answers.Grammar;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>What must hold of every run, whatever the upstream sent.</summary>
internal static class StreamJudge
{
    /// <summary>A good answer of a good upstream: the whole grammar, to its clean end.</summary>
    public static AnswerDigest Whole(Pair pair, StreamRun run)
    {
        Demand(run.IsComplete, "the answer is whole, but was not taken for it: " + Encoding.UTF8.GetString(run.Failure));
        var digest = Check(pair.Client, Parse(run.Output), pair.IsPassThrough ? Liberty.Provider : Liberty.None);
        Demand(digest.IsComplete, "the client has not got the end");
        return digest;
    }

    /// <summary>Anything, of any upstream: never a clean end without the upstream's own, and a broken stream ends in the dialect's error.</summary>
    public static void Broken(Pair pair, StreamRun run)
    {
        var frames = Parse(run.Output);
        if (run.IsComplete || frames.Exists(frame => IsCleanEnd(pair.Client, frame)))
        {
            Demand(run.IsComplete, "a clean end of an answer that is not complete");
            Demand(HasTerminal(pair.Upstream, run.Read), "a clean end without the upstream's terminal event");
        }

        if (pair.IsPassThrough)
        {
            PassedOn(pair, run, frames);
            return;
        }

        if (!run.IsComplete)
        {
            frames.AddRange(Parse(run.Failure));
        }

        var digest = Check(pair.Client, frames, Liberty.Broken);
        Demand(digest.IsComplete == run.IsComplete, "the end that the client has got is not the answer's");
        Demand(digest.HasFailed != run.IsComplete, "a broken stream ends in an error, and no other");
    }

    /// <summary>An answer that was gathered into one JSON: all of it or none.</summary>
    public static AnswerDigest? Gathered(Pair pair, StreamRun run, Liberty liberty)
    {
        if (!run.IsComplete)
        {
            Demand(run.Output.Length == 0, "half an answer");
            Object(Encoding.UTF8.GetString(run.Failure)).Member("error");
            return null;
        }

        Demand(HasTerminal(pair.Upstream, run.Read), "an answer without the upstream's terminal event");
        return CheckSingle(pair.Client, Encoding.UTF8.GetString(run.Output), liberty);
    }

    public static AnswerDigest CheckSingle(Dialect dialect, string json, Liberty liberty) => dialect switch
    {
        Dialect.AnthropicMessages => AnthropicGrammar.CheckSingle(Object(json), liberty),
        Dialect.OpenAIChat => ChatGrammar.CheckSingle(Object(json), liberty),
        _ => ResponsesGrammar.CheckSingle(Object(json), liberty),
    };

    public static AnswerDigest Check(Dialect dialect, IReadOnlyList<(string Name, string Data)> frames, Liberty liberty) => dialect switch
    {
        Dialect.AnthropicMessages => AnthropicGrammar.Check(frames, liberty),
        Dialect.OpenAIChat => ChatGrammar.Check(frames, includeUsage: true, liberty),
        _ => ResponsesGrammar.Check(frames, liberty),
    };

    /// <summary>Same dialect, same bytes: each frame is one of the upstream's, in its order, and only a terminal event may be mended; then the error.</summary>
    private static void PassedOn(Pair pair, StreamRun run, List<(string Name, string Data)> frames)
    {
        var at = 0;
        foreach (var frame in frames)
        {
            while (at < run.Read.Count && (run.Read[at].Name, run.Read[at].Data) != frame && !(pair.Client == Dialect.OpenAIResponses && IsCleanEnd(pair.Client, frame)))
            {
                at++;
            }

            Demand(at++ < run.Read.Count || frame.Data == "[DONE]", "a frame that the upstream did not send: " + frame.Data);
        }

        if (!run.IsComplete)
        {
            var last = Parse(run.Failure);
            Demand(last.Count == 1, "one error, and nothing else");
            Demand(Check(pair.Client, last, Liberty.Provider).HasFailed, "a broken stream ends in an error");
        }
    }

    private static bool IsCleanEnd(Dialect dialect, (string Name, string Data) frame) => dialect switch
    {
        Dialect.AnthropicMessages => NameOf(frame) == "message_stop",
        Dialect.OpenAIChat => frame.Data.StartsWith("[DONE]", StringComparison.Ordinal),
        _ => NameOf(frame) is "response.completed" or "response.incomplete",
    };

    private static string? NameOf((string Name, string Data) frame) => frame.Name.Length > 0 ? frame.Name : TypeOf(new WireFrame(frame.Name, frame.Data));

    /// <summary>By the wire spec alone: did one of these frames end a good answer?</summary>
    private static bool HasTerminal(Dialect dialect, List<WireFrame> frames) => frames.Exists(frame => dialect switch
    {
        Dialect.AnthropicMessages => frame.Name == "message_stop" || TypeOf(frame) == "message_stop",
        Dialect.OpenAIChat => frame.Data.TrimStart(' ').StartsWith("[DONE]", StringComparison.Ordinal) || HasFinishReason(frame),
        _ => frame.Name is "response.completed" or "response.incomplete" || TypeOf(frame) is "response.completed" or "response.incomplete" or "response.done",
    });

    private static string? TypeOf(WireFrame frame) => Parsed(frame) is { } json && json.Find("type", out var type) && type.ValueKind == JsonValueKind.String ? Text(type) : null;

    private static bool HasFinishReason(WireFrame frame)
    {
        if (Parsed(frame) is not { } json || !json.Find("choices", out var choices) || choices.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.ValueKind == JsonValueKind.Object && choice.Find("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String && Text(reason).Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonElement? Parsed(WireFrame frame)
    {
        try
        {
            return Object(frame.Data);
        }
        catch (GrammarException)
        {
            return null;
        }
    }

    /// <summary>The client's frames: for a pass-through in whatever line ends the upstream uses.</summary>
    private static List<(string Name, string Data)> Parse(byte[] stream)
    {
        var frames = new List<(string, string)>();
        var text = Encoding.UTF8.GetString(stream).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').TrimStart('\uFEFF');
        Demand(text.Length == 0 || text.EndsWith("\n\n", StringComparison.Ordinal) || text == "\n", "the last frame is not whole");
        var name = string.Empty;
        List<string> data = [];
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0)
            {
                if (data.Count > 0)
                {
                    frames.Add((name, string.Join('\n', data)));
                }

                name = string.Empty;
                data = [];
            }
            else if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data.Add(Value(line, "data:".Length));
            }
            else if (line.StartsWith("event:", StringComparison.Ordinal))
            {
                name = Value(line, "event:".Length);
            }
        }

        return frames;
    }

    private static string Value(string line, int skip) => line.Length > skip && line[skip] == ' ' ? line[(skip + 1)..] : line[skip..];
}
