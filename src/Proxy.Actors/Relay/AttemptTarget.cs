using System.Buffers;
using Proxy.Actors.Accounts;
using Proxy.Actors.Relay.Continuations;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Json;
using Proxy.Protocol.Payloads;

namespace Proxy.Actors.Relay;

/// <summary>What an attempt asks of its upstream: the model and its names, and the owner's changes of the body.</summary>
internal static class AttemptTarget
{
    /// <summary>The codecs of an attempt. Where the client may refer to the answer, it is taken note of; for others that costs nothing.</summary>
    public static Exchange Open(RelayParts parts, RelayRequest request, RouterAnswers.Use use)
    {
        var exchange = parts.OpenExchange(request.Client, Of(request, use), request.Operation, parts.Time.GetUtcNow().ToUnixTimeSeconds(), request.RequestId);
        return request.Client.MayBeReferredTo && request.Operation == Operation.Generate
            ? new KeepingExchange(exchange, request.Client.Stream, new ItemShelf(parts.Items, request.ClientKey, use.Lease.Account))
            : exchange;
    }

    /// <summary>What the lease amounts to for the codecs.</summary>
    public static UpstreamTarget Of(RelayRequest request, RouterAnswers.Use use)
    {
        var lease = use.Lease;
        return new UpstreamTarget
        {
            Kind = lease.Kind,
            Model = lease.UpstreamModel,
            Info = request.Configuration.KnownModels.Find(lease.UpstreamModel),
            Thinking = lease.Alias?.Thinking ?? request.ModelOf(lease).Thinking,
            ShownModel = lease.Alias is { MapsNameBack: true } || (request.IsRedirected && request.IsOfAsked(lease)) ? request.Client.Model : null,
            ServedModel = request.IsOfAsked(lease) ? null : lease.RoutedModel,
            StripReasoning = use.StripReasoning || HoldsForeignReasoning(request, lease),
            SystemPreamble = lease.SystemPreamble,
            IsOAuth = lease.IsOAuth,
        };
    }

    /// <summary>Items that the client only named hold reasoning which ChatGPT encrypted for another account.</summary>
    private static bool HoldsForeignReasoning(RelayRequest request, Lease lease)
    {
        if (lease.Kind == UpstreamKind.Codex)
        {
            foreach (var maker in request.ReasoningMakers)
            {
                if (maker != lease.Account)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Makes the changes of the payload rules that fit; nothing is done, and nothing costs, without rules.</summary>
    public static void ApplyPayload(RelayRequest request, Lease lease, PooledBufferWriter body)
    {
        var rules = request.Configuration.Payload;
        if (rules.IsEmpty || request.Operation != Operation.Generate)
        {
            return;
        }

        using var changed = new PooledBufferWriter(body.Length + 256);
        if (rules.Apply(new PayloadFacts(lease.UpstreamModel, request.ModelOf(lease).Name, lease.Kind, request.Client.Dialect, request.ClientHeader), body.Written, changed))
        {
            body.Rewind(0);
            body.Write(changed.Written.Span);
        }
    }
}
