using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Host.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;

namespace Proxy.Host.Endpoints;

/// <summary><c>GET /v1/models</c>: what the accounts serve, in the shape that the caller knows (spec/accounts.md 5.4).</summary>
internal static class ModelList
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with the list, or with the one model called <paramref name="wanted"/>.</summary>
    public static async Task ServeAsync(HttpContext context, RoutingTable table, ModelCatalogue catalogue, string wanted)
    {
        var models = Listed(table, catalogue);
        var isAnthropic = IsAnthropic(context.Request);
        if (wanted.Length > 0)
        {
            models = [.. models.Where(m => m.Name == wanted).DefaultIfEmpty(Unlisted(table, catalogue, wanted))];
            if (models[0].Name.Length == 0)
            {
                await ErrorAnswer.WriteAsync(
                    context, isAnthropic ? Dialect.AnthropicMessages : Dialect.OpenAIChat,
                    new ClientError(StatusCodes.Status404NotFound, $"No account serves a model called \"{wanted}\"."));
                return;
            }
        }

        context.Response.ContentType = "application/json";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, Relaxed))
        {
            if (wanted.Length > 0)
            {
                WriteModel(writer, models[0], isAnthropic);
            }
            else if (context.Request.Query.ContainsKey("client_version"))
            {
                // Codex asks for its own catalogue; an empty one makes it use the one it ships with.
                writer.WriteStartObject();
                writer.WriteStartArray("models");
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            else
            {
                WriteList(writer, models, isAnthropic);
            }
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Every name that some account can serve now or after a wait; an account that needs its owner hides its models.</summary>
    internal static List<(string Name, ModelInfo? Info, string Owner)> Listed(RoutingTable table, ModelCatalogue catalogue)
    {
        var names = new SortedDictionary<string, (ModelInfo? Info, string Owner)>(StringComparer.Ordinal);
        foreach (var account in table.Accounts)
        {
            if (account.Blocked?.Kind is IneligibilityKind.LoginNeeded or IneligibilityKind.Paused or IneligibilityKind.Broken or IneligibilityKind.Forbidden)
            {
                continue;
            }

            foreach (var name in account.Models.Listed)
            {
                if (account.BlockedModels.GetValueOrDefault(name)?.Kind != IneligibilityKind.ModelUnavailable)
                {
                    names.TryAdd(name, (InfoOf(account, catalogue, name), Owner(account)));
                }
            }
        }

        return [.. names.Select(n => (n.Key, n.Value.Info, n.Value.Owner))];
    }

    /// <summary>A model that is served but not shown, as retired ones are; without a name when it is not served.</summary>
    private static (string Name, ModelInfo? Info, string Owner) Unlisted(RoutingTable table, ModelCatalogue catalogue, string wanted) =>
        table.Accounts.FirstOrDefault(a => a.Models.Serves(wanted)) is { } account
            ? (wanted, InfoOf(account, catalogue, wanted), Owner(account))
            : (string.Empty, null, string.Empty);

    /// <summary>What is known of the upstream's model, under the name that an alias shows it by.</summary>
    private static ModelInfo? InfoOf(AccountSnapshot account, ModelCatalogue catalogue, string name)
    {
        var served = account.Models.Find(name);
        var info = catalogue.Find(served?.Upstreams[0].Name ?? name);
        return served?.DisplayName is { } shown ? (info ?? new ModelInfo { Id = name, Kind = account.Kind }) with { DisplayName = shown } : info;
    }

    private static string Owner(AccountSnapshot account) => account.Kind switch
    {
        UpstreamKind.Claude => "anthropic",
        UpstreamKind.Codex => "openai",
        _ => account.Provider,
    };

    private static bool IsAnthropic(HttpRequest request) =>
        request.Headers.ContainsKey("anthropic-version")
        || request.Headers.UserAgent.ToString().StartsWith("claude-cli", StringComparison.OrdinalIgnoreCase);

    private static void WriteList(Utf8JsonWriter writer, List<(string Name, ModelInfo? Info, string Owner)> models, bool isAnthropic)
    {
        writer.WriteStartObject();
        if (!isAnthropic)
        {
            writer.WriteString("object", "list");
        }

        writer.WriteStartArray("data");
        foreach (var model in models)
        {
            WriteModel(writer, model, isAnthropic);
        }

        writer.WriteEndArray();
        if (isAnthropic)
        {
            writer.WriteBoolean("has_more", value: false);
            writer.WriteString("first_id", models.Count > 0 ? models[0].Name : null);
            writer.WriteString("last_id", models.Count > 0 ? models[^1].Name : null);
        }

        writer.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter writer, (string Name, ModelInfo? Info, string Owner) model, bool isAnthropic)
    {
        writer.WriteStartObject();
        writer.WriteString("id", model.Name);
        var created = model.Info?.Created ?? 0;
        if (isAnthropic)
        {
            writer.WriteString("type", "model");
            writer.WriteString("display_name", model.Info?.DisplayName is { Length: > 0 } name ? name : model.Name);
            writer.WriteString("created_at", DateTimeOffset.FromUnixTimeSeconds(created).UtcDateTime);
        }
        else
        {
            writer.WriteString("object", "model");
            writer.WriteNumber("created", created);
            writer.WriteString("owned_by", model.Owner);
        }

        writer.WriteEndObject();
    }
}
