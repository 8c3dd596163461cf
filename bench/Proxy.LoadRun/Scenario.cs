using System.Text;
using System.Text.Json;

namespace Proxy.LoadRun;

/// <summary>One kind of request, as a client of the proxy sends it and as it goes to the raw proxy.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Path">The client's path.</param>
/// <param name="Body">The client's body.</param>
/// <param name="RawBody">The body in the upstream's own dialect, for the raw proxy.</param>
/// <param name="Streams">The answer is a stream; first-byte times are of its first event.</param>
internal sealed record Scenario(string Name, string Path, byte[] Body, byte[] RawBody, bool Streams)
{
    private const string Model = "claude-sonnet-4-5-20250929";

    public static IReadOnlyList<Scenario> All { get; } =
    [
        Same("json-small", Anthropic("Say hello.", stream: false, padding: 0), streams: false),
        Same("stream-100", Anthropic("[[n=100 size=20]]", stream: true, padding: 0), streams: true),
        new("stream-100-translated", "/v1/chat/completions", Chat("[[n=100 size=20]]", padding: 0), Anthropic("[[n=100 size=20]]", stream: true, padding: 0), Streams: true),
        Same("body-200k", Anthropic("[[n=20 size=20]]", stream: true, padding: 200_000), streams: true),
        new("body-200k-translated", "/v1/chat/completions", Chat("[[n=20 size=20]]", padding: 200_000), Anthropic("[[n=20 size=20]]", stream: true, padding: 200_000), Streams: true),
        Same("body-1m", Anthropic("[[n=20 size=20]]", stream: true, padding: 1_000_000), streams: true),
    ];

    private static Scenario Same(string name, byte[] body, bool streams) => new(name, "/v1/messages", body, body, streams);

    private static byte[] Anthropic(string last, bool stream, int padding) => Json(new
    {
        model = Model,
        max_tokens = 1024,
        stream,
        messages = Turns(padding).Append(new { role = "user", content = last }),
    });

    private static byte[] Chat(string last, int padding) => Json(new
    {
        model = Model,
        max_tokens = 1024,
        stream = true,
        messages = Turns(padding).Append(new { role = "user", content = last }),
    });

    private static IEnumerable<object> Turns(int bytes)
    {
        const int Turn = 4000;
        var words = new StringBuilder();
        while (words.Length < Turn)
        {
            words.Append("request stream client server buffer token index parse build value ");
        }

        var text = words.ToString(0, Turn);
        for (var i = 0; i < bytes / Turn / 2; i++)
        {
            yield return new { role = "user", content = text };
            yield return new { role = "assistant", content = text };
        }
    }

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
