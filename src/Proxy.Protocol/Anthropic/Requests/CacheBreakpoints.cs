using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Anthropic.Requests;

/// <summary>Settles where the prompt is cached: the client's own marks within the API's limits, or the usual ones (spec/protocols.md 5.6 rule 5, E68).</summary>
internal static class CacheBreakpoints
{
    private const int Most = 4;
    private static readonly JsonRaw Ephemeral = new("""{"type":"ephemeral"}"""u8.ToArray());

    public static void Settle(ClaudePlan plan)
    {
        DropUnusable(plan);
        var count = Count(plan);
        if (count == 0)
        {
            Insert(plan);
            return;
        }

        Trim(plan, count - Most);
        OrderLifetimes(plan);
    }

    private static void DropUnusable(ClaudePlan plan)
    {
        foreach (var block in Blocks(plan))
        {
            if (block.Source is ReasoningItem || !block.Breakpoint.IsObject)
            {
                block.Breakpoint = default;
            }
        }

        for (var i = 0; i < plan.ToolBreakpoints.Length; i++)
        {
            plan.ToolBreakpoints[i] = plan.ToolBreakpoints[i].IsObject ? plan.ToolBreakpoints[i] : default;
        }
    }

    private static int Count(ClaudePlan plan) =>
        plan.ToolBreakpoints.Count(static mark => mark.IsPresent) + Blocks(plan).Count(static block => block.Breakpoint.IsPresent);

    private static IEnumerable<ClaudeBlock> Blocks(ClaudePlan plan) => plan.System.Concat(plan.Turns.SelectMany(static turn => turn.Blocks));

    private static void Insert(ClaudePlan plan)
    {
        if (plan.System.Count > 0)
        {
            plan.System[^1].Breakpoint = Ephemeral;
        }
        else if (plan.ToolBreakpoints.Length > 0)
        {
            plan.ToolBreakpoints[^1] = Ephemeral;
        }

        var last = plan.Turns[^1].Blocks.LastOrDefault(static block => block.Source is not ReasoningItem);
        if (last is not null)
        {
            last.Breakpoint = Ephemeral;
        }
    }

    /// <summary>Surplus goes in the order of what it costs: earlier system blocks, earlier tools, oldest messages, last system block, last tool.</summary>
    private static void Trim(ClaudePlan plan, int surplus)
    {
        var lastSystem = plan.System.FindLast(static block => block.Breakpoint.IsPresent);
        var lastTool = Array.FindLastIndex(plan.ToolBreakpoints, static mark => mark.IsPresent);
        foreach (var block in plan.System)
        {
            if (surplus > 0 && block != lastSystem && block.Breakpoint.IsPresent)
            {
                block.Breakpoint = default;
                surplus--;
            }
        }

        for (var i = 0; i < lastTool; i++)
        {
            if (surplus > 0 && plan.ToolBreakpoints[i].IsPresent)
            {
                plan.ToolBreakpoints[i] = default;
                surplus--;
            }
        }

        foreach (var block in plan.Turns.SelectMany(static turn => turn.Blocks))
        {
            if (surplus > 0 && block.Breakpoint.IsPresent)
            {
                block.Breakpoint = default;
                surplus--;
            }
        }
    }

    /// <summary>An hour's mark behind a five minutes' one loses its hour.</summary>
    private static void OrderLifetimes(ClaudePlan plan)
    {
        var isShort = false;
        for (var i = 0; i < plan.ToolBreakpoints.Length; i++)
        {
            plan.ToolBreakpoints[i] = Ordered(plan.ToolBreakpoints[i], ref isShort);
        }

        foreach (var block in Blocks(plan))
        {
            block.Breakpoint = Ordered(block.Breakpoint, ref isShort);
        }
    }

    private static JsonRaw Ordered(JsonRaw mark, ref bool isShort)
    {
        if (!mark.IsPresent)
        {
            return mark;
        }

        var isHour = false;
        var cursor = new JsonCursor(mark.Utf8);
        cursor.EnterObject();
        while (cursor.NextMember())
        {
            isHour |= cursor.NameIs("ttl"u8) && cursor.Text().ValueEquals("1h"u8);
        }

        isShort |= !isHour;
        return isHour && isShort ? Ephemeral : mark;
    }
}
