using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;
using static Proxy.Protocol.Tests.Exchanges.Exchanging;

namespace Proxy.Protocol.Tests.Exchanges;

/// <summary>Fault 73, on what real clients send: same dialect, same bytes; any other upstream, the same words.</summary>
public sealed class GoldenSetTests
{
    [Theory]
    [MemberData(nameof(GoldenSet.Bodies), MemberType = typeof(GoldenSet))]
    public void Fault73_body_of_a_client_equals_except_at_the_listed_edits(string name)
    {
        var (request, kind) = Ask(name);

        var (edits, output) = Same(name, Target(kind, request.Model));

        ShouldBeListed(edits, GoldenSet.Expected[name].Edits, request.Body);
        output.ShouldBe(Apply(GoldenSet.Expected[name].Edits, request.Body));
    }

    [Theory]
    [MemberData(nameof(GoldenSet.Bodies), MemberType = typeof(GoldenSet))]
    public void Fault73_body_of_a_moved_session_loses_its_reasoning_and_what_hangs_on_it(string name)
    {
        var (request, kind) = Ask(name);

        var (edits, output) = Same(name, Target(kind, request.Model) with { StripReasoning = true });

        ShouldBeListed(edits, GoldenSet.Expected[name].Moved, request.Body);
        output.ShouldBe(Apply(GoldenSet.Expected[name].Moved, request.Body));
    }

    [Theory]
    [MemberData(nameof(GoldenSet.Bodies), MemberType = typeof(GoldenSet))]
    public void Fault73_body_under_an_alias_differs_in_its_model_alone(string name)
    {
        var (request, kind) = Ask(name);
        var member = Encoding.UTF8.GetBytes($"\"model\":\"{request.Model}\"");
        var at = request.Body.Span.IndexOf(member) + "\"model\":".Length;

        var (edits, output) = Same(name, Target(kind, "an-alias"));

        IReadOnlyList<GoldenEdit> expected = [.. GoldenSet.Expected[name].Edits.Append(new GoldenEdit(at, $"\"{request.Model}\"", "\"an-alias\"")).OrderBy(e => e.At)];
        ShouldBeListed(edits, expected, request.Body);
        output.ShouldBe(Apply(expected, request.Body));
    }

    [Theory]
    [MemberData(nameof(GoldenSet.Bodies), MemberType = typeof(GoldenSet))]
    public void Body_of_a_client_keeps_its_words_and_tools_at_every_other_upstream(string name)
    {
        var (request, own) = Ask(name);
        using var input = JsonDocument.Parse(request.Body);
        foreach (var kind in Enum.GetValues<UpstreamKind>().Where(k => k != own))
        {
            var model = kind switch { UpstreamKind.Claude => "claude-sonnet-4-5-20250929", UpstreamKind.Codex => "gpt-5.5", _ => "some-model" };
            using var output = JsonDocument.Parse(Write(Open(request, Target(kind, model) with { Info = ModelCatalogue.Default.Find(model) })));

            output.RootElement.GetProperty("model").GetString().ShouldBe(model);
            var written = string.Join('\0', Strings(output.RootElement));
            foreach (var said in GoldenWords.Said(input.RootElement))
            {
                written.ShouldContain(said, customMessage: $"{name} to {kind}");
            }

            // spec/protocols.md E48
            var tools = GoldenWords.Tools(input.RootElement).Where(t => kind != UpstreamKind.Claude || t != "apply_patch");
            GoldenWords.Tools(output.RootElement).ShouldBe(tools, $"{name} to {kind}");
        }
    }

    [Theory]
    [MemberData(nameof(GoldenSet.Streams), MemberType = typeof(GoldenSet))]
    public void Frames_of_an_upstream_reach_a_client_of_its_dialect_byte_for_byte(string name)
    {
        var dialect = GoldenSet.DialectOf(name);
        var upstream = Encoding.UTF8.GetString(GoldenSet.Read(name));
        var request = Request(dialect, """{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[],"input":[]}""");
        var stream = Open(request, Target(GoldenSet.KindOf(dialect))).OpenStream();

        var (output, kinds) = Run(stream, upstream);

        output.ShouldBe(upstream);
        kinds[0].ShouldBe(FrameKind.Handshake);
        kinds[^1].ShouldBe(FrameKind.Terminal);
        stream.IsComplete.ShouldBeTrue();
        stream.Usage.Output.ShouldNotBeNull();
    }

    private static (ClientRequest Request, UpstreamKind Kind) Ask(string name)
    {
        var dialect = GoldenSet.DialectOf(name);
        return (Request(dialect, Encoding.UTF8.GetString(GoldenSet.Read(name))), GoldenSet.KindOf(dialect));
    }

    private static (IReadOnlyList<JsonEdit> Edits, byte[] Output) Same(string name, UpstreamTarget target)
    {
        var (request, _) = Ask(name);
        var operation = name.EndsWith("-count.json", StringComparison.Ordinal) ? Operation.CountTokens : Operation.Generate;
        var exchange = (SameDialectExchange)Open(request, target with { Info = ModelCatalogue.Default.Find(request.Model) }, operation);
        var output = new ArrayBufferWriter<byte>();
        exchange.WriteRequest(output).ShouldBeNull();
        return (exchange.Edits().Ordered, output.WrittenSpan.ToArray());
    }

    private static void ShouldBeListed(IReadOnlyList<JsonEdit> edits, IReadOnlyList<GoldenEdit> expected, ReadOnlyMemory<byte> body) =>
        edits.Select(e => new GoldenEdit(e.Offset, Encoding.UTF8.GetString(body.Span.Slice(e.Offset, e.Length)), Encoding.UTF8.GetString(e.Replacement.Span))).ShouldBe(expected);

    // by hand, from the list alone
    private static byte[] Apply(IReadOnlyList<GoldenEdit> edits, ReadOnlyMemory<byte> body)
    {
        var output = new List<byte>(body.ToArray());
        foreach (var edit in edits.Reverse())
        {
            var length = Encoding.UTF8.GetByteCount(edit.Cut);
            output.RemoveRange(edit.At, length);
            output.InsertRange(edit.At, Encoding.UTF8.GetBytes(edit.Put));
        }

        return [.. output];
    }

    private static IEnumerable<string> Strings(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => Strings(m.Value)),
        _ => [],
    };
}
