using System.Text;
using System.Text.Json;
using static Proxy.Protocol.Tests.Answers.Grammar;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of a chat completion and of its chunks, by spec/wire-protocols.md 2.2 and 2.3, on a JSON DOM.</summary>
internal sealed class ChatGrammar
{
    private readonly AnswerDigest _digest = new();
    private readonly List<(string Name, string Type, StringBuilder Input)> _calls = [];
    private readonly HashSet<string> _ids = [];
    private readonly bool _includeUsage;
    private readonly Liberty _liberty;
    private string? _identity;
    private Phase _phase = Phase.Nothing;

    private ChatGrammar(bool includeUsage, Liberty liberty)
    {
        _includeUsage = includeUsage;
        _liberty = liberty;
    }

    private enum Phase
    {
        Nothing,
        Started,
        Finished,
        Counted,
        Over,
    }

    /// <summary>Reads a stream or the beginning of one; whether it came to an end is in the digest.</summary>
    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames, bool includeUsage, Liberty liberty = Liberty.None)
    {
        var grammar = new ChatGrammar(includeUsage, liberty);
        foreach (var (name, data) in frames)
        {
            grammar.Read(name, data);
        }

        return grammar.End();
    }

    /// <summary>Reads a whole completion.</summary>
    public static AnswerDigest CheckSingle(JsonElement completion, Liberty liberty = Liberty.None)
    {
        var grammar = new ChatGrammar(includeUsage: true, liberty);
        Demand(completion.TextOf("object") == "chat.completion", "object is chat.completion");
        completion.SomeTextOf("id");
        completion.SomeTextOf("model");
        completion.CountOf("created");
        Demand(completion.ArrayOf("choices").GetArrayLength() == 1, "one choice was asked for");
        var choice = completion.GetProperty("choices")[0];
        Demand(choice.CountOf("index") == 0, "the only choice is number 0");
        var message = choice.ObjectOf("message");
        Demand(message.TextOf("role") == "assistant", "role is assistant");
        message.MayBeText("content");
        message.MayBeText("refusal");
        CheckAnnotations(message);
        grammar.Append(grammar._digest.Text, message, "content");
        grammar.Append(grammar._digest.Refusal, message, "refusal");
        grammar.Append(grammar._digest.Reasoning, message, "reasoning_content");
        if (message.Find("tool_calls", out var calls))
        {
            Demand(calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() > 0, "an empty list of calls");
            foreach (var call in calls.EnumerateArray())
            {
                grammar.OpenCall(call);
            }
        }

        grammar.Finish(choice.SomeTextOf("finish_reason"));
        CheckUsage(completion.ObjectOf("usage"));
        grammar._phase = Phase.Over;
        var digest = grammar.End();
        digest.IsComplete = true;
        return digest;
    }

    private bool IsProviders => _liberty.HasFlag(Liberty.Provider);

    private AnswerDigest End()
    {
        _digest.Calls.AddRange(_calls.Select(call => (call.Name, call.Input.ToString())));
        if (_digest.Stop.Length > 0)
        {
            var isCut = _digest.Stop is "length" or "content_filter";
            Demand(_digest.Stop == "tool_calls" == (_calls.Count > 0 && !isCut) || IsProviders, $"{_calls.Count} calls, but {_digest.Stop}");
        }

        return _digest;
    }

    private void Read(string name, string data)
    {
        Demand(name.Length == 0, "chat has no event names, but " + name);
        Demand(_phase != Phase.Over, "nothing follows the end, but " + data);
        if (data == "[DONE]")
        {
            Demand(_phase == (_includeUsage ? Phase.Counted : Phase.Finished) || (IsProviders && _phase is Phase.Finished or Phase.Counted), "[DONE] too early");
            _phase = Phase.Over;
            _digest.IsComplete = true;
            return;
        }

        var json = Object(data);
        if (json.Find("error", out var error))
        {
            json.Only("error");
            CheckError(error);
            _phase = Phase.Over;
            _digest.HasFailed = true;
            return;
        }

        Demand(json.TextOf("object") == "chat.completion.chunk", "object is chat.completion.chunk");
        json.SomeTextOf("id");
        json.SomeTextOf("model");
        var identity = json.GetProperty("id").GetRawText() + json.CountOf("created") + json.GetProperty("model").GetRawText();
        Demand((_identity ??= identity) == identity, "id, created and model are the same in every chunk");
        var choices = json.ArrayOf("choices");
        if (choices.GetArrayLength() == 0)
        {
            OnCounted(json);
            return;
        }

        CheckEarlyUsage(json);
        Demand(choices.GetArrayLength() == 1, "one choice was asked for");
        var choice = choices[0];
        Demand(choice.CountOf("index") == 0, "the only choice is number 0");
        OnDelta(choice, choice.ObjectOf("delta"));
    }

    private void OnCounted(JsonElement json)
    {
        Demand(_phase == Phase.Finished, "the usage chunk comes after the finish reason");
        Demand(_includeUsage, "nobody asked for usage");
        _phase = Phase.Counted;
        CheckUsage(json.ObjectOf("usage"));
    }

    private void CheckEarlyUsage(JsonElement json)
    {
        var has = json.Find("usage", out var usage);
        Demand(IsProviders || has == _includeUsage, "usage is there if and only if it was asked for");
        if (has && usage.ValueKind != JsonValueKind.Null)
        {
            Demand(IsProviders, "usage is null in all chunks but the last");
            CheckUsage(usage);
        }
    }

    private void OnDelta(JsonElement choice, JsonElement delta)
    {
        if (choice.Member("finish_reason").ValueKind == JsonValueKind.String)
        {
            Demand(_phase == Phase.Started, "a finish reason before the start, or twice");
            Demand(IsProviders || !delta.EnumerateObject().Any(), "the finish reason comes with an empty delta");
            Speak(delta);
            Finish(choice.TextOf("finish_reason"));
            _phase = Phase.Finished;
            return;
        }

        choice.NullOf("finish_reason");
        choice.NullOf("logprobs");
        if (_phase == Phase.Nothing)
        {
            _phase = Phase.Started;
            Demand(delta.TextOf("role") == "assistant", "the first chunk tells the role");
            Demand(IsProviders || delta.TextOf("content").Length == 0, "the first chunk has no words");
            delta.Only(IsProviders ? ["role", "content", "refusal", "reasoning_content"] : ["role", "content"]);
        }
        else
        {
            Demand(_phase == Phase.Started, "a delta after the finish reason");
            Demand(IsProviders || delta.EnumerateObject().Count() == 1, "one thing at a time: " + delta.GetRawText());
            Demand(IsProviders || !delta.Find("role", out _), "the role comes once");
        }

        Speak(delta);
    }

    private void Speak(JsonElement delta)
    {
        delta.Only("role", "content", "refusal", "reasoning_content", "tool_calls", "annotations");
        CheckAnnotations(delta);
        Append(_digest.Text, delta, "content");
        Append(_digest.Refusal, delta, "refusal");
        Append(_digest.Reasoning, delta, "reasoning_content");
        if (delta.Find("tool_calls", out var entries))
        {
            Demand(entries.ValueKind == JsonValueKind.Array && (entries.GetArrayLength() == 1 || IsProviders), "one call at a time");
            foreach (var entry in entries.EnumerateArray())
            {
                Call(entry);
            }
        }
    }

    private void Append(StringBuilder words, JsonElement of, string name)
    {
        if (of.Find(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            words.Append(of.TextOf(name));
        }
    }

    private static void CheckAnnotations(JsonElement of)
    {
        if (!of.Find("annotations", out var annotations))
        {
            return;
        }

        Demand(annotations.ValueKind == JsonValueKind.Array, "annotations are a list");
        foreach (var annotation in annotations.EnumerateArray())
        {
            annotation.Only("type", "url_citation");
            Demand(annotation.TextOf("type") == "url_citation", "an unknown annotation");
            var citation = annotation.ObjectOf("url_citation");
            citation.Only("url", "title", "start_index", "end_index");
            citation.SomeTextOf("url");
            citation.TextOf("title");
            Demand(citation.CountOf("start_index") <= citation.CountOf("end_index"), "a citation that ends before it starts");
        }
    }

    private void Call(JsonElement entry)
    {
        var index = (int)entry.CountOf("index");
        if (index == _calls.Count)
        {
            OpenCall(entry);
            return;
        }

        Demand(index < _calls.Count, "calls are numbered without gaps");
        entry.Only("index", _calls[index].Type);
        var (_, type, input) = _calls[index];
        var next = entry.ObjectOf(type);
        next.Only(type == "custom" ? "input" : "arguments");
        input.Append(next.TextOf(type == "custom" ? "input" : "arguments"));
    }

    private void OpenCall(JsonElement entry)
    {
        Demand(_ids.Add(entry.SomeTextOf("id")) || _liberty.HasFlag(Liberty.Broken), "two calls of one id");
        var type = entry.TextOf("type");
        OneOf(type, "function", "custom");
        var first = entry.ObjectOf(type);
        _calls.Add((first.SomeTextOf("name"), type, new StringBuilder(first.TextOf(type == "custom" ? "input" : "arguments"))));
    }

    private void Finish(string reason)
    {
        OneOf(reason, "stop", "length", "tool_calls", "content_filter", "function_call");
        _digest.Stop = reason;
    }

    private static void CheckUsage(JsonElement usage)
    {
        Demand(usage.CountOf("total_tokens") == usage.CountOf("prompt_tokens") + usage.CountOf("completion_tokens"), "the total is no sum");
        if (usage.Find("prompt_tokens_details", out var prompt) && prompt.ValueKind != JsonValueKind.Null)
        {
            prompt.MayCount("cached_tokens");
            prompt.MayCount("cache_write_tokens");
        }

        if (usage.Find("completion_tokens_details", out var completion) && completion.ValueKind != JsonValueKind.Null)
        {
            completion.MayCount("reasoning_tokens");
        }
    }

    private static void CheckError(JsonElement error)
    {
        error.SomeTextOf("message");
        error.SomeTextOf("type");
        error.MayBeText("param");
        error.MayBeText("code");
    }
}
