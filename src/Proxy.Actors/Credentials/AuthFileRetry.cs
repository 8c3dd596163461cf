using System.Text.Json;
using Proxy.Actors.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Credentials;

/// <summary>What an auth file says about its account's failures (spec/accounts.md 8.7, 8.12, 8.21), in both spellings of a key.</summary>
internal static class AuthFileRetry
{
    /// <summary>Most tries again that one request may be given.</summary>
    private const int MostRetries = 100;

    /// <summary>Reads it.</summary>
    /// <param name="root">The file.</param>
    /// <param name="mistake">What is wrong with a rule; null when the settings are returned.</param>
    public static CredentialRetry? Read(JsonElement root, out string? mistake)
    {
        mistake = null;
        var rules = new List<ErrorRule>();
        if (Of(root, "request_scoped_errors") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var entry in list.EnumerateArray())
            {
                if (Rule(entry, out mistake) is not { } rule)
                {
                    mistake = $"request_scoped_errors[{rules.Count}] {mistake}";
                    return null;
                }

                rules.Add(rule);
            }
        }

        return new CredentialRetry
        {
            RequestRetry = Of(root, "request_retry") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var retries) ? Math.Clamp(retries, 0, MostRetries) : null,
            DisableCooling = Of(root, "disable_cooling") is { ValueKind: JsonValueKind.True or JsonValueKind.False } cooling ? cooling.GetBoolean() : null,
            ErrorRules = rules,
        };
    }

    private static ErrorRule? Rule(JsonElement entry, out string? mistake)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            mistake = "is not an object.";
            return null;
        }

        return ErrorRule.Create(
            Of(entry, "status") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var status) ? status : null,
            Texts(entry, "match"),
            Texts(entry, "match_regexr"),
            Of(entry, "action") is { ValueKind: JsonValueKind.String } action ? action.GetString() : null,
            out mistake);
    }

    private static JsonElement? Of(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) || element.TryGetProperty(name.Replace('_', '-'), out value) ? value : null;

    private static List<string> Texts(JsonElement entry, string name) => Of(entry, name) switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetString()!)],
        _ => [],
    };
}
