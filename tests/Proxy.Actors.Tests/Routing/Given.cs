using System.Collections.Frozen;
using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Routing;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Failure = Proxy.Protocol.Failures.Failure;

namespace Proxy.Actors.Tests.Routing;

/// <summary>Made-up accounts, requests and failures.</summary>
internal static class Given
{
    public const string Model = "claude-lab-1";

    public static readonly Uri Upstream = new("https://upstream.example");

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static AccountSnapshot Snapshot(string id, UpstreamKind kind = UpstreamKind.Claude, string? provider = null, params string[] models) => new()
    {
        Id = new AccountId(id),
        Label = $"label of {id}",
        Provider = provider ?? id.Split('-')[0],
        Kind = kind,
        Models = new NamedModels(models.Length == 0 ? [Model] : models),
        Way = new(Upstream, null, NoProxy: false),
    };

    public static AccountSnapshot Out(this AccountSnapshot snapshot, IneligibilityKind kind, DateTimeOffset? until = null, DateTimeOffset? since = null) =>
        snapshot with { Blocked = new Ineligibility(kind, until, $"made-up {kind}"), BlockedSince = since };

    public static AccountSnapshot OutFor(this AccountSnapshot snapshot, string model, IneligibilityKind kind, DateTimeOffset? until = null) =>
        snapshot with { BlockedModels = new Dictionary<string, Ineligibility> { [model] = new(kind, until, $"made-up {kind}") }.ToFrozenDictionary() };

    public static RoutingFacts Facts(string? session = null, bool hasReasoning = false, Dialect dialect = Dialect.AnthropicMessages, RoutingOptions? routing = null, string model = Model) => new()
    {
        Dialect = dialect,
        AskedModel = model,
        Model = model,
        Purpose = Purpose.Inference,
        Session = session,
        HasReasoning = hasReasoning,
        Configuration = new ProxyConfiguration { AuthDirectory = "/made-up/auth", Routing = routing ?? new RoutingOptions() },
    };

    public static Failure Failure(FailureClass @class, DateTimeOffset? until = null, NetworkFault network = NetworkFault.Connect) => new()
    {
        Network = @class == FailureClass.Network ? network : null,
        Class = @class,
        Scope = FailureScope.Account,
        Status = 400,
        Message = $"made-up {@class}",
        Until = until,
    };

    public static AttemptOutcome Outcome(FailureClass @class, DateTimeOffset? until = null, bool committed = false) => new(Failure(@class, until), committed, Cancelled: false);

    public static AttemptOutcome Broken(NetworkFault fault) => new(Failure(FailureClass.Network, network: fault), Committed: false, Cancelled: false);

    public static AccountSnapshot At(this AccountSnapshot snapshot, string address) => snapshot with { Way = new(new Uri(address), null, NoProxy: false) };

    public static Lease Lease(this AccountSnapshot snapshot, TicketId ticket, Purpose purpose = Purpose.Inference) => new()
    {
        Id = LeaseId.Next(),
        Ticket = ticket,
        Account = snapshot.Id,
        Label = snapshot.Label,
        Provider = snapshot.Provider,
        Kind = snapshot.Kind,
        BaseUrl = snapshot.Way.BaseUrl!,
        UpstreamModel = Model,
        IsOAuth = true,
        Token = new Secret("sandbox-access-made-up"),
        Generation = 1,
        Purpose = purpose,
    };

    public static Ticket Ticket(RoutingFacts? facts = null, DateTimeOffset? deadline = null) =>
        new(new TicketId(1), facts ?? Facts(), deadline ?? Start.AddMinutes(60), Start, ActorRefs.Nobody) { WaitLimit = Start.AddSeconds(120) };

    /// <summary>An attempt on <paramref name="account"/> that failed; without a class it runs still.</summary>
    public static Attempt Attempt(string account, FailureClass? @class = null, DateTimeOffset? until = null)
    {
        var attempt = new Attempt(LeaseId.Next(), new AccountId(account), account, account.Split('-')[0], Start) { Model = Model, Way = new(Upstream, null, NoProxy: false) };
        if (@class is { } failed)
        {
            attempt.End(Outcome(failed, until), Start);
        }

        return attempt;
    }

    private sealed record NamedModels(string[] Names) : ServedModels
    {
        public override IReadOnlyList<string> Listed => Names;

        public override ServedModel? Find(string model) => Names.Contains(model, StringComparer.Ordinal) ? new ServedModel(model) : null;
    }
}
