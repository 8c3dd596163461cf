using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Proxy.Actors.Accounts;
using Proxy.Actors.Diagnostics;

namespace Proxy.Actors.Engine;

/// <summary>The tree of <c>/debug/actors</c>: nothing but every actor's own answer to <see cref="GetState"/>.</summary>
internal sealed class ActorTree(ActorRegistry registry, AccountDirectory directory, TimeProvider time)
{
    private const string NoAnswer = "no answer";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Asks all at once.</summary>
    public async Task<JsonObject> DescribeAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ActorQuestions.Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var accounts = directory.All().OrderBy(a => a.Key.Value, StringComparer.Ordinal).Select(a => (a.Key.Value, Question: ActorQuestions.PutAsync<AccountDetails>(a.Value, new ControlCommands.Describe(a.Key), both.Token))).ToArray();
        var actors = registry.All.Select(a => (Name: a.Value.Path.Name, Question: ActorQuestions.PutAsync<object>(a.Value, GetState.Instance, both.Token))).OrderBy(a => a.Name, StringComparer.Ordinal).ToArray();

        var byAccount = new JsonObject();
        foreach (var (id, question) in accounts)
        {
            var (details, isGone) = await question;
            if (!isGone)
            {
                byAccount[id] = ToJson(details?.Account); // the redacted picture alone
            }
        }

        var tree = new JsonObject { ["accounts"] = byAccount };
        foreach (var (name, question) in actors)
        {
            tree[tree.ContainsKey(name) ? $"{name}Actor" : name] = ToJson((await question).Answer);
        }

        cancellation.ThrowIfCancellationRequested();
        return tree;
    }

    private static JsonNode? ToJson(object? answer) => answer switch
    {
        null => JsonValue.Create(NoAnswer),
        JsonNode node => node,
        _ => JsonSerializer.SerializeToNode(answer, answer.GetType(), Format),
    };
}
