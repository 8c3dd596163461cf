using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Ledger;

/// <summary>The SQLite file of the ledger. Blocking; used by one task at a time.</summary>
internal sealed class LedgerDatabase
{
    private const int SchemaVersion = 1;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS attempts (
            time INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL,
            client_dialect TEXT NOT NULL, upstream_dialect TEXT NOT NULL, status INTEGER, failure TEXT,
            input_uncached INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER, reasoning INTEGER,
            first_byte_ms INTEGER, total_ms INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS attempts_time ON attempts (time);
        CREATE TABLE IF NOT EXISTS account_states (account TEXT PRIMARY KEY, json TEXT NOT NULL, saved INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private const string InsertAttempt = """
        INSERT INTO attempts VALUES (@time, @request, @attempt, @account, @model, @client_dialect, @upstream_dialect, @status, @failure,
            @input_uncached, @cache_read, @cache_write, @output, @reasoning, @first_byte_ms, @total_ms)
        """;

    private static readonly string[] AttemptColumns =
    [
        "@time", "@request", "@attempt", "@account", "@model", "@client_dialect", "@upstream_dialect", "@status", "@failure",
        "@input_uncached", "@cache_read", "@cache_write", "@output", "@reasoning", "@first_byte_ms", "@total_ms",
    ];

    private const string UpsertState = """
        INSERT INTO account_states VALUES (@Account, @Json, @Saved)
            ON CONFLICT (account) DO UPDATE SET json = excluded.json, saved = excluded.saved
        """;

    /// <summary>How long attempts are kept.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromDays(90);

    private readonly string _connectionString;
    private readonly string _path;

    /// <summary>Names the file; nothing is opened yet.</summary>
    public LedgerDatabase(string stateDirectory)
    {
        _path = Path.Combine(stateDirectory, "ledger.db");
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _path, DefaultTimeout = 5 }.ToString();
    }

    /// <summary>False when its file was deleted, or never made.</summary>
    public bool IsThere => File.Exists(_path);

    /// <summary>Makes the tables where they are missing, forgets what is older than 90 days and reads the account states.</summary>
    /// <exception cref="SqliteException">The file is damaged, locked or not writable.</exception>
    public Dictionary<AccountId, string> Open(DateTimeOffset now)
    {
        SqliteConnection.ClearPool(new SqliteConnection(_connectionString)); // one that is open may belong to a file that was deleted
        MakePrivate();
        using var connection = Connect();
        connection.Execute("PRAGMA journal_mode = WAL");
        connection.Execute(Schema);
        connection.Execute($"PRAGMA user_version = {SchemaVersion}");
        Forget(connection, now);
        return connection.Query<(string Account, string Json)>("SELECT account, json FROM account_states").ToDictionary(s => new AccountId(s.Account), s => s.Json);
    }

    /// <summary>The saved states alone; makes and changes nothing.</summary>
    /// <exception cref="SqliteException">The file is damaged or no ledger.</exception>
    public Dictionary<AccountId, string> ReadStates()
    {
        using var connection = Connect();
        return connection.Query<(string Account, string Json)>("SELECT account, json FROM account_states").ToDictionary(s => new AccountId(s.Account), s => s.Json);
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

    /// <summary>Writes one batch in one transaction, and forgets what is old if it is time to.</summary>
    /// <exception cref="SqliteException">Nothing of the batch was written.</exception>
    public void Write(IReadOnlyList<UsageRow> rows, IReadOnlyCollection<KeyValuePair<AccountId, string>> states, DateTimeOffset now, bool forgets)
    {
        using var connection = Connect();
        using var transaction = connection.BeginTransaction();
        Insert(rows, connection, transaction);
        connection.Execute(UpsertState, states.Select(s => new { Account = s.Key.Value, Json = s.Value, Saved = now.ToUnixTimeMilliseconds() }), transaction);
        if (forgets)
        {
            Forget(connection, now, transaction);
        }

        transaction.Commit();
    }

    private static void Forget(SqliteConnection connection, DateTimeOffset now, SqliteTransaction? transaction = null) =>
        connection.Execute("DELETE FROM attempts WHERE time < @Before", new { Before = (now - Retention).ToUnixTimeMilliseconds() }, transaction);

    /// <summary>
    /// One prepared statement for all rows, bound by full names. A row for each request makes this count: binding anonymous
    /// objects through Dapper took 7 % of the CPU of small requests (docs/performance.md).
    /// </summary>
    private static void Insert(IReadOnlyList<UsageRow> rows, SqliteConnection connection, SqliteTransaction transaction)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = InsertAttempt;
        var values = new SqliteParameter[AttemptColumns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = command.CreateParameter();
            values[i].ParameterName = AttemptColumns[i];
            command.Parameters.Add(values[i]);
        }

        foreach (var row in rows)
        {
            values[0].Value = row.Time.ToUnixTimeMilliseconds();
            values[1].Value = row.RequestId;
            values[2].Value = row.Attempt;
            values[3].Value = row.Account.Value;
            values[4].Value = row.Model;
            values[5].Value = Name(row.ClientDialect);
            values[6].Value = Name(row.UpstreamDialect);
            values[7].Value = OrNull(row.Status);
            values[8].Value = (object?)row.Failure?.ToString() ?? DBNull.Value;
            values[9].Value = OrNull(row.Usage.UncachedInput);
            values[10].Value = OrNull(row.Usage.CacheRead);
            values[11].Value = OrNull(row.Usage.CacheWrite);
            values[12].Value = OrNull(row.Usage.Output);
            values[13].Value = OrNull(row.Usage.Reasoning);
            values[14].Value = OrNull((long?)row.FirstByte?.TotalMilliseconds);
            values[15].Value = (long)row.Total.TotalMilliseconds;
            command.ExecuteNonQuery();
        }
    }

    private static object OrNull(long? number) => number is { } value ? value : DBNull.Value;

    private static string Name(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => nameof(Dialect.AnthropicMessages),
        Dialect.OpenAIChat => nameof(Dialect.OpenAIChat),
        _ => nameof(Dialect.OpenAIResponses),
    };

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
        return connection;
    }
}
