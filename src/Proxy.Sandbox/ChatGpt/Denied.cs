using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.ChatGpt;

/// <summary>Refusals in the ChatGPT backend's words: <c>detail</c> for its own rules, <c>error</c> for the Responses API's.</summary>
internal static class Denied
{
    public static Refusal Detail(string detail, int status = 400) => new(status, null, detail);

    public static Refusal Error(string message, string? code = null, string? param = null, int status = 400) =>
        new(status, "invalid_request_error", message, code, param);

    public static Refusal Unknown(string path) => Error($"Unknown parameter: '{path}'.", "unknown_parameter", path);

    public static Refusal Missing(string path) => Error($"Missing required parameter: '{path}'.", "missing_required_parameter", path);

    public static Refusal Value(string value, string path, IEnumerable<string> supported) =>
        Error($"Invalid value: '{value}'. Supported values are: {string.Join(", ", supported.Select(s => $"'{s}'"))}.", "invalid_value", path);

    public static Refusal TooLong(string path, int maximum, int length) =>
        Error($"Invalid '{path}': string too long. Expected a string with maximum length {maximum}, but got a string with length {length} instead.", "string_above_max_length", path);

    public static Refusal? Extras(JsonElement element, string path, HashSet<string> allowed)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!allowed.Contains(member.Name))
            {
                return Unknown($"{path}.{member.Name}");
            }
        }

        return null;
    }
}
