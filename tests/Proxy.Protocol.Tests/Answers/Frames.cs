using System.Text;
using System.Text.Json;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>Frames from text and text from frames, without the product's own framing.</summary>
internal static class Frames
{
    /// <summary>One frame per line: <c>data</c> alone, or <c>name|data</c> when the line does not begin with a brace or bracket.</summary>
    public static List<SseFrame> Of(params string[] lines) => lines.Select(Frame).ToList();

    public static SseFrame Frame(string line)
    {
        var name = string.Empty;
        if (line.Length > 0 && line[0] is not ('{' or '[') && line.IndexOf('|', StringComparison.Ordinal) is var bar and > 0)
        {
            name = line[..bar];
            line = line[(bar + 1)..];
        }

        return Named(name, Encoding.UTF8.GetBytes(line));
    }

    public static SseFrame Named(string name, byte[] data) => new(data, Encoding.UTF8.GetBytes(name), data);

    /// <summary>Cuts what a writer wrote; fails when it is not whole frames of one <c>event:</c> and one <c>data:</c> line.</summary>
    public static List<(string Name, string Data)> Parse(ReadOnlySpan<byte> stream)
    {
        var text = Encoding.UTF8.GetString(stream);
        text.ShouldNotContain('\r');
        if (text.Length == 0)
        {
            return [];
        }

        text.ShouldEndWith("\n\n");
        var frames = new List<(string, string)>();
        foreach (var block in text[..^2].Split("\n\n"))
        {
            var lines = block.Split('\n');
            lines.Length.ShouldBeInRange(1, 2, block);
            var data = lines[^1];
            data.ShouldStartWith("data: ");
            var name = string.Empty;
            if (lines.Length == 2)
            {
                lines[0].ShouldStartWith("event: ");
                name = lines[0]["event: ".Length..];
            }

            frames.Add((name, data["data: ".Length..]));
        }

        return frames;
    }

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
