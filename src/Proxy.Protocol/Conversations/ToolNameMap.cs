using System.Buffers;
using System.Collections.Frozen;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>
/// The tools that survive for an upstream, once each, under names that it takes, and the way back (spec/protocols.md
/// 1.6). Names that are fine already, nearly all of them, cost nothing.
/// </summary>
internal sealed class ToolNameMap
{
    private static readonly SearchValues<byte> Legal = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private readonly int _limit;
    private readonly Dictionary<JsonText, JsonText> _wireNames = [];
    private readonly Dictionary<JsonText, int> _lastSuffixes = [];

    private ToolNameMap(int limit) => _limit = limit;

    /// <summary>The tools to declare, in the client's order, each name once.</summary>
    public List<ToolDeclaration> Declared { get; } = [];

    /// <summary>Chooses the tools and their names, and tells the way back to <paramref name="context"/>.</summary>
    /// <param name="conversation">Whose tools.</param>
    /// <param name="limit">The longest name that the upstream takes.</param>
    /// <param name="takes">Whether the upstream can have a tool at all.</param>
    /// <param name="context">Takes the way back.</param>
    public static ToolNameMap Build(Conversation conversation, int limit, Func<ToolDeclaration, bool> takes, WriteContext context)
    {
        var map = new ToolNameMap(limit);
        var taken = new HashSet<JsonText>(conversation.Tools.Count);
        foreach (var tool in conversation.Tools)
        {
            if (!takes(tool))
            {
                context.Lose("a built-in tool");
            }
            else if (tool.Kind is not (ToolKind.Function or ToolKind.Custom))
            {
                map.Declared.Add(tool);
            }
            else if (taken.Add(Qualified(tool.Name, tool.Namespace)))
            {
                // one winner per name: the first, and top-level tools are read first (spec/protocols.md E35)
                map.Declared.Add(tool);
            }
            else if (tool.Kind == ToolKind.Function)
            {
                map.PreferOverCustom(tool);
            }
        }

        map.NameAll(taken, context);
        return map;
    }

    /// <summary>The upstream's name of a tool, declared or only mentioned in the history.</summary>
    public JsonText Of(JsonText name, JsonText ns = default)
    {
        var qualified = Qualified(name, ns);
        return _wireNames.TryGetValue(qualified, out var wire) ? wire
            : IsFine(qualified) ? qualified
            : TextTokens.Concat(Fit(qualified), default);
    }

    /// <summary>The declared tool of this name; null when there is none.</summary>
    public ToolDeclaration? Find(JsonText name, JsonText ns = default)
    {
        foreach (var tool in Declared)
        {
            if (tool.Name == name && (!ns.IsPresent || tool.Namespace == ns))
            {
                return tool;
            }
        }

        return null;
    }

    /// <summary>The declared tool that must be used; null when no single one is chosen, or none of them is meant.</summary>
    public ToolDeclaration? Chosen(ToolChoice? choice) =>
        choice is { Mode: ToolChoiceMode.Named } ? Find(choice.Name, choice.Namespace)
        : choice is { IsWebSearch: true } ? Declared.Find(static tool => tool.Kind == ToolKind.WebSearch)
        : null;

    /// <summary>A function beats a custom tool of its name: calls of either in a history have the function's form (spec/protocols.md E46).</summary>
    private void PreferOverCustom(ToolDeclaration function)
    {
        var custom = Declared.FindIndex(t => t.Kind == ToolKind.Custom && t.Name == function.Name && t.Namespace == function.Namespace);
        if (custom >= 0)
        {
            Declared[custom] = function;
        }
    }

    private void NameAll(HashSet<JsonText> taken, WriteContext context)
    {
        Dictionary<string, string>? names = null, namespaces = null;
        HashSet<string>? customs = null;
        HashSet<JsonText>? used = null;
        foreach (var tool in Declared)
        {
            if (tool.Kind is not (ToolKind.Function or ToolKind.Custom))
            {
                continue;
            }

            if (tool.Kind == ToolKind.Custom)
            {
                (customs ??= []).Add(tool.Name.ToString());
            }

            var wire = Qualified(tool.Name, tool.Namespace);
            if (!IsFine(wire))
            {
                used ??= [.. taken.Where(IsFine)];
                var unique = Unique(Fit(wire), used);
                _wireNames[wire] = unique;
                wire = unique;
            }

            if (wire != tool.Name)
            {
                (names ??= [])[wire.ToString()] = tool.Name.ToString();
            }

            if (tool.Namespace.IsPresent)
            {
                (namespaces ??= [])[wire.ToString()] = tool.Namespace.ToString();
            }
        }

        context.ToolNames = names?.ToFrozenDictionary() ?? FrozenDictionary<string, string>.Empty;
        context.ToolNamespaces = namespaces?.ToFrozenDictionary() ?? FrozenDictionary<string, string>.Empty;
        context.CustomTools = customs?.ToFrozenSet() ?? FrozenSet<string>.Empty;
    }

    /// <summary><c>&lt;ns&gt;__&lt;child&gt;</c>, unless the child's name says its origin already (spec/protocols.md 6.1).</summary>
    private static JsonText Qualified(JsonText name, JsonText ns)
    {
        if (ns.IsEmpty || name.Escaped.StartsWith("mcp__"u8) || name == ns
            || (name.Escaped.StartsWith(ns.Escaped) && name.Escaped[ns.Escaped.Length..].StartsWith("__"u8)))
        {
            return name;
        }

        return ns.Escaped.EndsWith("__"u8) ? TextTokens.Concat(ns.Escaped, name.Escaped) : TextTokens.Concat(ns.Escaped, "__"u8, name.Escaped);
    }

    private bool IsFine(JsonText name) => !name.IsEmpty && name.Escaped.Length <= _limit && name.Escaped.IndexOfAnyExcept(Legal) < 0;

    /// <summary>Illegal letters become <c>_</c>; too long a name keeps what tells most: the tool's own name of an MCP one, the head of any other.</summary>
    private byte[] Fit(JsonText name)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(name.ToString());
        foreach (ref var letter in bytes.AsSpan())
        {
            if (!Legal.Contains(letter))
            {
                letter = (byte)'_';
            }
        }

        if (bytes.Length == 0)
        {
            return "unnamed"u8.ToArray();
        }

        if (bytes.Length > _limit && bytes.AsSpan().StartsWith("mcp__"u8))
        {
            var own = bytes.AsSpan(bytes.AsSpan().LastIndexOf("__"u8) + 2);
            bytes = [.. "mcp__"u8, .. own];
        }

        return bytes.Length > _limit ? bytes[.._limit] : bytes;
    }

    private JsonText Unique(byte[] candidate, HashSet<JsonText> used)
    {
        var token = TextTokens.Concat(candidate, default);
        if (used.Add(token))
        {
            return token;
        }

        // Counting on from the last one of this name keeps thousands of alike names from costing their square.
        var first = token;
        var n = _lastSuffixes.GetValueOrDefault(first);
        do
        {
            n++;
            var suffix = System.Text.Encoding.ASCII.GetBytes($"_{n}");
            token = TextTokens.Concat(candidate.AsSpan(0, Math.Min(candidate.Length, _limit - suffix.Length)), suffix);
        }
        while (!used.Add(token));

        _lastSuffixes[first] = n;
        return token;
    }
}
