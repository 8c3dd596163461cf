using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Tests.Conversations;

namespace Proxy.Protocol.Tests.Members;

/// <summary>Sends a sample, with and without its member, through the exchange of a pair and tells the member's fate.</summary>
internal sealed class MemberRun(MemberFile file, Dialect dialect, UpstreamKind upstream)
{
    private const string AnyModel = "MODEL";
    private const string ClaudeModel = "claude-sonnet-4-5-20250929";
    private const string CodexModel = "gpt-5.5";
    private const string CompatibleModel = "some-model";

    private readonly DialectMembers _members = file.Of(dialect);

    /// <summary>What the code does with a member: the fate and, for a refusal, the message.</summary>
    public (Fate Fate, List<string> To) Of(MemberRow row)
    {
        var model = upstream switch
        {
            UpstreamKind.Claude => row.ClaudeModel ?? ClaudeModel,
            UpstreamKind.Codex => CodexModel,
            _ => CompatibleModel,
        };
        var with = Body(row.Sample, model);
        var without = Body(row.Without, model);
        if (Send(with, out var refusal) is not { } sent)
        {
            return (Fate.Refused, [refusal!]);
        }

        if (Send(without, out refusal) is not { } plain)
        {
            throw new InvalidOperationException($"the sample without '{row.Member}' is refused: {refusal}");
        }

        if (!row.NamesSession)
        {
            // both are made of the conversation's opening where nothing else names the session
            foreach (var body in new[] { sent, plain })
            {
                body.Remove("prompt_cache_key");
                (body["metadata"] as JsonObject)?.Remove("user_id");
            }
        }

        var to = BodyChanges.Between(plain, sent);
        return (to.Count == 0 ? Fate.Dropped : IsWhole(with, without, sent, plain) ? Fate.Carried : Fate.Mapped, to);
    }

    /// <summary>Between like dialects the body itself must have gained the same; between others the conversation that their readers see.</summary>
    private bool IsWhole(string with, string without, JsonObject sent, JsonObject plain)
    {
        var spoken = Spoken(upstream);
        if (spoken == dialect)
        {
            return IsSubset(BodyChanges.Whole(JsonNode.Parse(without), JsonNode.Parse(with)), BodyChanges.Whole(plain, sent));
        }

        return IsSubset(Gained(dialect, without, with), Gained(spoken, plain.ToJsonString(), sent.ToJsonString()));
    }

    /// <summary>Defaults that the upstream wants beside it take nothing from what was asked.</summary>
    private static bool IsSubset(List<string> asked, List<string> gained) => asked.Count > 0 && asked.TrueForAll(gained.Contains);

    private static List<string> Gained(Dialect dialect, string without, string with)
    {
        var gained = ExactForm.Of(Translation.Read(dialect, with));
        foreach (var line in ExactForm.Of(Translation.Read(dialect, without)))
        {
            gained.Remove(line);
        }

        return gained;
    }

    /// <summary>The dialect of an upstream.</summary>
    public static Dialect Spoken(UpstreamKind kind) => MemberFile.Dialects[MemberFile.Upstreams.ToList().IndexOf(kind)];

    private string Body(JsonObject members, string model)
    {
        var body = _members.Base.DeepClone().AsObject();
        foreach (var (name, value) in members)
        {
            body[name] = value?.DeepClone();
        }

        return body.ToJsonString().Replace(AnyModel, model, StringComparison.Ordinal);
    }

    private JsonObject? Send(string body, out string? refusal)
    {
        var request = ClientRequestReader.Read(dialect, Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), out var problem);
        refusal = problem?.Message;
        if (request is null)
        {
            return null;
        }

        var resolved = ModelCatalogue.Default.Resolve(request.Model);
        var target = new UpstreamTarget { Kind = upstream, Model = resolved.Name, Info = resolved.Info, Thinking = resolved.Thinking, IsOAuth = upstream != UpstreamKind.Compatible };
        var exchange = ExchangeFactory.Create(request, target, Operation.Generate, nowUnixSeconds: 1, "req-1");
        var output = new ArrayBufferWriter<byte>();
        refusal = exchange.WriteRequest(output)?.Message;
        if (refusal is not null)
        {
            return null;
        }

        var sent = JsonNode.Parse(output.WrittenSpan)!.AsObject();
        if (exchange.Headers.FirstOrDefault(h => h.Key == "anthropic-beta") is { Value: { } betas })
        {
            sent["header anthropic-beta"] = betas;
        }

        return sent;
    }
}
