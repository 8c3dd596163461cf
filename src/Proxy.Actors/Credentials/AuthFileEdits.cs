using System.Text.Json.Nodes;

namespace Proxy.Actors.Credentials;

/// <summary>What an edit of an auth file gave.</summary>
/// <param name="File">The file as it is now.</param>
/// <param name="Fault">Why it was not done; null when it was (or nothing was to do).</param>
/// <param name="Changed">False when the file was so already.</param>
public sealed record AuthFileEdit(StoredFile File, string? Fault, bool Changed);

/// <summary>
/// What an owner orders about an auth file: switch the account off and on, delete it. Under the account's lock, so that
/// a refresh is neither overwritten nor cut off. Blocking I/O, on tasks of the callers.
/// </summary>
public sealed class AuthFileEdits(CredentialStore store)
{
    private const string IsBusy = "another process holds the account's lock; try again";

    /// <summary>Writes <c>disabled</c> into the file (the field of CLIProxyAPI); all else keeps its value.</summary>
    public Task<AuthFileEdit> SetDisabledAsync(string accountId, string fileName, bool isDisabled, CancellationToken cancellation) =>
        LockedAsync(accountId, fileName, cancellation, before =>
        {
            if (before.Reading is not AuthFileReading.Loaded { File: var file })
            {
                return new AuthFileEdit(before, ((AuthFileReading.Faulty)before.Reading).Reason, Changed: false);
            }

            if (file.IsDisabled == isDisabled)
            {
                return new AuthFileEdit(before, null, Changed: false);
            }

            return store.Replace(fileName, WithDisabled(file.Raw.Span, isDisabled))
                ? new AuthFileEdit(store.Read(fileName), null, Changed: true)
                : new AuthFileEdit(store.Read(fileName), "the file is gone", Changed: false);
        });

    /// <summary>Deletes the file, and what the state directory holds of its tokens.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="fileName">Its file.</param>
    /// <param name="knownPair">Fingerprint of the pair that is to go; null for whichever. Another one in the file is a new login, which stays.</param>
    /// <param name="cancellation">Ends the wait for the lock.</param>
    public Task<AuthFileEdit> DeleteAsync(string accountId, string fileName, string? knownPair, CancellationToken cancellation) =>
        LockedAsync(accountId, fileName, cancellation, before =>
        {
            if (before.Reading is AuthFileReading.Loaded { File.Tokens.Fingerprint: var pair } && knownPair is not null && pair != knownPair)
            {
                return new AuthFileEdit(before, "its file holds another login by now, which is kept", Changed: false);
            }

            store.Delete(accountId, fileName);
            return new AuthFileEdit(store.Read(fileName), null, before.Reading is not AuthFileReading.Faulty { Fault: AuthFileFault.Missing });
        });

    private static byte[] WithDisabled(ReadOnlySpan<byte> raw, bool isDisabled)
    {
        using var document = AuthFileJson.Parse(raw);
        var root = AuthFileJson.Copy(document.RootElement)!.AsObject();
        root["disabled"] = JsonValue.Create(isDisabled);
        return AuthFileJson.ToBytes(root);
    }

    private async Task<AuthFileEdit> LockedAsync(string accountId, string fileName, CancellationToken cancellation, Func<StoredFile, AuthFileEdit> edit)
    {
        try
        {
            using var held = await store.LockAsync(accountId, fileName, TokenRenewal.LockLimit, cancellation).ConfigureAwait(false);
            var before = store.Read(fileName);
            return held is null ? new AuthFileEdit(before, IsBusy, Changed: false) : edit(before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new AuthFileEdit(store.Read(fileName), $"the file can't be changed ({e.GetType().Name})", Changed: false);
        }
    }
}
