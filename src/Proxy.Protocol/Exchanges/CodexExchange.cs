using System.Buffers;
using System.Text;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Responses → Codex backend: the normalisation of spec/protocols.md 2.1–2.3 and 4b as edits. Every value not named
/// there keeps its bytes. The backend only streams, so that a client without a stream gets a gathered answer.
/// </summary>
/// <remarks>
/// A compaction (spec/protocols.md 13) is a single JSON both ways: its envelope passes but for what asks for a stream, its
/// items are made fit as those of every request.
/// </remarks>
internal sealed class CodexExchange(ClientRequest request, UpstreamTarget target, Operation operation) : SameDialectExchange(request, target)
{
    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] False = "false"u8.ToArray();
    private static readonly byte[] NoText = "\"\""u8.ToArray();
    private static readonly byte[] Include = "[\"reasoning.encrypted_content\"]"u8.ToArray();

    private readonly ArrayBufferWriter<byte> _appended = new();

    private ResponsesLayout Body => (ResponsesLayout)Layout!;

    private bool IsCompact => operation == Operation.Compact;

    /// <inheritdoc />
    public override bool UpstreamStreams => !IsCompact;

    /// <inheritdoc />
    public override string Path => IsCompact ? "/responses/compact" : "/responses";

    /// <inheritdoc />
    public override AnswerStream OpenStream() => Request.Stream ? new ResponsesPassThrough(ModelNames.Quoted(Target.ShownModel)) : new ResponsesGather(ModelNames.Quoted(Target.ShownModel));

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output) => PassSingle(upstreamBody, inputIncludesCache: true, output);

    private protected override RequestProblem? Refuse() => Body.Input.References is [var first, ..] ? ItemReferences.Unknown(first.Id.ToString()) : null;

    private protected override void Edit(JsonEdits edits)
    {
        _appended.Clear();
        Instructions(edits);
        if (!IsCompact)
        {
            Require("store", False, edits);
            Require("stream", True, edits);
            Require("include", Include, edits);
            if (Body.HasTools && !Body.Member("parallel_tool_calls").Value.IsPresent)
            {
                Append("parallel_tool_calls", True);
            }
        }

        Effort(edits);
        CacheKey();
        Input(edits);
        foreach (var edit in Body.ToolEdits.Added)
        {
            edits.Add(edit);
        }

        var members = Body.Members;
        if (_appended.WrittenCount > 0 || !members.TrueForAll(IsSent))
        {
            JsonRemoval.Apply(edits, [.. members.Select(m => m.Whole)], Body.RootStart, i => !IsSent(members[i]), _appended.WrittenMemory);
        }
    }

    /// <summary>An allow-list: the backend refuses a member that it does not know with a 400 (spec/protocols.md 2.1).</summary>
    private bool IsSent(JsonMember member) => IsCompact ? member.Name is not ("stream" or "stream_options") : member.Name switch
    {
        "model" or "instructions" or "input" or "tools" or "tool_choice" or "text" or "store" or "stream" or "include" or "client_metadata" => true,
        "reasoning" => true,
        "parallel_tool_calls" => Body.HasTools,
        "prompt_cache_key" => !string.IsNullOrWhiteSpace(Request.Session.PromptCacheKey),
        "service_tier" => member.Value.In(Body.Body.Span).SequenceEqual("\"priority\""u8),
        "stream_options" => Body.StreamOptionsFit,
        _ => false,
    };

    private void Instructions(JsonEdits edits)
    {
        var member = Body.Member("instructions").Value;
        var isText = member.In(Body.Body.Span).StartsWith("\""u8);
        var preamble = Target.SystemPreamble.Length > 0 ? JsonText.FromString(Target.SystemPreamble) : JsonText.Empty;
        if (!member.IsPresent)
        {
            Append("instructions", preamble.Quoted.Span);
        }
        else if (!isText || (member.Length == 2 && !preamble.IsEmpty))
        {
            edits.Replace(member, preamble.Quoted);
        }
        else if (!preamble.IsEmpty)
        {
            edits.Insert(member.Start + 1, (byte[])[.. preamble.Escaped, .. "\\n\\n"u8]);
        }
    }

    private void Require(string name, byte[] value, JsonEdits edits)
    {
        var member = Body.Member(name).Value;
        if (!member.IsPresent)
        {
            Append(name, value);
        }
        else if (!member.In(Body.Body.Span).SequenceEqual(value))
        {
            edits.Replace(member, value);
        }
    }

    private void Effort(JsonEdits edits)
    {
        var wish = ThinkingWish.Stronger(Target.Thinking, Body.Effort is { } asked ? Thinking.FromLevel(asked) : null);
        if (wish is null)
        {
            return;
        }

        var effort = Thinking.ToEffort(wish, Target.Info);
        Lose(Thinking.Unmet(wish, effort));
        var at = Body.Reasoning.FindLastIndex(m => m.Name == "effort");
        var reasoning = Body.Member("reasoning").Value;
        if (effort is null)
        {
            if (at >= 0 && Target.Info is { Thinking: null })
            {
                JsonRemoval.Apply(edits, [.. Body.Reasoning.Select(m => m.Whole)], reasoning.Start, i => i == at);
            }

            return;
        }

        if (at >= 0)
        {
            if (!string.Equals(effort, Body.Effort, StringComparison.Ordinal))
            {
                edits.Replace(Body.Reasoning[at].Value, JsonText.FromString(effort).Quoted);
            }

            return;
        }

        byte[] added = [.. "\"effort\":"u8, .. JsonText.FromString(effort).Quoted.Span];
        if (reasoning.In(Body.Body.Span).StartsWith("{"u8))
        {
            JsonRemoval.Apply(edits, [.. Body.Reasoning.Select(m => m.Whole)], reasoning.Start, _ => false, added);
        }
        else if (reasoning.IsPresent)
        {
            edits.Replace(reasoning, (byte[])[(byte)'{', .. added, (byte)'}']);
        }
        else
        {
            Append("reasoning", [(byte)'{', .. added, (byte)'}']);
        }
    }

    /// <summary>
    /// Without a stable key every turn misses the cache (spec/protocols.md 2.2). The client's own; else its session
    /// header; else one made of the conversation's opening. The header repeats it.
    /// </summary>
    private void CacheKey()
    {
        var key = Request.Session.PromptCacheKey;
        if (string.IsNullOrWhiteSpace(key))
        {
            key = Header("session-id") ?? Header("session_id") ?? FromOpening(Request.Session.OpeningDigest);
            if (key is null)
            {
                return;
            }

            if (!IsCompact)
            {
                Append("prompt_cache_key", JsonText.FromString(key).Quoted.Span);
            }
        }

        if (IsHeaderValue(key))
        {
            HeaderList.Add(new("Session-Id", key));
        }
    }

    private string? Header(string name) => Request.Headers.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private static string? FromOpening(string? digest) => digest is { Length: >= 32 } ? Guid.ParseExact(digest.AsSpan(0, 32), "N").ToString() : null;

    private static bool IsHeaderValue(string key) => key.Length <= 256 && !key.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private void Input(JsonEdits edits)
    {
        var input = Body.Member("input").Value;
        if (Body.Input.IsText)
        {
            edits.Insert(input.Start, "[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"u8.ToArray());
            edits.Insert(input.End, "}]}]"u8.ToArray());
            return;
        }

        var items = Body.Input.Items;
        var anyGoes = false;
        foreach (var item in items)
        {
            if (Goes(item))
            {
                anyGoes = true;
                continue;
            }

            for (var i = 0; i < item.EditCount; i++)
            {
                edits.Add(Body.Input.Edits.Added[item.FirstEdit + i]);
            }
        }

        if (anyGoes)
        {
            JsonRemoval.Apply(edits, [.. items.Select(i => i.Span)], Body.Input.Start, i => Goes(items[i]));
        }
    }

    private bool Goes(ResponsesInput.Item item) =>
        item.Fate == ResponsesInput.Fate.Drop || (Target.StripReasoning && item.Fate == ResponsesInput.Fate.Reasoning);

    private void Append(string name, ReadOnlySpan<byte> value)
    {
        if (_appended.WrittenCount > 0)
        {
            _appended.Write(","u8);
        }

        _appended.Write("\""u8);
        _appended.Write(Encoding.UTF8.GetBytes(name));
        _appended.Write("\":"u8);
        _appended.Write(value);
    }
}
