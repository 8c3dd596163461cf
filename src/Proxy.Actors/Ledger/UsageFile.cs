using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Protocol.Answers;

namespace Proxy.Actors.Ledger;

/// <summary>
/// The ledger's file, for readers: beside a proxy that writes it, and without one. Opened read-only; a reader sees the file
/// as it was when it began, and keeps no writer waiting (SQLite's WAL).
/// </summary>
public sealed class UsageFile : IDisposable
{
    private static readonly string[] Wanted =
    [
        "time", "attempt", "account", "model", "purpose", "session", "client_key", "client", "failure", "cancelled",
        "input_uncached", "cache_read", "cache_write", "output", "reasoning", "cache_write_1h", "first_byte_ms", "total_ms",
    ];

    private readonly SqliteConnection _connection;
    private readonly byte[]? _salt;

    private UsageFile(SqliteConnection connection)
    {
        _connection = connection;
        Labels = Has("accounts")
            ? connection.Query<(string Account, string Label)>("SELECT account, label FROM accounts").ToDictionary(a => a.Account, a => a.Label, StringComparer.Ordinal)
            : [];
        _salt = Has("meta") ? connection.ExecuteScalar<byte[]>("SELECT value FROM meta WHERE name = 'salt'") : null;
    }

    /// <summary>Labels of the accounts by id, also of those that are gone.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Where the ledger of a state directory lies.</summary>
    public static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, LedgerDatabase.FileName);

    /// <summary>Opens it.</summary>
    /// <returns>Null when there is none yet.</returns>
    /// <exception cref="UsageFileException">It is there, but can't be read.</exception>
    public static UsageFile? TryOpen(string stateDirectory)
    {
        var path = PathIn(stateDirectory);
        if (!File.Exists(path))
        {
            return null;
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            return new UsageFile(connection);
        }
        catch (SqliteException refused)
        {
            connection.Dispose();
            throw new UsageFileException(path, refused);
        }
    }

    /// <summary>What the ledger has in place of this client key; null in a file that has no client keys.</summary>
    public string? DigestOfKey(string key) =>
        _salt is null ? null : AttemptInsert.OfKey(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16)), _salt);

    /// <summary>The attempts from <paramref name="from"/> until before <paramref name="to"/>, oldest first, one at a time.</summary>
    /// <exception cref="UsageFileException">The file is damaged.</exception>
    public IEnumerable<UsageEntry> Read(DateTimeOffset from, DateTimeOffset to)
    {
        if (!Has("attempts"))
        {
            yield break;
        }

        using var command = _connection.CreateCommand();
        var there = _connection.Query<string>("SELECT name FROM pragma_table_info('attempts')").ToHashSet(StringComparer.Ordinal);
        command.CommandText = $"SELECT {string.Join(", ", Wanted.Select(c => there.Contains(c) ? c : "NULL"))} FROM attempts WHERE time >= @from AND time < @to ORDER BY time";
        command.Parameters.AddWithValue("@from", from.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("@to", to.ToUnixTimeMilliseconds());
        using var rows = command.ExecuteReader();
        while (Advance(rows))
        {
            yield return ToEntry(rows);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _connection.Dispose();

    private static UsageEntry ToEntry(SqliteDataReader row) => new()
    {
        Time = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)),
        Attempt = row.GetInt32(1),
        Account = row.GetString(2),
        Model = row.GetString(3),
        Purpose = Text(row, 4),
        Session = Text(row, 5),
        ClientKey = Text(row, 6),
        Client = Text(row, 7),
        Failure = Text(row, 8),
        IsCancelled = Number(row, 9) == 1,
        Usage = new Usage(Number(row, 10), Number(row, 11), Number(row, 12), Number(row, 13), Number(row, 14)) { CacheWriteLong = Number(row, 15) },
        FirstByte = Number(row, 16),
        Total = row.GetInt64(17),
    };

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private bool Advance(SqliteDataReader rows)
    {
        try
        {
            return rows.Read();
        }
        catch (SqliteException damaged)
        {
            throw new UsageFileException(_connection.DataSource, damaged);
        }
    }

    private bool Has(string table) => _connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @table", new { table }) > 0;
}

/// <summary>The ledger's file can't be read.</summary>
public sealed class UsageFileException(string path, SqliteException reason)
    : Exception($"{path} can't be read: {reason.Message} (SQLite error {reason.SqliteErrorCode}).", reason);
