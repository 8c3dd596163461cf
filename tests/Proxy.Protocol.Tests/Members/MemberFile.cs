using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>What becomes of a member on its way to an upstream.</summary>
internal enum Fate
{
    /// <summary>It arrives whole: who reads the upstream's body in its own dialect reads the same.</summary>
    Carried,

    /// <summary>It arrives in another form, or in part.</summary>
    Mapped,

    /// <summary>It does not arrive.</summary>
    Dropped,

    /// <summary>The upstream's body says nothing of it because the proxy itself does what it asks for.</summary>
    Proxy,

    /// <summary>The request is answered with an error.</summary>
    Refused,
}

/// <summary>The fate of a member at one upstream.</summary>
internal sealed record MemberFate
{
    /// <summary>What becomes of it.</summary>
    public required Fate Fate { get; init; }

    /// <summary>What it changes in the upstream's body (<see cref="BodyChanges"/>).</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Why it is dropped or refused, who does it instead, or what the other form is; null where the paths say it all.</summary>
    public string? Why { get; init; }
}

/// <summary>One member of a dialect's requests.</summary>
internal sealed record MemberRow
{
    /// <summary>The heading it stands under in the documentation.</summary>
    public required string Group { get; init; }

    /// <summary>Its name there; unique in its dialect.</summary>
    public required string Member { get; init; }

    /// <summary>Members of a request that has it.</summary>
    public required JsonObject Sample { get; init; }

    /// <summary>The same without it: its parent, where it is nested.</summary>
    public required JsonObject Without { get; init; }

    /// <summary>Claude's model in the sample, where it takes another one to show it.</summary>
    public string? ClaudeModel { get; init; }

    /// <summary>It feeds the session's name, which other members must not be seen to change.</summary>
    public bool NamesSession { get; init; }

    /// <summary>Its fate at Claude.</summary>
    public required MemberFate Claude { get; init; }

    /// <summary>Its fate at Codex.</summary>
    public required MemberFate Codex { get; init; }

    /// <summary>Its fate at a compatible upstream.</summary>
    public required MemberFate Compatible { get; init; }

    /// <summary>Its fate at an upstream.</summary>
    public MemberFate At(UpstreamKind kind) => kind switch
    {
        UpstreamKind.Claude => Claude,
        UpstreamKind.Codex => Codex,
        _ => Compatible,
    };
}

/// <summary>The members of a dialect's requests.</summary>
internal sealed record DialectMembers
{
    /// <summary>The smallest request; a sample's members are added to it.</summary>
    public required JsonObject Base { get; init; }

    /// <summary>The members, in the order of the documentation.</summary>
    public required IReadOnlyList<MemberRow> Members { get; init; }
}

/// <summary><c>docs/protocols.json</c>: the reviewed list of every member of a request and of its fate at every upstream.</summary>
internal sealed record MemberFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Anthropic Messages.</summary>
    public required DialectMembers Anthropic { get; init; }

    /// <summary>OpenAI Chat Completions.</summary>
    public required DialectMembers Chat { get; init; }

    /// <summary>OpenAI Responses.</summary>
    public required DialectMembers Responses { get; init; }

    /// <summary>The file beside the tests.</summary>
    public static MemberFile Instance { get; } =
        JsonSerializer.Deserialize<MemberFile>(File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "protocols", "protocols.json")), Format)!;

    /// <summary>The three dialects.</summary>
    public static IReadOnlyList<Dialect> Dialects { get; } = [Dialect.AnthropicMessages, Dialect.OpenAIChat, Dialect.OpenAIResponses];

    /// <summary>The three kinds of upstream, each at the place of the dialect that it speaks.</summary>
    public static IReadOnlyList<UpstreamKind> Upstreams { get; } = [UpstreamKind.Claude, UpstreamKind.Compatible, UpstreamKind.Codex];

    /// <summary>The members of a dialect.</summary>
    public DialectMembers Of(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => Anthropic,
        Dialect.OpenAIChat => Chat,
        _ => Responses,
    };
}
