using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Accounts;
using Proxy.Host.Control;
using Proxy.Host.Terminal;

namespace Proxy.Host.CommandLine;

/// <summary><c>accounts show</c>: everything that an account says of itself, a line each. What is added to the picture shows by itself.</summary>
internal static class AccountsPlain
{
    /// <summary>Writes the lines.</summary>
    public static void Write(AccountDetails details, TextWriter writer, DateTimeOffset now)
    {
        writer.WriteLine(PlainText.Of(AccountsNames.Line(details)));
        writer.WriteLine($"  {PlainText.Of(AccountsPicture.State(details.Account, now))}");
        WriteMembers(ControlJson.Flat(details), writer, "  ", now);
    }

    private static void WriteMembers(JsonObject members, TextWriter writer, string indent, DateTimeOffset now)
    {
        foreach (var (name, value) in members)
        {
            if (IsRepeated(name))
            {
                continue;
            }

            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    writer.WriteLine($"{indent}{InWords.Name(name)}:");
                    WriteMembers(inner, writer, indent + "  ", now);
                    break;
                case JsonArray { Count: > 0 } list:
                    writer.WriteLine($"{indent}{InWords.Name(name)}:");
                    foreach (var entry in list)
                    {
                        writer.WriteLine($"{indent}  - {Text(string.Empty, entry!, now)}");
                    }

                    break;
                case JsonValue:
                    writer.WriteLine($"{indent}{Line(name, value, now)}");
                    break;
                default:
                    break; // empty: nothing to say
            }
        }
    }

    private static string Line(string name, JsonNode value, DateTimeOffset now) =>
        $"{InWords.Name(name.EndsWith("Seconds", StringComparison.Ordinal) ? name[..^7] : name)}: {Text(name, value, now)}";

    private static string Text(string name, JsonNode value, DateTimeOffset now) => value.GetValueKind() switch
    {
        JsonValueKind.Object => string.Join(", ", value.AsObject().Where(p => p.Value is not null && !IsRepeated(p.Key)).Select(p => p.Value is JsonObject ? $"{InWords.Name(p.Key)} ({Text(p.Key, p.Value, now)})" : Line(p.Key, p.Value!, now))),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Number when name.EndsWith("Seconds", StringComparison.Ordinal) => InWords.Length(TimeSpan.FromSeconds(value.GetValue<double>())),
        JsonValueKind.Number when name.EndsWith("Share", StringComparison.Ordinal) || name.StartsWith("share", StringComparison.Ordinal) => InWords.Share(value.GetValue<double>()),
        JsonValueKind.String when value.GetValue<string>() is var text && IsTime(text, out var time) => $"{time.UtcDateTime:u} ({InWords.FromNow(time, now)})",
        JsonValueKind.String => PlainText.Of(value.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    // The time itself stands beside it, and is shown from now.
    private static bool IsRepeated(string name) => name.EndsWith("InSeconds", StringComparison.Ordinal);

    private static bool IsTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
