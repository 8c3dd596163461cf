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

    /// <summary>So many old rows are forgotten between two batches.</summary>
    public const int ForgottenAtOnce = 2000;

    private static readonly TimeSpan ForgetInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);
    private readonly Dictionary<AccountId, DateTimeOffset> _stateWritten = [];
    private DateTimeOffset? _forgot;
    private DateTimeOffset? _complained;
    private bool _isOpen;
    private long _written;
    private long _lost;
    private long _size;
    private volatile LedgerTrouble? _trouble;

    /// <summary>Rows written.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Rows that the database did not take.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Bytes of the file after the last batch.</summary>
    public long FileSize => Interlocked.Read(ref _size);

    /// <summary>The last thing that went wrong; null when nothing did.</summary>
    public LedgerTrouble? LastTrouble => _trouble;

    /// <summary>Opens the database and fills the queue's account states. A damaged file is set aside and a new one begun.</summary>
    public void Open()
    {
        try
        {
            OpenDatabase();
        }
        catch (SqliteException damaged) when (damaged.SqliteErrorCode is SqliteCodes.Corrupt or SqliteCodes.NotADatabase)
        {
            OpenAnew(damaged);
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            NotOpened(log, Note(refused), refused);
        }
    }

    /// <summary>Writes until the queue is complete and empty.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            var forgets = IsForgettingDue(time.GetUtcNow());
            if (!queue.HasDirtyStates && queue.WaitingRows == 0 && !forgets)
            {
                await queue.WaitAsync();
            }

            if (!queue.IsComplete && !forgets)
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

            if (IsForgettingDue(now))
            {
                Forget(now);
            }
        }
    }

    // SQLite, its native library, Dapper, the disk: whatever is wrong there costs rows, never the proxy.
    private static bool IsOfTheDatabase(Exception exception) => exception is not OutOfMemoryException;

    private void OpenAnew(SqliteException damaged)
    {
        try
        {
            SetAside(log, database.SetAside(time.GetUtcNow()), Note(damaged));
            OpenDatabase();
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            NotOpened(log, Note(refused), refused);
        }
    }

    private void OpenDatabase()
    {
        queue.Fill(database.Open());
        _isOpen = true;
        Interlocked.Exchange(ref _size, database.Size);
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
                OpenDatabase(); // it could not be opened at the start, or was deleted since
            }

            database.MaxSize = queue.Options.MaxSize;
            WriteOrMakeRoom(rows, states, now);
            queue.Written(states);
            Interlocked.Add(ref _written, rows.Count);
            Interlocked.Exchange(ref _size, database.Size);
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            Interlocked.Add(ref _lost, rows.Count);
            var reason = Note(refused);
            if (!isLast)
            {
                queue.GiveBack(states);
            }

            if (!(_complained + ComplaintInterval > now))
            {
                _complained = now;
                NotWritten(log, rows.Count, reason, refused);
            }
        }
    }

    /// <summary>In a full file what is oldest gives way. A full disk is not the ledger's to clear: rows are lost until there is room.</summary>
    private void WriteOrMakeRoom(List<UsageRow> rows, List<KeyValuePair<AccountId, string>> states, DateTimeOffset now)
    {
        try
        {
            database.Write(rows, states, now);
        }
        catch (SqliteException full) when (full.SqliteErrorCode == SqliteCodes.Full && database.IsAtItsLimit)
        {
            database.Forget(DateTimeOffset.MaxValue, ForgottenAtOnce);
            database.Write(rows, states, now);
        }
    }

    private bool IsForgettingDue(DateTimeOffset now) =>
        _isOpen && !queue.IsComplete && queue.Options.Retention > TimeSpan.Zero && !(_forgot + ForgetInterval > now);

    private void Forget(DateTimeOffset now)
    {
        try
        {
            var isDone = database.Forget(now - queue.Options.Retention, ForgottenAtOnce) < ForgottenAtOnce;
            _forgot = isDone ? now : _forgot;
            Interlocked.Exchange(ref _size, database.Size);
        }
        catch (Exception refused) when (IsOfTheDatabase(refused))
        {
            _forgot = now; // tomorrow again
            Note(refused);
        }
    }

    /// <summary>For the debug endpoint. SQLite's messages and those of the file system name files, never content.</summary>
    private string Note(Exception trouble)
    {
        var reason = trouble is SqliteException sqlite ? $"{sqlite.Message} ({sqlite.SqliteErrorCode})" : trouble.Message;
        _trouble = new LedgerTrouble(time.GetUtcNow(), reason);
        return reason;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger was damaged and is set aside as {Path}: {Reason}")]
    private static partial void SetAside(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger can't be opened; usage and quota readings of this run may not be kept: {Reason}")]
    private static partial void NotOpened(ILogger logger, string reason, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The usage ledger did not take {Rows} rows. The proxy goes on without them: {Reason}")]
    private static partial void NotWritten(ILogger logger, int rows, string reason, Exception exception);
}

/// <summary>What went wrong with the ledger, and when.</summary>
/// <param name="At">When.</param>
/// <param name="Reason">SQLite's or the system's words.</param>
public sealed record LedgerTrouble(DateTimeOffset At, string Reason);
