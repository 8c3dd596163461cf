using System.Buffers;
using System.Text;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>Anthropic Messages → Claude. Edits only what docs/architecture.md, "Same dialect, same bytes", allows.</summary>
/// <remarks>
/// <c>?beta=true</c> is sent when the client asked for beta features, in its header or its body; the flag that an OAuth
/// login needs is ours and does not count. Counting tokens drops members that the operation refuses, and nothing else.
/// </remarks>
internal sealed class ClaudeExchange(ClientRequest request, UpstreamTarget target, Operation operation) : SameDialectExchange(request, target)
{
    private const string DefaultVersion = "2023-06-01";
    private const string OAuthBeta = "oauth-2025-04-20";

    private static readonly byte[] NoThinking = "{\"type\":\"disabled\"}"u8.ToArray();

    private AnthropicLayout Body => (AnthropicLayout)Layout!;

    /// <inheritdoc />
    public override bool UpstreamStreams => operation == Operation.Generate && Request.Stream;

    /// <inheritdoc />
    public override string Path
    {
        get
        {
            var path = operation == Operation.CountTokens ? "/v1/messages/count_tokens" : "/v1/messages";
            return Layout is AnthropicLayout { Betas.Count: > 0 } || Request.Headers.ContainsKey("anthropic-beta") ? path + "?beta=true" : path;
        }
    }

    /// <inheritdoc />
    public override AnswerStream OpenStream() => new AnthropicPassThrough(ModelNames.Quoted(Target.ShownModel));

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output) => PassSingle(upstreamBody, inputIncludesCache: false, output);

    private protected override void Edit(JsonEdits edits)
    {
        WriteHeaders();
        EditMembers(edits);
        EditReasoning(edits);
    }

    private void WriteHeaders()
    {
        HeaderList.Add(new("anthropic-version", Request.Headers.TryGetValue("anthropic-version", out var version) && !string.IsNullOrWhiteSpace(version) ? version : DefaultVersion));
        var betas = new List<string>();
        if (Request.Headers.TryGetValue("anthropic-beta", out var sent))
        {
            betas.AddRange(sent.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        betas.AddRange(Body.Betas);
        if (Target.IsOAuth)
        {
            betas.Add(OAuthBeta);
        }

        if (betas.Count > 0)
        {
            HeaderList.Add(new("anthropic-beta", string.Join(',', betas.Distinct(StringComparer.Ordinal))));
        }
    }

    private void EditMembers(JsonEdits edits)
    {
        var appended = new ArrayBufferWriter<byte>();
        var removed = new HashSet<string>(StringComparer.Ordinal) { "betas" };
        if (operation == Operation.CountTokens)
        {
            removed.UnionWith(["max_tokens", "stream", "metadata", "temperature", "top_p", "top_k", "stop_sequences", "service_tier"]);
        }

        if (Target.Thinking is { } wish && !(wish.YieldsToBody && Body.Member("thinking").Value.IsPresent))
        {
            EditThinking(wish, edits, removed, appended);
        }
        else if (Body.EnablesThinking && BreaksToolLoop())
        {
            Put("thinking", NoThinking, edits, removed, appended);
            KeepThinkingOutOfContextEdits(edits, removed);
        }

        if (Target.SystemPreamble.Length > 0)
        {
            EditSystem(edits, removed, appended);
        }

        if (appended.WrittenCount > 0 || Body.Members.Exists(m => removed.Contains(m.Name)))
        {
            JsonRemoval.Apply(edits, [.. Body.Members.Select(m => m.Whole)], Body.RootStart, i => removed.Contains(Body.Members[i].Name), appended.WrittenMemory);
        }
    }

    /// <summary>The suffix of the model name beats the body; a forced tool beats both (thinking would be a 400).</summary>
    private void EditThinking(ThinkingWish wish, JsonEdits edits, HashSet<string> removed, ArrayBufferWriter<byte> appended)
    {
        var thinking = Thinking.ForClaude(wish, Target.Info, Body.MaxTokens);
        if (Body.ForcesTool && thinking is { Type: not "disabled" })
        {
            return;
        }

        Lose(Thinking.Unmet(wish, thinking));
        var value = thinking is null ? null : thinking.Type == "enabled" && BreaksToolLoop() ? NoThinking : ThinkingJson(thinking);
        Put("thinking", value, edits, removed, appended);
        if (value is null || thinking!.Type == "disabled" || value == NoThinking)
        {
            KeepThinkingOutOfContextEdits(edits, removed);
        }

        EditEffort(thinking?.Effort, edits, removed, appended);
    }

    /// <summary>To clear thinking from the context is a 400 where we switched it off (spec/protocols.md 5.6 rule 11, E174).</summary>
    private void KeepThinkingOutOfContextEdits(JsonEdits edits, HashSet<string> removed)
    {
        var all = Body.ContextEdits;
        if (all.Count > 0 && all.TrueForAll(e => e.ClearsThinking))
        {
            removed.Add("context_management");
        }
        else
        {
            JsonRemoval.Apply(edits, [.. all.Select(e => e.Span)], Body.ContextEditsStart, i => all[i].ClearsThinking);
        }
    }

    private byte[] ThinkingJson(ClaudeThinking thinking)
    {
        var json = new StringBuilder().Append("{\"type\":\"").Append(thinking.Type).Append('"');
        if (thinking.BudgetTokens is { } budget)
        {
            json.Append(",\"budget_tokens\":").Append(budget);
        }

        if (thinking.Type != "disabled" && Body.ThinkingDisplay.IsPresent)
        {
            json.Append(",\"display\":").Append(Encoding.UTF8.GetString(Body.ThinkingDisplay.In(Body.Body.Span)));
        }

        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }

    private void EditEffort(string? effort, JsonEdits edits, HashSet<string> removed, ArrayBufferWriter<byte> appended)
    {
        var config = Body.OutputConfig;
        var at = config.FindLastIndex(m => m.Name == "effort");
        var value = effort is null ? default : JsonText.FromString(effort).Quoted;
        if (effort is null && at < 0)
        {
            return;
        }

        if (at >= 0 && effort is not null)
        {
            edits.Replace(config[at].Value, value);
        }
        else if (effort is null && config.Count == 1)
        {
            removed.Add("output_config");
        }
        else if (Body.Member("output_config").Value is { IsPresent: true } span && config.Count > 0)
        {
            byte[] added = effort is null ? [] : [.. "\"effort\":"u8, .. value.Span];
            JsonRemoval.Apply(edits, [.. config.Select(m => m.Whole)], span.Start, i => i == at, added);
        }
        else
        {
            Put("output_config", [.. "{\"effort\":"u8, .. value.Span, (byte)'}'], edits, removed, appended);
        }
    }

    private void EditSystem(JsonEdits edits, HashSet<string> removed, ArrayBufferWriter<byte> appended)
    {
        byte[] block = [.. "{\"type\":\"text\",\"text\":"u8, .. JsonText.FromString(Target.SystemPreamble).Quoted.Span, (byte)'}'];
        var system = Body.Member("system").Value;
        var bytes = system.In(Body.Body.Span);
        if (bytes.StartsWith("["u8))
        {
            var isEmpty = bytes[1..].TrimStart(" \t\r\n"u8).StartsWith("]"u8);
            edits.Insert(system.Start + 1, isEmpty ? block : [.. block, (byte)',']);
        }
        else if (bytes.StartsWith("\""u8) && bytes.Length > 2)
        {
            edits.Insert(system.Start, (byte[])[(byte)'[', .. block, .. ",{\"type\":\"text\",\"text\":"u8]);
            edits.Insert(system.End, "}]"u8.ToArray());
        }
        else
        {
            Put("system", [(byte)'[', .. block, (byte)']'], edits, removed, appended);
        }
    }

    /// <summary>Replaces, removes or appends a top-level member.</summary>
    private void Put(string name, byte[]? value, JsonEdits edits, HashSet<string> removed, ArrayBufferWriter<byte> appended)
    {
        var member = Body.Member(name);
        if (value is null)
        {
            removed.Add(name);
        }
        else if (member.Value.IsPresent)
        {
            edits.Replace(member.Value, value);
        }
        else
        {
            if (appended.WrittenCount > 0)
            {
                appended.Write(","u8);
            }

            appended.Write("\""u8);
            appended.Write(Encoding.UTF8.GetBytes(name));
            appended.Write("\":"u8);
            appended.Write(value);
        }
    }

    /// <summary>Blocks that Claude would refuse go; a message that becomes empty goes too (spec/protocols.md 1.8).</summary>
    private void EditReasoning(JsonEdits edits)
    {
        var emptied = new HashSet<int>();
        foreach (var turn in Body.Turns.ReasoningTurns)
        {
            var blocks = Body.Turns.Blocks.GetRange(turn.FirstBlock, turn.BlockCount);
            if (blocks.TrueForAll(Goes))
            {
                emptied.Add(turn.Message);
                continue;
            }

            if (blocks.Exists(Goes))
            {
                JsonRemoval.Apply(edits, [.. blocks.Select(b => b.Span)], turn.ContentStart, i => Goes(blocks[i]));
            }

            foreach (var block in blocks)
            {
                if (!Goes(block) && block.Signature.Length > 0)
                {
                    edits.Add(block.Signature);
                }
            }
        }

        if (emptied.Count > 0)
        {
            JsonRemoval.Apply(edits, Body.Turns.Messages, Body.Turns.Start, emptied.Contains);
        }
    }

    /// <summary>
    /// The last message answers calls of a turn that no longer begins with thinking once its blocks have gone: with a
    /// thinking budget that is a 400 ("Expected `thinking`"), so that this one request does without (spec/protocols.md 1.8).
    /// </summary>
    private bool BreaksToolLoop()
    {
        if (Body.Turns.ReasoningTurns is not [.., var turn] || turn.Message != Body.Turns.Messages.Count - 2)
        {
            return false;
        }

        var blocks = Body.Turns.Blocks.GetRange(turn.FirstBlock, turn.BlockCount);
        return blocks.Exists(block => block.IsToolUse) && blocks.Exists(Goes)
            && blocks.Find(block => !Goes(block)).Fate != AnthropicTurns.Fate.Reasoning;
    }

    private bool Goes(AnthropicTurns.Block block) =>
        block.Fate == AnthropicTurns.Fate.Foreign || (Target.StripReasoning && block.Fate == AnthropicTurns.Fate.Reasoning);
}
