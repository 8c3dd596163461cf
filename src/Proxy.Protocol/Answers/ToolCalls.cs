using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>What the writers of all dialects do with the names, ids and inputs of calls.</summary>
internal static class ToolCalls
{
    /// <summary>The client's own name of a tool that the upstream may know by a shorter one (spec/protocols.md 1.6).</summary>
    public static JsonText ClientName(this RequestEcho echo, JsonText upstreamName) =>
        echo.ToolNames.Count > 0 && JsonEscapes.ToReadable(upstreamName) is { } name && echo.ToolNames.TryGetValue(name, out var original)
            ? JsonText.FromString(original)
            : upstreamName.Detach();

    /// <summary>The Responses namespace that the client declared the tool in; absent when in none (E47).</summary>
    public static JsonText ClientNamespace(this RequestEcho echo, JsonText upstreamName) =>
        echo.ToolNamespaces.Count > 0 && JsonEscapes.ToReadable(upstreamName) is { } name && echo.ToolNamespaces.TryGetValue(name, out var ns)
            ? JsonText.FromString(ns)
            : default;

    /// <summary>True when the client declared this tool as a custom one.</summary>
    public static bool IsCustomTool(this RequestEcho echo, JsonText clientName) =>
        echo.CustomTools.Count > 0 && JsonEscapes.ToReadable(clientName) is { } name && echo.CustomTools.Contains(name);

    /// <summary>An id that the upstream did not give: the same for the same request and number.</summary>
    public static JsonText MadeUpId(this RequestEcho echo, string prefix, int number) => JsonText.FromString($"{prefix}_{echo.IdSeed}_{number}");

    /// <summary>
    /// The text of a custom tool's input that an upstream with functions only has wrapped into <c>{"input":"…"}</c>;
    /// arguments of any other shape are the input as they are.
    /// </summary>
    public static JsonText UnwrapInput(FragmentBuffer arguments)
    {
        if (arguments.IsEmpty)
        {
            return JsonText.Empty;
        }

        var whole = arguments.ToText();
        if (JsonEscapes.Unescape(whole.Quoted.Span) is not { } json)
        {
            return whole;
        }

        try
        {
            var cursor = new JsonCursor(json);
            var input = default(JsonText);
            var isEmptyObject = cursor.IsObject;
            for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
            {
                isEmptyObject = false;
                input = cursor.NameIs("input"u8) ? cursor.Text() : input;
            }

            cursor.Finish();
            return input.IsPresent ? input : isEmptyObject ? JsonText.Empty : whole;
        }
        catch (JsonException)
        {
            return whole;
        }
    }
}
