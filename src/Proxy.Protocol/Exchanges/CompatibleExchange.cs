using System.Buffers;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// Chat Completions → a compatible server: model, effort and, on a stream whose client says nothing of
/// <c>stream_options</c>, the wish for usage; the usage chunk is then ours and not forwarded (spec/protocols.md 7.4, 10).
/// </summary>
internal sealed class CompatibleExchange(ClientRequest request, UpstreamTarget target) : SameDialectExchange(request, target)
{
    private ChatLayout Body => (ChatLayout)Layout!;

    private bool AddsUsage => Request.Stream && Layout is ChatLayout chat && IsAbsent(chat.Member("stream_options"));

    /// <inheritdoc />
    public override bool UpstreamStreams => Request.Stream;

    /// <inheritdoc />
    public override string Path => "/chat/completions";

    /// <inheritdoc />
    public override AnswerStream OpenStream() => new ChatPassThrough(dropUsageChunk: AddsUsage, ModelNames.Quoted(Target.ShownModel));

    /// <inheritdoc />
    public override SingleResult WriteSingle(ReadOnlyMemory<byte> upstreamBody, IBufferWriter<byte> output) => PassSingle(upstreamBody, inputIncludesCache: true, output);

    private protected override void Edit(JsonEdits edits)
    {
        var appended = new ArrayBufferWriter<byte>();
        var removed = string.Empty;
        if (ThinkingWish.Stronger(Target.Thinking, Body.Effort is { } asked ? Thinking.FromLevel(asked) : null) is { } wish)
        {
            var effort = Thinking.ToEffort(wish, Target.Info);
            Lose(Thinking.Unmet(wish, effort));
            var member = Body.Member("reasoning_effort");
            if (effort is null)
            {
                removed = Target.Info is { Thinking: null } ? "reasoning_effort" : string.Empty;
            }
            else if (!member.Value.IsPresent)
            {
                appended.Write("\"reasoning_effort\":"u8);
                appended.Write(JsonText.FromString(effort).Quoted.Span);
            }
            else if (!string.Equals(effort, Body.Effort, StringComparison.Ordinal))
            {
                edits.Replace(member.Value, JsonText.FromString(effort).Quoted);
            }
        }

        if (AddsUsage)
        {
            var member = Body.Member("stream_options");
            if (member.Value.IsPresent)
            {
                edits.Replace(member.Value, "{\"include_usage\":true}"u8.ToArray());
            }
            else
            {
                appended.Write(appended.WrittenCount > 0 ? ","u8 : default);
                appended.Write("\"stream_options\":{\"include_usage\":true}"u8);
            }
        }

        if (Target.SystemPreamble.Length > 0)
        {
            Preamble(edits);
        }

        if (removed.Length > 0 || appended.WrittenCount > 0)
        {
            JsonRemoval.Apply(edits, [.. Body.Members.Select(m => m.Whole)], Body.RootStart, i => Body.Members[i].Name == removed, appended.WrittenMemory);
        }
    }

    private void Preamble(JsonEdits edits)
    {
        var messages = Body.Member("messages").Value;
        var isEmpty = messages.In(Body.Body.Span)[1..].TrimStart(" \t\r\n"u8).StartsWith("]"u8);
        byte[] message = [.. "{\"role\":\"system\",\"content\":"u8, .. JsonText.FromString(Target.SystemPreamble).Quoted.Span, (byte)'}'];
        edits.Insert(messages.Start + 1, isEmpty ? message : [.. message, (byte)',']);
    }

    private bool IsAbsent(JsonMember member) => !member.Value.IsPresent || member.Value.In(Request.Body.Span).SequenceEqual("null"u8);
}
