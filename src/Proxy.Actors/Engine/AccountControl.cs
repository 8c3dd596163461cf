using Akka.Actor;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Engine;

/// <summary>The accounts of a running engine: asks and tells their actors.</summary>
/// <param name="registry">The actors.</param>
/// <param name="directory">Where each account is.</param>
/// <param name="saved">Completes when an account's newest state is on disk.</param>
/// <param name="time">The one clock.</param>
internal sealed class AccountControl(ActorRegistry registry, AccountDirectory directory, Func<AccountId, Task> saved, TimeProvider time) : IAccountControl
{
    /// <summary>A person waits so long for what is in flight on an account that is removed; then the removal goes on without them.</summary>
    public static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(20);

    /// <summary>For a list of accounts: a person rather waits on a busy machine than reads that an account gave no answer.</summary>
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(5);

    // The lock of another process and a slow token endpoint, one after the other, and some more.
    private static readonly TimeSpan OrderPatience = TimeSpan.FromMinutes(3);

    // States are written at most once a second.
    private static readonly TimeSpan SavePatience = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public async Task<AccountListing> ListAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ListPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var all = ActorQuestions.PutAsync<AccountsView>(registry.Get<AccountsActor>(), Diagnostics.GetState.Instance, both.Token);
        var asked = directory.All().OrderBy(a => a.Key.Value, StringComparer.Ordinal)
            .Select(a => (Id: a.Key, Question: ActorQuestions.PutAsync<AccountDetails>(a.Value, new ControlCommands.Describe(a.Key), both.Token))).ToArray();
        var accounts = new List<AccountDetails>(asked.Length);
        foreach (var (id, question) in asked)
        {
            var (details, isGone) = await question;
            if (!isGone)
            {
                accounts.Add(details ?? Silent(id));
            }
        }

        var (view, _) = await all;
        cancellation.ThrowIfCancellationRequested();
        return new AccountListing
        {
            Accounts = accounts,
            AuthDirectory = view?.AuthDirectory ?? string.Empty,
            DirectoryFault = view is null ? "the proxy is too busy to tell about its directory" : view.DirectoryFault,
            IgnoredFiles = view?.FilesByName ?? new Dictionary<string, string>(),
        };
    }

    /// <inheritdoc />
    public async Task<OrderOutcome> OrderAsync(AccountId account, AccountOrder order, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(order == AccountOrder.Remove ? RemovalPatience : OrderPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var outcome = await registry.Get<AccountsActor>().Ask<OrderOutcome>(new ControlCommands.GiveOrder(account, order), both.Token);
            await OnDiskAsync(account, order, both.Token);
            return outcome;
        }
        catch (Exception e) when (e is OperationCanceledException or AskTimeoutException && !cancellation.IsCancellationRequested)
        {
            return order == AccountOrder.Remove
                ? new OrderOutcome(OrderResult.Done, "takes no new requests; it is removed as soon as those in flight are done")
                : new OrderOutcome(OrderResult.Failed, $"gave no answer within {OrderPatience.TotalMinutes:0} min");
        }
    }

    // Who is told "paused" may pull the plug: it stays paused. Where the database is lost it counts for this run.
    private async Task OnDiskAsync(AccountId account, AccountOrder order, CancellationToken cancellation)
    {
        if (order is AccountOrder.Pause or AccountOrder.Resume or AccountOrder.Reset)
        {
            await saved(account).WaitAsync(SavePatience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static AccountDetails Silent(AccountId id) => new()
    {
        Account = new AccountView
        {
            Id = id.Value,
            Label = id.Value,
            Provider = id.Value[..id.Value.LastIndexOf('-')],
            Credential = "unknown",
            State = "no answer",
            Counters = new AccountCounters(),
        },
    };
}
