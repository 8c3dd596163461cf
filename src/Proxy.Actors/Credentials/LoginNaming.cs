using Proxy.Actors.Outbound;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>
/// Puts a name to a Claude login that has none: its profile could not be looked up when it was made, or another program
/// made it. One look per refresh; that it fails is no trouble (spec/accounts.md 1.3 [B]). Under the account's lock.
/// </summary>
internal static class LoginNaming
{
    /// <summary>The file with its name; as it was when there is one already, or none to be had.</summary>
    public static async Task<AuthFile> NameAsync(AuthFile file, Uri? profileUrl, OutboundRoute route, CredentialStore store, ProfileLookup profiles, CancellationToken cancellation)
    {
        if (file is not { Kind: UpstreamKind.Claude, Email: null, Link: null, Tokens.Access: { } access } || profileUrl is null
            || (await profiles.LookAsync(profileUrl, access, route, cancellation).ConfigureAwait(false)).Profile is not { } profile)
        {
            return file;
        }

        try
        {
            // The owner may have edited it meanwhile; a pair of somebody else's is not ours to name.
            if (store.Read(file.FileName).Reading is not AuthFileReading.Loaded { File: var now } || now.Tokens.Fingerprint != file.Tokens.Fingerprint)
            {
                return file;
            }

            using var document = AuthFileJson.Parse(now.Raw.Span);
            var root = AuthFileJson.Copy(document.RootElement)!.AsObject();
            AuthFileWriter.SetProfile(root, now.Kind, profile);
            store.Replace(now.FileName, AuthFileJson.ToBytes(root));
            return (store.Read(now.FileName).Reading as AuthFileReading.Loaded)?.File ?? file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return file; // a name is not worth a failed refresh
        }
    }
}
