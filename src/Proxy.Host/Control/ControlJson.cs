using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Proxy.Actors.Accounts;

namespace Proxy.Host.Control;

/// <summary>JSON as it goes over the control socket and out of <c>--json</c>: camelCase, no nulls, enums in kebab-case.</summary>
internal static class ControlJson
{
    /// <summary>The one way to write and read it. Not for web pages, so that names keep their letters.</summary>
    public static JsonSerializerOptions Format { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
    };

    private static readonly JsonSerializerOptions Indented = new(Format) { WriteIndented = true };

    /// <summary>One account as one flat object: who it is first, then its picture.</summary>
    public static JsonObject Flat(AccountDetails details)
    {
        var picture = JsonSerializer.SerializeToNode(details.Account, Format)!.AsObject();
        var flat = new JsonObject();
        Move("id");
        flat["email"] = details.Email;
        flat["file"] = details.File;
        flat["entry"] = details.Entry;
        foreach (var empty in flat.Where(m => m.Value is null).Select(m => m.Key).ToArray())
        {
            flat.Remove(empty);
        }

        foreach (var name in picture.Select(m => m.Key).ToArray())
        {
            Move(name);
        }

        return flat;

        void Move(string name)
        {
            if (picture.Remove(name, out var value))
            {
                flat[name] = value;
            }
        }
    }

    /// <summary>The listing for scripts.</summary>
    public static string Of(AccountListing listing) => new JsonObject
    {
        ["accounts"] = new JsonArray([.. listing.Accounts.Select(Flat)]),
        ["authDirectory"] = listing.AuthDirectory,
        ["directoryFault"] = listing.DirectoryFault,
        ["ignoredFiles"] = JsonSerializer.SerializeToNode(listing.IgnoredFiles, Format),
    }.ToJsonString(Indented);

    /// <summary>Anything for scripts.</summary>
    public static string Of(JsonNode node) => node.ToJsonString(Indented);
}
