using Akka.Actor;
using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>
/// The auth directory as AccountsActor sees it: looks at it off the actor's thread, and holds what it found. A file
/// that vanished or is torn is believed only when it still is at a second look: not every program replaces atomically.
/// Used by AccountsActor alone.
/// </summary>
internal sealed class AccountFiles : IDisposable
{
    private readonly IActorRef _owner;
    private readonly AuthDirectoryScanner _scanner;
    private readonly Dictionary<string, string> _suspects = new(StringComparer.Ordinal);
    private Dictionary<string, StoredFile> _accepted = new(StringComparer.Ordinal);
    private AuthDirectoryWatch _watch;
    private bool _isLooking;
    private bool _lookAgain;
    private long _epoch;

    public AccountFiles(ProxyConfiguration configuration, AccountServices services, IActorRef owner)
    {
        _owner = owner;
        Store = new CredentialStore(configuration.AuthDirectory, configuration.StateDirectory, services.Time) { Steps = services.FileSteps };
        Renewal = new TokenRenewal(Store, new TokenRefresher(services.Transport, services.Time), services.Time, new ProfileLookup(services.Transport, services.Time));
        _scanner = new AuthDirectoryScanner(Store, services.Time);
        _watch = new AuthDirectoryWatch(configuration.AuthDirectory, owner);
    }

    public CredentialStore Store { get; }

    public TokenRenewal Renewal { get; }

    public bool IsWatched => _watch.Fault is null;

    /// <summary>Why the directory could not be read last time.</summary>
    public string? Fault { get; private set; }

    /// <summary>It was looked at, with or without success.</summary>
    public bool HasLooked { get; private set; }

    /// <summary>Something must be looked at again soon.</summary>
    public bool HasSuspects => _suspects.Count > 0;

    /// <summary>Files that are no accounts, and why.</summary>
    public IReadOnlyDictionary<string, string> Ignored { get; private set; } = new Dictionary<string, string>();

    /// <summary>Looks, off the actor's thread; the owner is told <see cref="Looked"/>.</summary>
    public void Look()
    {
        if (_isLooking)
        {
            _lookAgain = true;
            return;
        }

        (_isLooking, _lookAgain) = (true, false);
        var epoch = _epoch;
        _ = Task.Run(_scanner.Look).PipeTo(_owner, _owner, success: look => new Looked(this, look, epoch), failure: e => new Looked(this, new DirectoryLook(null, e.GetType().Name), epoch));
    }

    /// <summary>Takes what a look gave.</summary>
    /// <returns>False when it was a look of another directory.</returns>
    public bool Accept(Looked looked)
    {
        if (!ReferenceEquals(looked.By, this))
        {
            return false;
        }

        _isLooking = false;
        HasLooked = true;
        Fault = looked.Look.Fault;
        _lookAgain |= looked.Epoch != _epoch;
        if (looked.Epoch == _epoch && looked.Look.Files is { } files)
        {
            // A directory that can't be read removes no account.
            Take(files);
        }

        if (_lookAgain)
        {
            Look();
        }

        if (!IsWatched && Fault is null)
        {
            _watch.Dispose();
            _watch = new AuthDirectoryWatch(Store.AuthDirectory, _owner); // the directory was made by the first look
        }

        return true;
    }

    /// <summary>The accounts that the files amount to, with the hash of each file.</summary>
    /// <param name="configuration">The configuration around them.</param>
    /// <param name="providerOf">The provider of the account that a file name had so far; null for none.</param>
    public IReadOnlyList<(AccountDefinition Definition, string? Hash)> Definitions(ProxyConfiguration configuration, Func<string, string?> providerOf)
    {
        var definitions = new List<(AccountDefinition, string?)>();
        var ignored = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var stored in _accepted.Values)
        {
            if (DefinitionOf(stored, configuration, providerOf) is { } definition)
            {
                definitions.Add((definition, stored.Hash));
            }
            else
            {
                ignored[stored.FileName] = WhyIgnored(stored);
            }
        }

        Ignored = ignored;
        return definitions;
    }

    /// <summary>The account that a file amounts to; null for none.</summary>
    public static AccountDefinition? DefinitionOf(StoredFile stored, ProxyConfiguration configuration, Func<string, string?> providerOf)
    {
        var provider = stored.Reading switch
        {
            AuthFileReading.Loaded { File: var file } => file.Provider,
            AuthFileReading.Faulty { Fault: AuthFileFault.Foreign } => null,
            AuthFileReading.Faulty faulty => faulty.Provider ?? providerOf(stored.FileName),
            _ => null,
        };
        return AuthFileReader.KindOf(provider) is { } kind ? AccountDefinition.OfFile(provider!, kind, stored.FileName, stored.Reading, configuration) : null;
    }

    /// <summary>Why a file is no account.</summary>
    public static string WhyIgnored(StoredFile stored) => (stored.Reading as AuthFileReading.Faulty)?.Reason ?? "is no account";

    /// <summary>An edit of ours left the file so. Looks that began before it have seen an older truth.</summary>
    public void Put(StoredFile file)
    {
        _epoch++;
        _suspects.Remove(file.FileName);
        if (file.Reading is AuthFileReading.Faulty { Fault: AuthFileFault.Missing })
        {
            _accepted.Remove(file.FileName);
        }
        else
        {
            _accepted[file.FileName] = file;
        }
    }

    public void Dispose() => _watch.Dispose();

    private void Take(IReadOnlyList<StoredFile> files)
    {
        var suspects = new Dictionary<string, string>(StringComparer.Ordinal);
        var accepted = new Dictionary<string, StoredFile>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var isDoubtful = file.Reading is AuthFileReading.Faulty { Fault: AuthFileFault.Torn or AuthFileFault.Empty or AuthFileFault.Unreadable };
            var old = _accepted.GetValueOrDefault(file.FileName);
            if (!isDoubtful || old?.Hash == file.Hash || _suspects.GetValueOrDefault(file.FileName) == file.Hash)
            {
                accepted[file.FileName] = file;
                continue;
            }

            suspects[file.FileName] = file.Hash;
            if (old is not null)
            {
                accepted[file.FileName] = old;
            }
        }

        foreach (var (name, old) in _accepted)
        {
            if (!accepted.ContainsKey(name) && !suspects.ContainsKey(name) && _suspects.GetValueOrDefault(name) != Vanished)
            {
                suspects[name] = Vanished;
                accepted[name] = old;
            }
        }

        _accepted = accepted;
        _suspects.Clear();
        foreach (var (name, hash) in suspects)
        {
            _suspects[name] = hash;
        }
    }

    private const string Vanished = "vanished";

    /// <summary>To the owner: what a look gave.</summary>
    internal sealed record Looked(AccountFiles By, DirectoryLook Look, long Epoch);
}
