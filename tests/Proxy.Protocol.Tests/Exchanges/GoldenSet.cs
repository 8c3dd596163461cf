using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>One expected edit: at <paramref name="At"/> the bytes of <paramref name="Cut"/> become those of <paramref name="Put"/>.</summary>
internal sealed record GoldenEdit(int At, string Cut, string Put);

/// <summary>What is expected of one body, on its way to an upstream of its own dialect.</summary>
/// <param name="Edits">All edits.</param>
/// <param name="Moved">All edits when the session moved to another account, whose reasoning this isn't.</param>
internal sealed record GoldenEdits(IReadOnlyList<GoldenEdit> Edits, IReadOnlyList<GoldenEdit> Moved);

/// <summary>
/// Bodies as the clients of spec/clients.md 3–5 sent them, every word of prose replaced by a made-up one of equal length
/// (tests/golden/anonymise.mjs), and streams as the sandbox sent them. In <c>tests/vectors/golden</c>, one folder per dialect.
/// </summary>
internal static class GoldenSet
{
    private static readonly string Root = Path.Join(AppContext.BaseDirectory, "golden");
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    /// <summary>The edits by body, as <c>edits.json</c> lists them.</summary>
    public static IReadOnlyDictionary<string, GoldenEdits> Expected { get; } =
        JsonSerializer.Deserialize<Dictionary<string, GoldenEdits>>(File.ReadAllBytes(Path.Join(Root, "edits.json")), Web)!;

    public static TheoryData<string> Bodies => [.. Files("*.json")];

    public static TheoryData<string> Streams => [.. Files("*.sse")];

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Join(Root, name));

    public static Dialect DialectOf(string name) => name.Split('/')[0] switch
    {
        "anthropic" => Dialect.AnthropicMessages,
        "chat" => Dialect.OpenAIChat,
        "responses" => Dialect.OpenAIResponses,
        var folder => throw new InvalidOperationException($"{folder} is no dialect's folder"),
    };

    public static UpstreamKind KindOf(Dialect dialect) => Enum.GetValues<UpstreamKind>().Single(k => k.Dialect() == dialect);

    /// <summary>The files on disk, not those that edits.json names: a body without expectations fails.</summary>
    private static IEnumerable<string> Files(string pattern) => Directory.EnumerateDirectories(Root)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern).Select(file => $"{Path.GetFileName(folder)}/{Path.GetFileName(file)}"))
        .Order(StringComparer.Ordinal);
}
