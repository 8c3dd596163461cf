using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Diagnostics;

namespace Proxy.Actors.Engine;

/// <summary>The tree of <c>/debug/actors</c>: nothing but every actor's own answer to <see cref="GetState"/>.</summary>
internal sealed class ActorTree(ActorRegistry registry, AccountDirectory directory, TimeProvider time)
{
    private const string NoAnswer = "no answer";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Asks all at once.</summary>
    public async Task<JsonObject> DescribeAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var accounts = directory.All().OrderBy(a => a.Key.Value, StringComparer.Ordinal).Select(a => (a.Key.Value, Answer: AskAsync(a.Value, both.Token))).ToArray();
        var actors = registry.All.Select(a => (Name: a.Value.Path.Name, Answer: AskAsync(a.Value, both.Token))).OrderBy(a => a.Name, StringComparer.Ordinal).ToArray();

        var byAccount = new JsonObject();
        foreach (var (id, answer) in accounts)
        {
            byAccount[id] = await answer;
        }

        var tree = new JsonObject { ["accounts"] = byAccount };
        foreach (var (name, answer) in actors)
        {
            tree[tree.ContainsKey(name) ? $"{name}Actor" : name] = await answer;
        }

        cancellation.ThrowIfCancellationRequested();
        return tree;
    }

    private static async Task<JsonNode?> AskAsync(IActorRef actor, CancellationToken cancellation)
    {
        try
        {
            var answer = await actor.Ask<object>(GetState.Instance, cancellation);
            return answer as JsonNode ?? JsonSerializer.SerializeToNode(answer, answer.GetType(), Format);
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
        {
            return JsonValue.Create(NoAnswer);
        }
    }
}
