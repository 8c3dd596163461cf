using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Diagnostics;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Models;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Accounts;

/// <summary>A real AccountsActor over a temporary directory, with a probe for a router, a manual clock and a scripted token endpoint.</summary>
internal sealed class AccountsWorld : IAsyncDisposable
{
    public static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;

    private readonly string _root = Directory.CreateTempSubdirectory("cpa-accounts-").FullName;
    private readonly ActorSystem _system;

    public AccountsWorld(ITokenTransport? transport = null, Func<ProxyConfiguration, ProxyConfiguration>? configure = null, DateTimeOffset? start = null)
    {
        Time = new ManualTimeProvider(start);
        Transport = transport ?? new ScriptedTokens();
        _system = ActorSystem.Create("test", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off }"));
        Configuration = new ProxyConfiguration { AuthDirectory = Path.Combine(_root, "auth"), StateDirectory = Path.Combine(_root, "state") };

        // Calls are counted here: a look at the profile of a login without a name is LoginNamingTests' subject.
        Configuration = Configuration with { Claude = Configuration.Claude with { ProfileUrl = null } };
        Configuration = configure?.Invoke(Configuration) ?? Configuration;
        Directory.CreateDirectory(Configuration.AuthDirectory);
        Router = new Probe(_system);
    }

    public ManualTimeProvider Time { get; }

    public ITokenTransport Transport { get; }

    public ScriptedTokens Tokens => (ScriptedTokens)Transport;

    public ProxyConfiguration Configuration { get; set; }

    public Probe Router { get; }

    public AccountDirectory Accounts { get; } = new();

    public IAccountStateStore? StateStore { get; init; }

    /// <summary>A usage endpoint; null: nobody is asked.</summary>
    public Quota.ScriptedUsage? Usage { get; init; }

    public RunningRenewals Renewals { get; } = new();

    /// <summary>Where the actors' log goes, beside the search for secrets.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>How files are written; without the waits for the disk unless told otherwise.</summary>
    public FileSteps FileSteps { get; init; } = new Credentials.HastySteps();

    public Func<double> Jitter { get; set; } = static () => 0;

    public IActorRef Actor { get; private set; } = ActorRefs.Nobody;

    public DateTimeOffset Now => Time.GetUtcNow();

    public ActorSystem System => _system;

    /// <summary>The id of the account of a file.</summary>
    public static AccountId IdOf(string fileName) => AccountId.For(AuthFileReader.ProviderByName(fileName)!, fileName);

    public string PathOf(string fileName) => Path.Combine(Configuration.AuthDirectory, fileName);

    public void Write(string fileName, string json)
    {
        var temporary = PathOf(fileName) + ".new";
        File.WriteAllText(temporary, json);
        File.Move(temporary, PathOf(fileName), overwrite: true);
    }

    /// <summary>A Claude file whose token ends in that time.</summary>
    public string Claude(int generation, TimeSpan left, string more = "") =>
        $$"""{"type":"claude","email":"ann@example.com","access_token":"sandbox-access-claude-1-g{{generation}}","refresh_token":"sandbox-refresh-claude-1-g{{generation}}","expired":"{{Now + left:yyyy-MM-ddTHH:mm:ssZ}}","last_refresh":"{{Now - TimeSpan.FromHours(1):yyyy-MM-ddTHH:mm:ssZ}}"{{more}}}""";

    public async Task StartAsync()
    {
        var services = new AccountServices(Time, Log is { } log ? new ToldLogs(log) : NullLoggerFactory.Instance, ModelCatalogue.Default, Transport, () => Jitter()) { StateStore = StateStore, Renewals = Renewals, FileSteps = FileSteps, Usage = Usage?.Client(Time) };
        Actor = _system.ActorOf(AccountsActor.Props(Configuration, Router.Ref, Accounts, services), "accounts");
        await AskAsync<AccountsCommands.Ready>(Actor, AccountsCommands.AwaitReady.Instance);
    }

    public Task<T> AskAsync<T>(IActorRef target, object message) => target.Ask<T>(message, CancellationToken.None).WaitAsync(FailSafe);

    /// <summary>Asks the account until its state is so: for changes that the router is not told of.</summary>
    public Task<AccountView> UntilAsync(AccountId id, Func<AccountView, bool> isSo)
    {
        return AskOnAsync().WaitAsync(FailSafe);

        async Task<AccountView> AskOnAsync()
        {
            while (true)
            {
                var view = await ViewAsync(id);
                if (isSo(view))
                {
                    return view;
                }

                await Task.Yield();
            }
        }
    }

    /// <summary>What the debug endpoint would show is searched for secrets.</summary>
    private static async Task<T> ShowAsync<T>(Task<T> asked)
    {
        var view = await asked;
        TestScope.Current.Show(JsonSerializer.Serialize(view), ShownIn.Debug);
        return view;
    }

    public IActorRef ActorOf(AccountId id) => Accounts.All().Single(a => a.Key == id).Value;

    public Task<AccountView> ViewAsync(AccountId id) => ShowAsync(AskAsync<AccountView>(ActorOf(id), GetState.Instance));

    public Task<AccountsView> ViewAsync() => ShowAsync(AskAsync<AccountsView>(Actor, GetState.Instance));

    /// <summary>Lets time pass until the account's state is so: polls and second looks are due on the way.</summary>
    public Task<AccountView> AdvanceUntilAsync(AccountId id, Func<AccountView, bool> isSo) =>
        UntilAsync(id, view =>
        {
            if (isSo(view))
            {
                return true;
            }

            Time.Advance(TimeSpan.FromMilliseconds(100));
            return false;
        });

    /// <summary>Makes the account's actor throw: a reading that can't be read.</summary>
    public void Throw(AccountId id, Lease lease) =>
        ActorOf(id).Tell(new AccountCommands.Observed(id, lease.Id, new Proxy.Protocol.Quota.QuotaReading(Now, new ThrowingWindows())), ActorRefs.NoSender);

    public void Acquire(AccountId id, long ticket, string model = "claude-sonnet-4-5", Purpose purpose = Purpose.Inference, TimeSpan? wait = null) =>
        Accounts.Tell(new AccountCommands.Acquire(id, new TicketId(ticket), model, purpose, Now + (wait ?? TimeSpan.FromSeconds(120)), Now + TimeSpan.FromHours(1)), Router.Ref).ShouldBeTrue();

    public async Task<Lease> LeaseAsync(AccountId id, long ticket, string model = "claude-sonnet-4-5", Purpose purpose = Purpose.Inference)
    {
        Acquire(id, ticket, model, purpose);
        return (await Router.ExpectAsync<AccountEvents.Granted>(g => g.Lease.Ticket.Value == ticket)).Lease;
    }

    public async Task<Ineligibility> RefusalAsync(AccountId id, long ticket, string model = "claude-sonnet-4-5", Purpose purpose = Purpose.Inference)
    {
        Acquire(id, ticket, model, purpose);
        return (await Router.ExpectAsync<AccountEvents.Refused>(r => r.Ticket.Value == ticket)).Reason;
    }

    public async Task<AccountEvents.AttemptEnded> EndAsync(Lease lease, AttemptOutcome outcome)
    {
        Accounts.Tell(new AccountCommands.LeaseEnded(lease.Account, lease.Id, outcome), ActorRefs.NoSender).ShouldBeTrue();
        return await Router.ExpectAsync<AccountEvents.AttemptEnded>(e => e.Lease == lease.Id);
    }

    /// <summary>Lets time pass to where the account's refresh is due, and no farther: the limit of its call goes by the same clock.</summary>
    public async Task AdvanceToRefreshAsync(AccountId id)
    {
        Time.Advance((await ViewAsync(id)).Token!.RefreshDue!.Value - Now);
        await UntilAsync(id, v =>
        {
            if (v.Token!.Refresh.StartsWith("running", StringComparison.Ordinal))
            {
                return true;
            }

            Time.Advance(TimeSpan.FromSeconds(1)); // a wake-up that came early was set anew
            return false;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().WaitAsync(FailSafe);
        Directory.Delete(_root, recursive: true);
    }
}

/// <summary>An actor that keeps what it is told, for a test that waits for some of it.</summary>
internal sealed class Probe
{
    private readonly Lock _gate = new();
    private readonly List<object> _messages = [];
    private readonly List<(Func<object, bool> Match, TaskCompletionSource<object> Found)> _waiting = [];

    public Probe(ActorSystem system) => Ref = system.ActorOf(Props.Create(() => new Recorder(this)));

    public IActorRef Ref { get; }

    /// <summary>What came so far and was not yet taken.</summary>
    public IReadOnlyList<object> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>Takes the first message of that kind, now or when it comes.</summary>
    public async Task<T> ExpectAsync<T>(Func<T, bool>? match = null)
    {
        bool Matches(object m) => m is T t && (match is null || match(t));
        TaskCompletionSource<object> found;
        lock (_gate)
        {
            if (_messages.FindIndex(Matches) is >= 0 and var at)
            {
                var message = _messages[at];
                _messages.RemoveAt(at);
                return (T)message;
            }

            found = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((Matches, found));
        }

        try
        {
            return (T)await found.Task.WaitAsync(AccountsWorld.FailSafe);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"no {typeof(T).Name} came; there is: {string.Join(", ", Messages.Select(m => m.GetType().Name))}", e);
        }
    }

    private void Take(object message)
    {
        lock (_gate)
        {
            var at = _waiting.FindIndex(w => w.Match(message));
            if (at < 0)
            {
                _messages.Add(message);
                return;
            }

            var (_, found) = _waiting[at];
            _waiting.RemoveAt(at);
            found.SetResult(message);
        }
    }

    private sealed class Recorder(Probe probe) : UntypedActor
    {
        protected override void OnReceive(object message) => probe.Take(message);
    }
}

/// <summary>A token endpoint whose answers a test gives.</summary>
internal sealed class ScriptedTokens : ITokenTransport
{
    private readonly System.Threading.Channels.Channel<TokenCall> _calls = System.Threading.Channels.Channel.CreateUnbounded<TokenCall>();
    private int _count;

    /// <summary>How many calls came.</summary>
    public int Count => _count;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _count);
        var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellation) : string.Empty;
        var call = new TokenCall(request.RequestUri!, request.Content?.Headers.ContentType?.MediaType, body, route);
        _calls.Writer.TryWrite(call);
        return await call.Answer.Task.WaitAsync(cancellation);
    }

    /// <summary>The next call.</summary>
    public Task<TokenCall> NextAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(AccountsWorld.FailSafe);
}

/// <summary>A call to the token endpoint that waits for its answer.</summary>
internal sealed record TokenCall(Uri Url, string? ContentType, string Body, OutboundRoute Route)
{
    public TaskCompletionSource<HttpResponseMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Gives(int generation, int expiresIn = 28800) =>
        Says(HttpStatusCode.OK, $$"""{"access_token":"sandbox-access-claude-1-g{{generation}}","refresh_token":"sandbox-refresh-claude-1-g{{generation}}","expires_in":{{expiresIn}},"token_type":"Bearer"}""");

    public void Says(HttpStatusCode status, string body, string type = "application/json", Action<HttpResponseMessage>? more = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type) };
        more?.Invoke(response);
        Answer.SetResult(response);
    }

    public void Breaks(HttpRequestError error = HttpRequestError.ResponseEnded) => Answer.SetException(new HttpRequestException(error));
}

/// <summary>Windows that throw when they are read.</summary>
internal sealed class ThrowingWindows : IReadOnlyList<Proxy.Protocol.Quota.QuotaWindow>
{
    public int Count => 1;

    public Proxy.Protocol.Quota.QuotaWindow this[int index] => throw new InvalidOperationException("made up");

    public IEnumerator<Proxy.Protocol.Quota.QuotaWindow> GetEnumerator() => throw new InvalidOperationException("made up");

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
