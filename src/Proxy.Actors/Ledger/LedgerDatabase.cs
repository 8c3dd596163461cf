using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;

namespace Proxy.Actors.Ledger;

/// <summary>The SQLite file of the ledger. Blocking; used by one task at a time.</summary>
internal sealed class LedgerDatabase
{
    /// <summary>The file's name in the state directory.</summary>
    public const string FileName = "ledger.db";

    private const string UpsertState = """
        INSERT INTO account_states VALUES (@Account, @Json, @Saved)
            ON CONFLICT (account) DO UPDATE SET json = excluded.json, saved = excluded.saved
        """;

    private const string UpsertAccount = """
        INSERT INTO accounts VALUES (@Account, @Label, @Provider)
            ON CONFLICT (account) DO UPDATE SET label = excluded.label, provider = excluded.provider
        """;

    private readonly string _connectionString;
    private readonly string _path;
    private readonly Dictionary<AccountId, string> _labels = [];
    private byte[] _salt = [];
    private long _pageSize = 4096;

    /// <summary>Names the file; nothing is opened yet.</summary>
    public LedgerDatabase(string stateDirectory)
    {
        _path = Path.Combine(stateDirectory, FileName);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _path, DefaultTimeout = 5 }.ToString();
    }

    /// <summary>False when its file was deleted, or never made.</summary>
    public bool IsThere => File.Exists(_path);

    /// <summary>Bytes on the disk, of the file and what was written ahead of it.</summary>
    public long Size => Length(_path) + Length(_path + "-wal");

    /// <summary>The largest that the file may get; beyond it SQLite says that it is full.</summary>
    public long MaxSize { get; set; } = long.MaxValue;

    /// <summary>It is <see cref="MaxSize"/> that there is no more room in, not the disk.</summary>
    public bool IsAtItsLimit
    {
        get
        {
            using var connection = Connect();
            var most = connection.ExecuteScalar<long>("PRAGMA max_page_count");
            return most - connection.ExecuteScalar<long>("PRAGMA page_count") <= Math.Max(64, most / 16); // the batch that did not fit is not counted any more
        }
    }

    /// <summary>Makes the tables where they are missing or old, and reads the account states.</summary>
    /// <exception cref="SqliteException">The file is damaged, locked or not writable.</exception>
    /// <exception cref="NewerLedgerException">A newer program made it.</exception>
    public Dictionary<AccountId, string> Open()
    {
        SqliteConnection.ClearPool(new SqliteConnection(_connectionString)); // one that is open may belong to a file that was deleted
        MakePrivate();
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        LedgerSchema.Prepare(connection);
        _salt = connection.ExecuteScalar<byte[]>("SELECT value FROM meta WHERE name = 'salt'") ?? [];
        _pageSize = connection.ExecuteScalar<long>("PRAGMA page_size");
        _labels.Clear();
        return StatesOf(connection);
    }

    /// <summary>The saved states alone; makes and changes nothing.</summary>
    /// <exception cref="SqliteException">The file is damaged or no ledger.</exception>
    public Dictionary<AccountId, string> ReadStates()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return StatesOf(connection);
    }

    /// <summary>Moves a damaged file out of the way; its content may still be of use to a person.</summary>
    /// <returns>Where it is now.</returns>
    public string SetAside(DateTimeOffset now)
    {
        SqliteConnection.ClearAllPools();
        var aside = $"{_path}.damaged-{now:yyyyMMddHHmmss}";
        File.Move(_path, aside, overwrite: true);
        File.Delete(_path + "-wal");
        File.Delete(_path + "-shm");
        return aside;
    }

    /// <summary>Writes one batch in one transaction.</summary>
    /// <exception cref="SqliteException">Nothing of the batch was written.</exception>
    public void Write(IReadOnlyList<UsageRow> rows, IReadOnlyCollection<KeyValuePair<AccountId, string>> states, DateTimeOffset now)
    {
        using var connection = Connect();
        using var transaction = connection.BeginTransaction();
        using (var insert = new AttemptInsert(transaction, _salt))
        {
            foreach (var row in rows)
            {
                insert.Write(row);
            }
        }

        foreach (var row in NewLabels(rows))
        {
            connection.Execute(UpsertAccount, new { Account = row.Account.Value, row.Label, row.Provider }, transaction);
        }

        connection.Execute(UpsertState, states.Select(s => new { Account = s.Key.Value, Json = s.Value, Saved = now.ToUnixTimeMilliseconds() }), transaction);
        transaction.Commit();
        foreach (var row in rows)
        {
            _labels[row.Account] = row.Label;
        }
    }

    /// <summary>Forgets the oldest attempts, of those before <paramref name="before"/>, and gives their pages back: a little at a time, rows that wait are not kept waiting.</summary>
    /// <returns>How many; less than <paramref name="most"/> when no more are left.</returns>
    public int Forget(DateTimeOffset before, int most)
    {
        using var connection = Connect();
        var forgotten = connection.Execute(
            "DELETE FROM attempts WHERE rowid IN (SELECT rowid FROM attempts WHERE time < @Before ORDER BY time LIMIT @Most)",
            new { Before = before.ToUnixTimeMilliseconds(), Most = most });
        GivePagesBack(connection);
        return forgotten;
    }

    private static Dictionary<AccountId, string> StatesOf(SqliteConnection connection) =>
        connection.Query<(string Account, string Json)>("SELECT account, json FROM account_states").ToDictionary(s => new AccountId(s.Account), s => s.Json);

    /// <summary>Each step of the statement gives one page back; a passive checkpoint then shortens the file, and waits for nobody.</summary>
    private static void GivePagesBack(SqliteConnection connection)
    {
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA incremental_vacuum(1000)";
            using var pages = command.ExecuteReader();
            while (pages.Read())
            {
            }
        }

        connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private List<UsageRow> NewLabels(IReadOnlyList<UsageRow> rows)
    {
        var fresh = new List<UsageRow>();
        foreach (var row in rows)
        {
            if (row.Label.Length > 0 && _labels.GetValueOrDefault(row.Account) != row.Label && fresh.TrueForAll(f => f.Account != row.Account))
            {
                fresh.Add(row);
            }
        }

        return fresh;
    }

    /// <summary>SQLite gives its side files the mode of the main one.</summary>
    private void MakePrivate()
    {
        if (!IsThere)
        {
            File.Delete(_path + "-wal");
            File.Delete(_path + "-shm");
        }

        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (new FileStream(_path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = OwnerOnly }))
            {
                File.SetUnixFileMode(_path, OwnerOnly);
            }
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute($"PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = {4 << 20}; PRAGMA max_page_count = {Math.Clamp(MaxSize / _pageSize, 16, uint.MaxValue - 1)}");
        return connection;
    }
}
