using System.Text.Json;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Anthropic;

/// <summary>Refusals in Anthropic's words.</summary>
internal static class Bad
{
    public static Refusal Request(string message) => new(400, "invalid_request_error", message);

    public static Refusal Extra(string path) => Request($"{path}: Extra inputs are not permitted");

    public static Refusal Missing(string path) => Request($"{path}: Field required");

    /// <summary>The first member that is not among the allowed ones.</summary>
    public static Refusal? Extras(JsonElement element, string path, HashSet<string> allowed)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!allowed.Contains(member.Name))
            {
                return Extra(path.Length == 0 ? member.Name : $"{path}.{member.Name}");
            }
        }

        return null;
    }
}
