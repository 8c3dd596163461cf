using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>At most four breakpoints, and none of an hour after one of five minutes, in the order tools, system, messages.</summary>
internal static class CacheControlRules
{
    public static Refusal? Check(JsonElement body)
    {
        var count = 0;
        var sawShort = false;
        foreach (var (path, control) in All(body))
        {
            if (control.Text("type") != "ephemeral")
            {
                return Bad.Request($"{path}.cache_control.type: Input should be 'ephemeral'");
            }

            var ttl = control.Given("ttl") is null ? "5m" : control.Text("ttl");
            if (ttl is not ("5m" or "1h"))
            {
                return Bad.Request($"{path}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'");
            }

            if (ttl == "1h" && sawShort)
            {
                return Bad.Request($"{path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.");
            }

            sawShort |= ttl == "5m";
            count++;
        }

        return count > 4 ? Bad.Request($"A maximum of 4 blocks with cache_control may be provided. Found {count}.") : null;
    }

    private static IEnumerable<(string Path, JsonElement Control)> All(JsonElement body)
    {
        foreach (var (i, tool) in body.Member("tools").Items())
        {
            if (tool.Given("cache_control") is { } control)
            {
                yield return ($"tools.{i}", control);
            }
        }

        foreach (var (i, block) in body.Member("system").Items())
        {
            if (block.Given("cache_control") is { } control)
            {
                yield return ($"system.{i}", control);
            }
        }

        foreach (var (m, message) in body.Member("messages").Items())
        {
            foreach (var (b, block) in message.Member("content").Items())
            {
                if (block.Given("cache_control") is { } control)
                {
                    yield return ($"messages.{m}.content.{b}", control);
                }

                foreach (var (n, nested) in block.Member("content").Items())
                {
                    if (nested.Given("cache_control") is { } inner)
                    {
                        yield return ($"messages.{m}.content.{b}.content.{n}", inner);
                    }
                }
            }
        }
    }
}
