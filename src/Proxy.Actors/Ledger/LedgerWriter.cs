using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Ledger;

/// <summary>
/// Drains the queue into SQLite on a task of its own. A database that is lost or refuses costs rows, counted and said
/// in the log, and never more than that.
/// </summary>
internal sealed partial class LedgerWriter(LedgerQueue queue, LedgerDatabase database, TimeProvider time, ILogger<LedgerWriter> log)
{
    /// <summary>Rows gather this long before they are written (docs/architecture.md, "Actors").</summary>
    public static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(250);

    /// <summary>One account's state is written at most this often.</summary>
    public static readonly TimeSpan StateInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);
    private readonly Dictionary<AccountId, DateTimeOffset> _stateWritten = [];
    private DateTimeOffset _forgot = time.GetUtcNow();
    private DateTimeOffset? _complained;
    private bool _isOpen;
    private long _written;
    private long _lost;

    /// <summary>Rows written.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Rows that the database did not take.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Opens the database and fills the queue's account states. A damaged file is set aside and a new one begun.</summary>
    public void Open()
    {
        try
        {
            queue.Fill(database.Open(time.GetUtcNow()));
            _isOpen = true;
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is 11 or 26)
        {
            OpenAnew(damaged);
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            NotOpened(log, refused);
        }
    }

    /// <summary>Writes until the queue is complete and empty.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            if (!queue.HasDirtyStates && queue.WaitingRows == 0)
            {
                await queue.WaitAsync();
            }

            if (!queue.IsComplete)
            {
                await queue.WaitForBatchAsync(BatchTime, time);
            }

            var isLast = queue.IsComplete;
            var now = time.GetUtcNow();
            Write(queue.TakeRows(), queue.TakeStates(a => isLast || !(_stateWritten.GetValueOrDefault(a) + StateInterval > now)), now, isLast);
            if (isLast && queue.WaitingRows == 0 && !queue.HasDirtyStates)
            {
                return;
            }
        }
    }

    // SQLite, its native library, Dapper, the disk: whatever is wrong there costs rows, never the proxy.
    private static bool IsOfTheDatabase(Exception exception) => exception is not OutOfMemoryException;

    private void OpenAnew(SqliteException damaged)
    {
        try
        {
            SetAside(log, database.SetAside(time.GetUtcNow()), damaged.Message);
            queue.Fill(database.Open(time.GetUtcNow()));
            _isOpen = true;
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            NotOpened(log, refused);
        }
    }

    private void Write(List<UsageRow> rows, List<KeyValuePair<AccountId, string>> states, DateTimeOffset now, bool isLast)
    {
        if (rows.Count + states.Count == 0)
        {
            return;
        }

        foreach (var (account, _) in states)
        {
            _stateWritten[account] = now;
        }

        try
        {
            if (!_isOpen || !database.IsThere)
            {
                queue.Fill(database.Open(now)); // it could not be opened at the start, or was deleted since
                _isOpen = true;
            }

            var forgets = now - _forgot >= ForgetInterval;
            database.Write(rows, states, now, forgets);
            _forgot = forgets ? now : _forgot;
            Interlocked.Add(ref _written, rows.Count);
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            Interlocked.Add(ref _lost, rows.Count);
            if (!isLast)
            {
                queue.GiveBack(states);
            }

            if (!(_complained + ComplaintInterval > now))
            {
                _complained = now;
                NotWritten(log, rows.Count, refused);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger was damaged and is set aside as {Path}: {Reason}")]
    private static partial void SetAside(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger can't be opened; usage and quota readings of this run may not be kept")]
    private static partial void NotOpened(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger did not take {Rows} rows")]
    private static partial void NotWritten(ILogger logger, int rows, Exception exception);
}
