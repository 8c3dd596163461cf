using System.Security.Cryptography;

namespace Proxy.Actors.Credentials;

/// <summary>
/// A linked account: an auth file of ours without tokens (<c>"type":"claude-link"</c>, <c>"link":"/…/.credentials.json"</c>)
/// that names the file of the provider's own program. That file is read whenever the account needs its token, and never
/// written; the refresh token in it is not even kept, for it is the other program's to use. CLIProxyAPI knows no such
/// type and lets the file be.
/// </summary>
internal static class LinkedFile
{
    /// <summary>Ends the <c>type</c> of a linked file.</summary>
    public const string TypeEnding = "-link";

    /// <summary>Our file with the token of the one that it is linked to. Blocking I/O.</summary>
    public static StoredFile Resolve(AuthFile file, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(content);
        var reading = OtherProgramFile.Read(file.Link!, file.Kind, out var linked);
        hash.AppendData(linked);
        var program = OtherPrograms.NameOf(file.Kind);
        AuthFileReading resolved = reading switch
        {
            OtherProgramReading.Loaded { Login: var login } => new AuthFileReading.Loaded(file with
            {
                Tokens = new TokenPair(login.Tokens.Access, null),
                Expires = login.Expires,
                LastRefresh = login.LastRefresh,
                Email = file.Email ?? login.Email,
                Plan = file.Plan ?? login.Plan,
                ChatGptAccountId = login.ChatGptAccountId,
            }),

            // Missing is what our own file may be: then there is no account.
            OtherProgramReading.Faulty { Fault: AuthFileFault.Missing } => new AuthFileReading.Faulty(AuthFileFault.Unreadable, $"{program} has no login any more where it was linked: log in to {program} again", file.Provider),
            OtherProgramReading.Faulty faulty => new AuthFileReading.Faulty(faulty.Fault == AuthFileFault.Foreign ? AuthFileFault.NoToken : faulty.Fault, $"the linked file of {program}: {faulty.Reason}", file.Provider),
            _ => throw new InvalidOperationException($"no rule for {reading.GetType().Name}"),
        };
        return new StoredFile(file.FileName, resolved, Convert.ToHexStringLower(hash.GetHashAndReset())) { LinkedTo = file.Link };
    }
}
