using System.Text.Json;
using System.Text.Json.Serialization;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>One file of <c>tests/vectors</c>: an edge case or a vector of the specification (format: tests/vectors/README.md).</summary>
internal sealed record VectorFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary><c>E083</c>, <c>V02</c>: the file's name.</summary>
    public required string Id { get; init; }

    /// <summary>Where the rule stands: section and number.</summary>
    public required string Spec { get; init; }

    /// <summary>The rule in one sentence.</summary>
    public required string Says { get; init; }

    /// <summary>Why there is nothing to run here, in a sentence, with the place where it is tested instead; null where there are cases.</summary>
    public string? NotApplicable { get; init; }

    /// <summary>What is run.</summary>
    public IReadOnlyList<VectorCase> Cases { get; init; } = [];

    /// <summary>Ids of all files.</summary>
    public static IReadOnlyList<string> Ids { get; } =
        [.. Directory.EnumerateFiles(Path.Join(AppContext.BaseDirectory, "vectors"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    /// <summary>Reads a file.</summary>
    public static VectorFile Read(string id) =>
        JsonSerializer.Deserialize<VectorFile>(File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "vectors", id + ".json")), Format)!;
}

/// <summary>One case: a pair, what goes in, and what must come out. Members that are left out are not looked at.</summary>
internal sealed record VectorCase
{
    /// <summary>Tells the cases of a file apart.</summary>
    public required string Name { get; init; }

    /// <summary><c>anthropic</c>, <c>chat</c>, <c>responses</c> or <c>completions</c>.</summary>
    public required string Client { get; init; }

    /// <summary><c>claude</c>, <c>codex</c> or <c>compatible</c>.</summary>
    public required string Upstream { get; init; }

    /// <summary>The client's protocol headers.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>The client's body; a small one of its dialect when left out. Its bytes go in as they stand in the file.</summary>
    public JsonElement? Request { get; init; }

    /// <summary>The client's body as text: for what is no JSON, or to say its bytes exactly.</summary>
    public string? RequestText { get; init; }

    /// <summary>An operation beside making an answer: <c>count_tokens</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>The upstream's name of the model, where it is not the asked one without its suffix.</summary>
    public string? Model { get; init; }

    /// <summary>The upstream is reached with an API key (a login otherwise, except for compatible ones).</summary>
    public bool ApiKey { get; init; }

    /// <summary>The catalogue says that the model takes no images.</summary>
    public bool TakesNoImages { get; init; }

    /// <summary>The lease says that reasoning of another account must not go along.</summary>
    public bool StripReasoning { get; init; }

    /// <summary>The upstream's body.</summary>
    public JsonElement? Sends { get; init; }

    /// <summary>The upstream's body, byte for byte.</summary>
    public string? SendsText { get; init; }

    /// <summary>Headers for the upstream; <c>&lt;absent&gt;</c> for none of that name.</summary>
    public Dictionary<string, string> SendsHeaders { get; init; } = [];

    /// <summary>The request is refused as one that can't be served: an object with <c>message</c>, <c>parameter</c>, <c>code</c>.</summary>
    public JsonElement? Refuses { get; init; }

    /// <summary>The upstream's stream: objects are events of its dialect, strings raw text of the wire.</summary>
    public IReadOnlyList<JsonElement>? Stream { get; init; }

    /// <summary>The data of the frames that the client gets, in order; <c>"[DONE]"</c> for Chat's end.</summary>
    public JsonElement? Gets { get; init; }

    /// <summary>What the client must not find anywhere in its answer.</summary>
    public IReadOnlyList<string> GetsNot { get; init; } = [];

    /// <summary>The upstream's answer in one JSON; for a client that wants one where the upstream streams, give <see cref="Stream"/>.</summary>
    public JsonElement? Single { get; init; }

    /// <summary>The client's answer in one JSON.</summary>
    public JsonElement? Answers { get; init; }

    /// <summary>An HTTP error of the upstream: an object with <c>status</c>, <c>headers</c> and <c>body</c> (JSON, or a string for what is none).</summary>
    public JsonElement? Fails { get; init; }

    /// <summary>What the failure is (<see cref="Failures.FailureClass"/>), whether it came as an HTTP error or in the stream.</summary>
    public string? Class { get; init; }

    /// <summary>The HTTP error that the client gets: an object with <c>status</c> and <c>body</c>.</summary>
    public JsonElement? Error { get; init; }

    /// <summary>Tokens that a local count tells, from and to.</summary>
    public long[]? Counts { get; init; }
}
