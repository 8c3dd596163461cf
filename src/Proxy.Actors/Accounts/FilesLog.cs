using Microsoft.Extensions.Logging;

namespace Proxy.Actors.Accounts;

/// <summary>
/// Says once which files of the auth directory are no accounts and why, and that the directory can't be read: a login
/// that does not show up must not be a riddle. Names of files hold addresses. Used by AccountsActor alone.
/// </summary>
internal sealed class FilesLog(ILogger log)
{
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private string? _fault;

    /// <summary>After a look: says what is new since the last one.</summary>
    public void Write(AccountFiles files)
    {
        if (files.Fault != _fault)
        {
            if (files.Fault is { } fault)
            {
                log.LogWarning("{Fault}; the accounts known so far go on", fault);
            }
            else
            {
                log.LogInformation("the auth directory can be read again");
            }

            _fault = files.Fault;
        }

        foreach (var (file, reason) in files.Ignored)
        {
            if (_told.GetValueOrDefault(file) != reason)
            {
                _told[file] = reason;
                log.LogInformation("{File} is no account: {Reason}", Shown(file), reason);
            }
        }

        if (_told.Count > files.Ignored.Count)
        {
            foreach (var gone in _told.Keys.Where(f => !files.Ignored.ContainsKey(f)).ToArray())
            {
                _told.Remove(gone);
            }
        }
    }

    private static string Shown(string file) => string.Concat(MaskedMail.In(file).Select(c => char.IsControl(c) ? '?' : c));
}
