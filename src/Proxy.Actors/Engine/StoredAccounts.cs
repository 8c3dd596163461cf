using System.Security.Cryptography.X509Certificates;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Ledger;
using Proxy.Actors.Outbound;
using Proxy.Protocol.Models;

namespace Proxy.Actors.Engine;

/// <summary>
/// The accounts of a configuration while no proxy runs (or none that can be asked): auth files, under each account's
/// lock, and the saved state, under the lock of the state directory.
/// </summary>
public sealed class StoredAccounts : IAccountControl, IDisposable
{
    private readonly ProxyConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly ModelCatalogue _catalogue;
    private readonly CredentialStore _store;
    private readonly LedgerDatabase _database;
    private readonly OutboundFactory _outbound;
    private readonly TokenRenewal _renewal;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="configuration">Whose accounts.</param>
    /// <param name="time">The one clock.</param>
    /// <param name="alsoTrusted">A certificate to trust beside the system's; null for none.</param>
    public StoredAccounts(ProxyConfiguration configuration, TimeProvider time, X509Certificate2? alsoTrusted = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        (_configuration, _time, _catalogue) = (configuration, time, ModelCatalogue.Default);
        _store = new CredentialStore(configuration.AuthDirectory, configuration.StateDirectory, time);
        _database = new LedgerDatabase(configuration.StateDirectory);
        _outbound = new OutboundFactory(time, configuration.Relay.Connect, alsoTrusted);
        var transport = new InvokerTokenTransport(_outbound.For);
        _renewal = new TokenRenewal(_store, new TokenRefresher(transport, time), time, new ProfileLookup(transport, time));
    }

    /// <inheritdoc />
    public Task<AccountListing> ListAsync(CancellationToken cancellation) => Task.Run(() => Listing(_time.GetUtcNow()), cancellation);

    /// <inheritdoc />
    public Task<OrderOutcome> OrderAsync(AccountId account, AccountOrder order, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            var (definitions, _, fault) = Definitions();
            return definitions.FirstOrDefault(d => d.Id == account) is { } definition ? await OrderAsync(definition, order, cancellation).ConfigureAwait(false)
                : fault is null ? OrderOutcome.NotFound
                : new OrderOutcome(OrderResult.Failed, fault);
        },
        cancellation);

    /// <inheritdoc />
    public void Dispose() => _outbound.Dispose();

    private async Task<OrderOutcome> OrderAsync(AccountDefinition definition, AccountOrder order, CancellationToken cancellation)
    {
        var edits = new AuthFileEdits(_store);
        switch (order)
        {
            case AccountOrder.Pause or AccountOrder.Resume when definition.FileName is { } file:
                var isPaused = order == AccountOrder.Pause;
                return FileOrderWords.Switched(await edits.SetDisabledAsync(definition.Id.Value, file, isPaused, cancellation).ConfigureAwait(false), isPaused);

            case AccountOrder.Remove when definition.FileName is { } file:
                var pair = definition.Reading is AuthFileReading.Loaded { File: { Link: null } login } ? login.Tokens.Fingerprint : null;
                return FileOrderWords.Deleted(await edits.DeleteAsync(definition.Id.Value, file, pair, cancellation).ConfigureAwait(false), file);

            case AccountOrder.Remove:
                return FileOrderWords.IsEntry(definition.Entry!);
        }

        var state = StateOf(definition, Saved(), _time.GetUtcNow());
        var decision = OrderRules.Decide(state, order, _time.GetUtcNow());
        if (decision.Answer is null)
        {
            var outcome = await _renewal.RenewAsync(state.ToRenewal(_time.GetUtcNow(), saveOnly: false), cancellation).ConfigureAwait(false);
            return OrderRules.AnswerTo(outcome, (outcome as RenewalOutcome.Renewed)?.File.Expires);
        }

        return decision.Change is { } change ? Save(definition, change, decision.Answer) : decision.Answer;
    }

    // The running proxy holds this state in memory and would write over ours.
    private OrderOutcome Save(AccountDefinition definition, AccountChange change, OrderOutcome answer)
    {
        try
        {
            using var held = StateDirectoryLock.Take(_configuration.StateDirectory);
            var now = _time.GetUtcNow();
            var saved = _database.Open();
            var next = StateOf(definition, saved, now).Apply(change);
            _database.Write([], [KeyValuePair.Create(definition.Id, AccountStateJson.Write(next))], now);
            return answer;
        }
        catch (EngineStartException)
        {
            return new OrderOutcome(OrderResult.Refused, $"a proxy runs on {_configuration.StateDirectory} that can't be asked: its control socket is not there. Stop it first");
        }
        catch (NewerLedgerException e)
        {
            return new OrderOutcome(OrderResult.Failed, e.Message);
        }
        catch (SqliteException e)
        {
            return new OrderOutcome(OrderResult.Failed, $"the state in {_configuration.StateDirectory} can't be written (SQLite error {e.SqliteErrorCode})");
        }
    }

    private AccountListing Listing(DateTimeOffset now)
    {
        var (definitions, ignored, fault) = Definitions();
        var saved = Saved();
        return new AccountListing
        {
            Accounts = [.. definitions.Select(d => AccountDetails.Of(d, AccountViews.Of(StateOf(d, saved, now), 0, now)))],
            AuthDirectory = _configuration.AuthDirectory,
            DirectoryFault = fault,
            IgnoredFiles = ignored,
        };
    }

    private (IReadOnlyList<AccountDefinition> Definitions, IReadOnlyDictionary<string, string> Ignored, string? Fault) Definitions()
    {
        var look = new AuthDirectoryScanner(_store, _time).Look();
        var definitions = new List<AccountDefinition>();
        var ignored = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var stored in look.Files ?? [])
        {
            if (AccountFiles.DefinitionOf(stored, _configuration, static _ => null) is { } definition)
            {
                definitions.Add(definition);
            }
            else
            {
                ignored[stored.FileName] = AccountFiles.WhyIgnored(stored);
            }
        }

        definitions.AddRange(_configuration.ApiKeyAccounts.Select(e => AccountDefinition.OfEntry(e, _configuration)));
        return ([.. definitions.OrderBy(d => d.Id.Value, StringComparer.Ordinal)], ignored, look.Fault);
    }

    private AccountState StateOf(AccountDefinition definition, Dictionary<AccountId, string> saved, DateTimeOffset now) =>
        AccountStateJson.Recall(AccountState.From(AccountChange.Defined.By(definition, _catalogue, now, 0)), saved.GetValueOrDefault(definition.Id));

    private Dictionary<AccountId, string> Saved()
    {
        try
        {
            return _database.IsThere ? _database.ReadStates() : [];
        }
        catch (SqliteException)
        {
            return []; // readings are hints: without them the list still tells what the files hold
        }
    }
}
