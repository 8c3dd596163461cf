using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Models;

namespace Proxy.Host.Endpoints;

/// <summary>What a client's model name means here: the model to route, and what may stand in for it. Pure.</summary>
/// <param name="Model">The model, taken apart.</param>
/// <param name="IsRedirected">It is the successor of the retired model that was asked for.</param>
/// <param name="Fallbacks">What to go on with when it is out of quota.</param>
internal sealed record AskedModels(ResolvedModel Model, bool IsRedirected, IReadOnlyList<ResolvedModel> Fallbacks)
{
    /// <summary>Reads the name.</summary>
    public static AskedModels Of(string asked, RoutingTable table, ProxyConfiguration configuration)
    {
        var model = Resolve(asked, table, configuration.KnownModels);
        var redirected = configuration.RedirectRetiredModels && !table.Lists(model.Name) ? Successor(model, configuration.KnownModels) : null;
        return new AskedModels(redirected ?? model, redirected is not null, FallbacksOf(model, redirected ?? model, table, configuration));
    }

    /// <summary>An alias of the configuration may look like a name with a suffix; what is listed as it stands is not taken apart.</summary>
    private static ResolvedModel Resolve(string asked, RoutingTable table, ModelCatalogue catalogue)
    {
        var model = catalogue.Resolve(asked);
        return model.Name != asked && table.Lists(asked) ? model with { Name = asked, Thinking = null } : model;
    }

    /// <summary>The model that serves in a retired one's place, under the same prefix and with the same suffix.</summary>
    private static ResolvedModel? Successor(ResolvedModel model, ModelCatalogue catalogue)
    {
        var tailAt = model.Name.LastIndexOf('/') + 1;
        return catalogue.SuccessorOf(model.Name[tailAt..]) is { } successor
            ? model with { Name = string.Concat(model.Name.AsSpan(0, tailAt), successor.Id), Kind = tailAt > 0 ? null : successor.Kind, Info = successor }
            : null;
    }

    private static IReadOnlyList<ResolvedModel> FallbacksOf(ResolvedModel model, ResolvedModel routed, RoutingTable table, ProxyConfiguration configuration)
    {
        if (configuration.ModelFallbacks.Count == 0 || !configuration.Routing.SwitchModels)
        {
            return [];
        }

        foreach (var fallback in configuration.ModelFallbacks)
        {
            if (Glob.Matches(fallback.Asked, model.Asked) || Glob.Matches(fallback.Asked, model.Name) || Glob.Matches(fallback.Asked, routed.Name))
            {
                var all = new List<ResolvedModel>(fallback.Next.Count);
                foreach (var next in fallback.Next)
                {
                    // An effort that the client asked for is asked of the fallback too, unless the list says another.
                    var resolved = Resolve(next, table, configuration.KnownModels);
                    if (resolved.Name != routed.Name && !all.Exists(a => a.Name == resolved.Name))
                    {
                        all.Add(resolved.Thinking is null ? resolved with { Thinking = model.Thinking } : resolved);
                    }
                }

                return all;
            }
        }

        return [];
    }
}
