using System.Globalization;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>A Chat server (spec/wire-protocols.md 2.2, 2.3): one stream of words, calls by index, that may interleave.</summary>
internal sealed class ChatProvider : Provider
{
    private readonly string _reasoningMember;
    private readonly bool _countsInEveryChunk;
    private readonly bool _hasEmptyReasons;
    private readonly string _finish;

    public ChatProvider(Dice dice, Script script, bool isSloppy)
        : base(dice, script, isSloppy)
    {
        _reasoningMember = isSloppy && dice.Once(2) ? "reasoning" : "reasoning_content";
        _countsInEveryChunk = dice.Once(3);
        _hasEmptyReasons = isSloppy && dice.Once(3);
        _finish = script.Ending switch
        {
            Ending.Length => "length",
            Ending.Filter => "content_filter",
            _ => script.Calls.Any() ? "tool_calls" : "stop",
        };
        if (isSloppy && dice.Once(4))
        {
            // what an Azure gateway begins with
            Add(string.Empty, """{"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[]}""");
        }

        if (!isSloppy || dice.Once(2))
        {
            Chunk("\"role\":\"assistant\",\"content\":\"\"");
        }

        foreach (var part in script.Parts)
        {
            Say(part);
        }

        CallTools([.. script.Calls]);
        Chunk(isSloppy && dice.Once(3) ? "\"content\":\"\"" : string.Empty, Quote(_finish));
        if (isSloppy && dice.Once(6))
        {
            Chunk("\"content\":\"too late\"");
        }

        Add(string.Empty, Head + ""","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}""");
        if (!isSloppy || dice.Once(2))
        {
            Add(string.Empty, "[DONE]");
        }

        Single = WriteSingle();
    }

    private static string Head => """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"up-model" """.TrimEnd();

    /// <inheritdoc />
    public override string Single { get; }

    /// <inheritdoc />
    public override string Refusal => Script.Joined<Refusal>(refusal => refusal.Words);

    private void Say(Part part)
    {
        var (member, words) = part switch
        {
            Speech speech => ("content", speech.Words),
            Refusal refusal => ("refusal", refusal.Words),
            Thought thought => (_reasoningMember, string.Join("\n\n", thought.Parts)),
            _ => (string.Empty, string.Empty),
        };
        foreach (var piece in Dice.Pieces(words))
        {
            Chunk((IsSloppy && Dice.Once(5) ? "\"role\":\"assistant\"," : string.Empty) + $"\"{member}\":" + Quote(piece));
        }
    }

    private void CallTools(List<Call> calls)
    {
        var pieces = calls.Select(call => new Queue<string>(Dice.Pieces(call.Arguments))).ToList();
        var interleaves = Dice.Once(2);
        if (interleaves)
        {
            for (var k = 0; k < calls.Count; k++)
            {
                Begin(k, calls[k]);
            }
        }

        for (var k = 0; k < calls.Count; k++)
        {
            if (!interleaves)
            {
                Begin(k, calls[k]);
            }

            while (pieces[k].Count > 0)
            {
                var at = interleaves ? Dice.Next(calls.Count) : k;
                if (pieces[at].TryDequeue(out var piece))
                {
                    Entry($$"""{"index":{{Number(at)}},"function":{"arguments":{{Quote(piece)}} } }""");
                }
            }
        }
    }

    private void Begin(int index, Call call)
    {
        var k = Number(index);
        if (IsSloppy && Dice.Once(3))
        {
            // the name comes late
            Entry($$"""{"index":{{k}},"id":"{{call.Id}}","type":"function","function":{"name":null,"arguments":""} }""");
            Entry($$"""{"index":{{k}},"function":{"name":"{{call.Name}}"} }""");
            return;
        }

        Entry($$"""{"index":{{k}},"id":"{{call.Id}}","type":"function","function":{"name":"{{call.Name}}","arguments":""} }""");
    }

    private void Entry(string entry) => Chunk($"\"tool_calls\":[{entry}]");

    private void Chunk(string delta, string? finish = null)
    {
        var usage = _countsInEveryChunk ? ""","usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}""" : ",\"usage\":null";
        Add(string.Empty, $$$"""{{{Head}}},"choices":[{"index":0,"delta":{ {{{delta}}} },"logprobs":null,"finish_reason":{{{finish ?? (_hasEmptyReasons ? "\"\"" : "null")}}} }]{{{usage}}} }""");
    }

    private string WriteSingle()
    {
        var calls = string.Join(',', Script.Calls.Select(call => $$"""{"id":"{{call.Id}}","type":"function","function":{"name":"{{call.Name}}","arguments":{{Quote(call.Arguments)}} } }"""));
        return $$$"""
            {"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":{{{(Text.Length == 0 ? "null" : Quote(Text))}}},"refusal":{{{(Refusal.Length == 0 ? "null" : Quote(Refusal))}}},"reasoning_content":{{{Quote(Reasoning)}}}{{{(calls.Length == 0 ? string.Empty : $",\"tool_calls\":[{calls}]")}}} },"finish_reason":"{{{_finish}}}","logprobs":null}],"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17}}
            """.Trim();
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
