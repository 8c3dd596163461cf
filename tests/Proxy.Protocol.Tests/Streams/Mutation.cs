using System.Text;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>What goes wrong on the way, and in bad upstreams: on the frames, on the JSON in them, on the bytes.</summary>
internal static class Mutation
{
    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e400", "-9223372036854775809", "9223372036854775807", "18446744073709551616", "1.5", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "[]", "{}", "[[]]", "[null]", "{\"type\":5}", "{\"\\ud800\":1}", "[1", "\"", "{\"type\":\"error\",\"error\":{\"message\":\"no\"}}",
    ];

    private static readonly string[] Garbage =
    [
        "", "{", "}", "{}", "[]", "null", "[DONE", "{\"type\":\"message_stop\"", "<html>busy</html>", "{\"error\":null}", "{\"choices\":[]}", "{\"choices\":[{}]}", "{\"choices\":{}}",
        "{\"type\":\"response.output_text.delta\"}", "{\"type\":\"content_block_delta\",\"index\":99,\"delta\":{}}", "{\"type\":\"response.completed\"}", "{\"type\":\"response.completed\",\"response\":5}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\"}}", "{\"type\":\"response.output_item.added\",\"item\":{}}", "{\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\"}}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":7},{\"index\":-3,\"function\":{\"arguments\":\"x\"}}]}}]}", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
        "{\"error\":{\"message\":\"no\",\"code\":429}}", "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"x\"}}}", "\u0000\u0001", "{\"type\":\"response.completed\",\"response\":{\"status\":\"failed\"}}",
        "{\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"function_call\",\"name\":\"f\"},{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"late\"}]}]}}}",
    ];

    /// <summary>The bytes of a stream that is broken in one to three ways, or only cut.</summary>
    public static byte[] Of(Provider provider, Dice dice)
    {
        var frames = provider.Frames.ToList();
        var cuts = dice.Once(4);
        for (var count = cuts ? 0 : 1 + dice.Next(3); count > 0 && frames.Count > 0; count--)
        {
            Break(frames, dice);
        }

        var bytes = Provider.ToBytes(frames, dice);
        if (!cuts && dice.Once(4))
        {
            Flip(ref bytes, dice);
        }

        return cuts || dice.Once(8) ? bytes[..dice.Next(bytes.Length + 1)] : bytes;
    }

    private static void Break(List<WireFrame> frames, Dice dice)
    {
        var at = dice.Next(frames.Count);
        var other = dice.Next(frames.Count);
        switch (dice.Next(11))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(other, frames[at]);
                break;
            case 2:
                (frames[at], frames[other]) = (frames[other], frames[at]);
                break;
            case 3:
                // without its terminal
                frames.RemoveAt(frames.Count - 1);
                break;
            case 4:
                // twice over, or another answer behind it
                frames.AddRange(dice.Once(2) ? [frames[^1], frames[^1]] : frames.ToArray());
                break;
            case 5:
                frames.Insert(at, new WireFrame(dice.Once(2) ? frames[at].Name : string.Empty, dice.Of(Garbage)));
                break;
            case 6:
                frames[at] = frames[at] with { Name = dice.Of("error", "message_stop", "response.completed", "ping", "\u00e9", frames[other].Name) };
                break;
            case 7:
                frames[at] = frames[at] with { Data = Nest(frames[at].Data, dice) };
                break;
            default:
                frames[at] = frames[at] with { Data = Retype(frames[at].Data, dice) };
                break;
        }
    }

    /// <summary>Gives one member another value, another name, or takes it out, without regard to what follows.</summary>
    private static string Retype(string json, Dice dice)
    {
        var colons = Enumerable.Range(0, json.Length).Where(i => json[i] == ':' && i > 0 && json[i - 1] == '"').ToList();
        if (colons.Count == 0)
        {
            return json;
        }

        var colon = colons[dice.Next(colons.Count)];
        if (dice.Once(6))
        {
            return json[..(colon - 1)] + "x" + json[(colon - 1)..];
        }

        var end = colon + 1;
        var depth = 0;
        var isText = false;
        for (; end < json.Length; end++)
        {
            var letter = json[end];
            isText ^= letter == '"' && json[end - 1] != '\\';
            if (!isText && letter is '{' or '[')
            {
                depth++;
            }
            else if (!isText && letter is '}' or ']' && depth-- == 0)
            {
                break;
            }
            else if (!isText && letter == ',' && depth == 0)
            {
                break;
            }
        }

        return json[..(colon + 1)] + dice.Of(Values) + json[Math.Min(end, json.Length)..];
    }

    private static string Nest(string json, Dice dice)
    {
        var depth = dice.Of(3, 60, 400, 600, 5000);
        var nest = new string('[', depth) + (dice.Once(4) ? string.Empty : new string(']', depth));
        return json.StartsWith('{') ? "{\"" + dice.Of("x", "delta", "item", "response", "choices", "message", "type", "usage") + "\":" + nest + "," + json[1..] : nest;
    }

    private static void Flip(ref byte[] bytes, Dice dice)
    {
        for (var count = 1 + dice.Next(4); count > 0 && bytes.Length > 0; count--)
        {
            var at = dice.Next(bytes.Length);
            switch (dice.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << dice.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)dice.Next(256);
                    break;
                case 2:
                    bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + 1)];
                    break;
                default:
                    bytes = [.. bytes.AsSpan(0, at), .. Encoding.UTF8.GetBytes(dice.Of("\n", "\r\n\r\n", "\"", "}", "\\", "\\ud83d")), .. bytes.AsSpan(at)];
                    break;
            }
        }
    }
}
