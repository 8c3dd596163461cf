using Proxy.Actors.Outbound;

namespace Proxy.Actors.Credentials;

/// <summary>What to renew.</summary>
public sealed record RenewalRequest
{
    /// <summary>The account's id: names its lock and its journal.</summary>
    public required string AccountId { get; init; }

    /// <summary>The auth file.</summary>
    public required string FileName { get; init; }

    /// <summary>The pair that the caller uses now.</summary>
    public required TokenPair Known { get; init; }

    /// <summary>When its access token ends; null when not known.</summary>
    public DateTimeOffset? KnownExpires { get; init; }

    /// <summary>Fingerprints of pairs that the caller's own refreshes have replaced: one of them in the file is an older truth.</summary>
    public IReadOnlyCollection<string> Superseded { get; init; } = [];

    /// <summary>The token endpoint.</summary>
    public required TokenEndpoint Endpoint { get; init; }

    /// <summary>The way out.</summary>
    public OutboundRoute Route { get; init; } = OutboundRoute.Environment;

    /// <summary>The pair is of no use any more: renew it even if the answer can't be kept on disk.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>The token is another program's (<see cref="AuthFile.Link"/>): its file is read again, and nobody is asked.</summary>
    public bool IsLinked { get; init; }

    /// <summary>Only write what could not be written before.</summary>
    public bool SaveOnly { get; init; }
}

/// <summary>What a renewal ended with.</summary>
public abstract record RenewalOutcome
{
    private RenewalOutcome()
    {
    }

    /// <summary>There is a pair to use: a new one, or one that somebody else put into the file.</summary>
    /// <param name="File">The file with it.</param>
    /// <param name="CalledProvider">False when the pair was found.</param>
    /// <param name="NotSaved">Why it is not in the file; null when it is.</param>
    public sealed record Renewed(AuthFile File, bool CalledProvider, string? NotSaved = null) : RenewalOutcome;

    /// <summary>No refresh will help: a person must log in.</summary>
    public sealed record Refused(string Reason) : RenewalOutcome;

    /// <summary>Not now.</summary>
    public sealed record Temporary(string Reason, TimeSpan? RetryAfter = null) : RenewalOutcome;

    /// <summary>A linked account's other program has not renewed its token.</summary>
    public sealed record NotRenewed(string Reason) : RenewalOutcome;

    /// <summary>The answer is lost; the old token may be tried once more.</summary>
    public sealed record Lost(string Reason) : RenewalOutcome;

    /// <summary>The file can't be used.</summary>
    public sealed record Broken(AuthFileReading.Faulty Fault) : RenewalOutcome;
}

/// <summary>
/// One renewal of an account's pair, from lock to file, as one task that no actor's end interrupts (design: the file is
/// the truth):
/// <code>
/// lock ─ read file ─┬─ another pair than ours ──────────────────────────▶ Renewed (found: a second process, or the owner)
///                   └─ journal: "sent" ─ call ─┬─ new pair ─ write file ─ journal: done ─▶ Renewed
///                                              ├─ refused ─ read file again ──▶ Refused | Renewed (found)
///                                              ├─ not now ─ journal: not sent ▶ Temporary
///                                              └─ lost ─ journal stays ───────▶ Lost, the second time Refused
/// </code>
/// </summary>
public sealed class TokenRenewal(CredentialStore store, TokenRefresher refresher, TimeProvider time, ProfileLookup? profiles = null)
{
    /// <summary>Longest wait for another process that renews the same account.</summary>
    public static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(45);

    // The second call with a token whose answer was lost is the last (spec/faults.md, "OAuth and secrets").
    private const int MaxLost = 2;

    /// <summary>Renews. Never throws for what disks, networks and providers do.</summary>
    public async Task<RenewalOutcome> RenewAsync(RenewalRequest request, CancellationToken cancellation)
    {
        if (request.IsLinked)
        {
            return ReadAgain(request);
        }

        try
        {
            using var held = await store.LockAsync(request.AccountId, request.FileName, LockLimit, cancellation).ConfigureAwait(false);
            return held is null
                ? new RenewalOutcome.Temporary("another process holds the account's lock")
                : await RenewLockedAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RenewalOutcome.Temporary($"the state directory can't be used ({e.GetType().Name})");
        }
        catch (OperationCanceledException)
        {
            return new RenewalOutcome.Temporary("stopped");
        }
    }

    private RenewalOutcome ReadAgain(RenewalRequest request) => store.Read(request.FileName).Reading switch
    {
        AuthFileReading.Loaded { File: var file } when file.Tokens.Fingerprint != request.Known.Fingerprint => new RenewalOutcome.Renewed(file, CalledProvider: false),
        AuthFileReading.Loaded { File: var file } => new RenewalOutcome.NotRenewed($"{OtherPrograms.NameOf(file.Kind)} has not renewed its token: {OtherPrograms.Remedy(file.Kind)}"),
        AuthFileReading.Faulty faulty => new RenewalOutcome.Broken(faulty),
        var other => throw new InvalidOperationException($"no rule for {other.GetType().Name}"),
    };

    private async Task<RenewalOutcome> RenewLockedAsync(RenewalRequest request, CancellationToken cancellation)
    {
        var reading = store.Read(request.FileName).Reading;
        if (reading is not AuthFileReading.Loaded { File: var file })
        {
            return new RenewalOutcome.Broken((AuthFileReading.Faulty)reading);
        }

        var journal = store.ReadJournal(request.AccountId);
        var onDisk = file;
        if (Unsaved(request, journal, file) is { } unsaved)
        {
            // A write failed after an earlier refresh, or a crash cut it off (spec/faults.md 53, 54).
            var saved = Save(request.AccountId, journal, file, file, unsaved, isFound: true);
            if (!saved.IsOurs || request.SaveOnly || saved.File.Tokens.Fingerprint != request.Known.Fingerprint)
            {
                return new RenewalOutcome.Renewed(saved.File, CalledProvider: false, saved.Fault);
            }

            journal = store.ReadJournal(request.AccountId);
            file = saved.File;
            onDisk = saved.Fault is null ? file : onDisk;
        }
        else if (request.SaveOnly || file.Tokens.Fingerprint != request.Known.Fingerprint)
        {
            return new RenewalOutcome.Renewed(file, CalledProvider: false);
        }

        return file.Tokens.Refresh is null
            ? new RenewalOutcome.Refused("there is no refresh token")
            : await CallAsync(request, file, onDisk, journal, cancellation).ConfigureAwait(false);
    }

    private async Task<RenewalOutcome> CallAsync(RenewalRequest request, AuthFile file, AuthFile onDisk, RefreshJournal journal, CancellationToken cancellation)
    {
        var token = file.Tokens.RefreshFingerprint!;
        var lostBefore = journal.Open == token ? journal.Lost : 0;
        if (lostBefore >= MaxLost)
        {
            return new RenewalOutcome.Refused("the answers of two refreshes were lost");
        }

        var sent = journal with { Open = token, Since = time.GetUtcNow(), Lost = lostBefore + 1 };
        if (!TryJournal(request.AccountId, sent) && !request.IsUrgent)
        {
            return new RenewalOutcome.Temporary("the state directory can't be written, and the token still serves");
        }

        switch (await refresher.RefreshAsync(request.Endpoint, file.Tokens.Refresh!, request.Route, cancellation).ConfigureAwait(false))
        {
            case RefreshOutcome.Refreshed done:
                var saved = Save(request.AccountId, sent, onDisk, file, done.Tokens with { Refresh = done.Tokens.Refresh ?? file.Tokens.Refresh });
                var named = saved is { IsOurs: true, Fault: null } ? await NamedAsync(saved.File, request, cancellation).ConfigureAwait(false) : saved.File;
                return new RenewalOutcome.Renewed(named, CalledProvider: saved.IsOurs, saved.Fault);

            case RefreshOutcome.Revoked revoked:
                TryJournal(request.AccountId, sent with { Open = null, Since = null, Lost = 0 });
                // Another process may have been faster with the same token: then its pair is in the file.
                return store.Read(request.FileName).Reading is AuthFileReading.Loaded { File: var now } && now.Tokens.Fingerprint != onDisk.Tokens.Fingerprint
                    ? new RenewalOutcome.Renewed(now, CalledProvider: false)
                    : new RenewalOutcome.Refused($"the provider refuses the refresh token ({revoked.Code})");

            case RefreshOutcome.Temporary temporary:
                TryJournal(request.AccountId, lostBefore > 0 ? sent with { Lost = lostBefore } : sent with { Open = null, Since = null, Lost = 0 });
                return new RenewalOutcome.Temporary(temporary.Reason, temporary.RetryAfter);

            case RefreshOutcome.Lost lost when sent.Lost < MaxLost:
                return new RenewalOutcome.Lost(lost.Reason);

            case RefreshOutcome.Lost lost:
                return new RenewalOutcome.Refused($"the answers of two refreshes were lost; {lost.Reason}");

            case var other:
                throw new InvalidOperationException($"no rule for {other.GetType().Name}");
        }
    }

    // A login of which nobody knows whose it is gets its name where nobody waits for its token. The pair is on disk by then.
    private Task<AuthFile> NamedAsync(AuthFile file, RenewalRequest request, CancellationToken cancellation) =>
        profiles is null || request.IsUrgent ? Task.FromResult(file) : LoginNaming.NameAsync(file, request.Endpoint.ProfileUrl, request.Route, store, profiles, cancellation);

    // The newest pair that is not in the file. Each copy on disk names the pair that it follows: the chain ends at the
    // newest. A copy in the journal was made after one in a temporary file.
    private RefreshedTokens? Unsaved(RenewalRequest request, RefreshJournal journal, AuthFile file)
    {
        RefreshedTokens? newest = null;
        var fingerprint = file.Tokens.Fingerprint;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Add(fingerprint) && ((journal.PendingFor == fingerprint ? journal.Pending : null) ?? AsTokens(store.Unfinished(file.FileName, fingerprint))) is { } next)
        {
            newest = next;
            fingerprint = TokenFingerprint.Of(next.Access, next.Refresh);
        }

        return request.Known.Access is { } access && request.Superseded.Contains(fingerprint)
            ? new RefreshedTokens { Access = access, Refresh = request.Known.Refresh, Expires = request.KnownExpires }
            : newest;
    }

    private static RefreshedTokens? AsTokens(AuthFile? file) =>
        file?.Tokens.Access is { } access ? new RefreshedTokens { Access = access, Refresh = file.Tokens.Refresh, Expires = file.Expires, ChatGptAccountId = file.ChatGptAccountId, IdToken = file.IdToken } : null;

    private AuthFile Merge(AuthFile file, RefreshedTokens tokens) =>
        AuthFileWriter.WithRefreshed(file, tokens, time.GetUtcNow()) is { } content
            ? (AuthFileReader.Read(file.FileName, content) as AuthFileReading.Loaded)?.File ?? file with { Tokens = new TokenPair(tokens.Access, tokens.Refresh), Expires = tokens.Expires, Raw = content }
            : file;

    // Puts the pair into the file. Where that fails it goes to the journal, and the next renewal tries again.
    private Saved Save(string accountId, RefreshJournal journal, AuthFile onDisk, AuthFile replaced, RefreshedTokens tokens, bool isFound = false)
    {
        var done = journal with
        {
            Open = null,
            Since = null,
            Lost = 0,
            Pending = null,
            PendingFor = null,
            Previous = new PreviousTokens(replaced.Tokens.Access, replaced.Tokens.Refresh, time.GetUtcNow()),
        };
        var merged = Merge(onDisk, tokens);
        try
        {
            // The owner may have logged in anew, or edited a label, while the provider was asked: what is there now is
            // kept, and only a file that still holds the pair that was replaced is given the new one.
            var now = (store.Read(onDisk.FileName).Reading as AuthFileReading.Loaded)?.File;
            if (now is not null && now.Tokens.Fingerprint != onDisk.Tokens.Fingerprint)
            {
                TryJournal(accountId, done);
                store.RemoveUnfinished(onDisk.FileName);
                return new Saved(now, IsOurs: false, null);
            }

            merged = now is null ? merged : Merge(now, tokens);
            if (!store.Replace(onDisk.FileName, merged.Raw.Span, isFound ? CredentialStore.Copy : replaced.Tokens.Fingerprint))
            {
                return new Saved(merged, IsOurs: true, "its file is gone");
            }

            TryJournal(accountId, done);
            store.RemoveUnfinished(onDisk.FileName);
            return new Saved(merged, IsOurs: true, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryJournal(accountId, done with { Pending = tokens, PendingFor = onDisk.Tokens.Fingerprint });
            return new Saved(merged, IsOurs: true, $"its file can't be written ({e.GetType().Name})");
        }
    }

    private bool TryJournal(string accountId, RefreshJournal journal)
    {
        try
        {
            store.WriteJournal(accountId, journal);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // the caller decides: the journal helps after a crash, it is not the truth
        }
    }

    private readonly record struct Saved(AuthFile File, bool IsOurs, string? Fault);
}
