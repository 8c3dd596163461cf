using System.Runtime.InteropServices;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>
/// Puts a client's history into the order that every upstream takes: each run of the model's items is followed at once
/// by the results of its calls, every call has one result, every result a call (spec/protocols.md 4.1, 5.1; design
/// decision 16). Messages that stood between a call and its result come behind it.
/// </summary>
internal static class Turns
{
    /// <summary>What a call without a result is said to have answered.</summary>
    private static readonly JsonText NoOutput = JsonText.FromString("(no output)");

    /// <summary>True for what the model said: its items stand together in one turn.</summary>
    public static bool IsAssistant(ConversationItem item) => item switch
    {
        MessageItem message => message.Role == Role.Assistant,
        ForeignItem foreign => foreign.Role == Role.Assistant,
        ToolResultItem => false,
        _ => true,
    };

    /// <summary>The items in order, paired. Items that need no change are the client's own.</summary>
    public static List<ConversationItem> Pair(IReadOnlyList<ConversationItem> items, WriteContext context)
    {
        var calls = FindCalls(items, context);
        AttachResults(items, calls, context);

        var ordered = new List<ConversationItem>(items.Count);
        var next = 0;
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            if (item is ToolCallItem)
            {
                var call = calls[next++];
                if (!call.IsDropped)
                {
                    ordered.Add(call.Item);
                }
            }
            else if (item is not ToolResultItem)
            {
                ordered.Add(item);
            }

            if (IsAssistant(item) && (i + 1 == items.Count || !IsAssistant(items[i + 1])))
            {
                AddResults(ordered, calls, next, context);
            }
        }

        return ordered;
    }

    private static List<Call> FindCalls(IReadOnlyList<ConversationItem> items, WriteContext context)
    {
        var calls = new List<Call>();
        var run = 0;
        for (var i = 0; i < items.Count; i++)
        {
            if (!IsAssistant(items[i]))
            {
                run++;
            }
            else if (items[i] is ToolCallItem item)
            {
                var call = new Call { Item = item, Run = run };
                if (item.CallId.IsBlank())
                {
                    call.Item = item with { CallId = JsonText.FromString($"call_missing_{run}_{calls.Count}") };
                }
                else
                {
                    // two calls of one id in one turn: nobody can tell whose a result is
                    for (var earlier = calls.Count - 1; earlier >= 0 && calls[earlier].Run == run; earlier--)
                    {
                        if (calls[earlier].Item.CallId == item.CallId)
                        {
                            CollectionsMarshal.AsSpan(calls)[earlier].IsDropped = call.IsDropped = true;
                            context.Lose("tool calls of the same id in one turn");
                        }
                    }
                }

                calls.Add(call);
            }
        }

        return calls;
    }

    private static void AttachResults(IReadOnlyList<ConversationItem> items, List<Call> calls, WriteContext context)
    {
        var byId = new Dictionary<JsonText, int>(calls.Count);
        var next = 0;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is ToolCallItem)
            {
                byId[calls[next].Item.CallId] = next;
                next++;
            }
            else if (items[i] is ToolResultItem result)
            {
                var found = result.CallId.IsBlank() ? NextPending(calls, next) : byId.GetValueOrDefault(result.CallId, -1);
                if (found < 0 || calls[found].IsDropped)
                {
                    context.Lose("tool results without a call");
                    continue;
                }

                // delivered twice: the first one's place, the last one's words (spec/protocols.md E39)
                ref var call = ref CollectionsMarshal.AsSpan(calls)[found];
                call.Result = result;
                call.ResultAt = call.ResultAt == 0 ? i : call.ResultAt;
            }
        }
    }

    /// <summary>The first open call of the latest turn that has one.</summary>
    private static int NextPending(List<Call> calls, int end)
    {
        for (var last = end - 1; last >= 0; last--)
        {
            var run = calls[last].Run;
            var first = last;
            while (first > 0 && calls[first - 1].Run == run)
            {
                first--;
            }

            for (var i = first; i <= last; i++)
            {
                if (calls[i].Result is null)
                {
                    return i;
                }
            }

            last = first;
        }

        return -1;
    }

    private static void AddResults(List<ConversationItem> ordered, List<Call> calls, int end, WriteContext context)
    {
        if (end == 0)
        {
            return;
        }

        var run = calls[end - 1].Run;
        var start = end;
        while (start > 0 && calls[start - 1].Run == run && !calls[start - 1].IsAnswered)
        {
            start--;
        }

        var answered = CollectionsMarshal.AsSpan(calls)[start..end];
        foreach (ref var call in answered)
        {
            call.IsAnswered = true;
        }

        // in the order of arrival; the invented ones last
        for (var pass = 0; pass < answered.Length; pass++)
        {
            var earliest = -1;
            for (var i = 0; i < answered.Length; i++)
            {
                if (answered[i] is { IsDropped: false, Result: not null, IsWritten: false }
                    && (earliest < 0 || answered[i].ResultAt < answered[earliest].ResultAt))
                {
                    earliest = i;
                }
            }

            if (earliest < 0)
            {
                break;
            }

            ref var call = ref answered[earliest];
            call.IsWritten = true;
            ordered.Add(Fitted(call.Result!, call.Item));
        }

        foreach (ref var call in answered)
        {
            if (call is { IsDropped: false, Result: null })
            {
                context.Lose("tool calls without a result: filled");
                ordered.Add(new ToolResultItem(call.Item.CallId, [new TextPart(NoOutput)]) { IsPlainText = true, IsCustom = call.Item.IsCustom });
            }
        }
    }

    private static ToolResultItem Fitted(ToolResultItem result, ToolCallItem call) =>
        result.CallId == call.CallId && result.IsCustom == call.IsCustom ? result : result with { CallId = call.CallId, IsCustom = call.IsCustom };

    private struct Call
    {
        public ToolCallItem Item;
        public ToolResultItem? Result;
        public int Run;
        public int ResultAt;
        public bool IsDropped;
        public bool IsAnswered;
        public bool IsWritten;
    }
}
