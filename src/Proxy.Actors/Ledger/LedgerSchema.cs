using Dapper;
using Microsoft.Data.Sqlite;

namespace Proxy.Actors.Ledger;

/// <summary>The tables of <c>ledger.db</c>, and the way from older ones.</summary>
internal static class LedgerSchema
{
    /// <summary>Kept in SQLite's <c>user_version</c>.</summary>
    public const int Version = 2;

    /// <summary>The columns of <c>attempts</c>, in the order in which a row is bound.</summary>
    public static readonly string[] Columns =
    [
        "time", "request", "attempt", "account", "model", "client_dialect", "upstream_dialect", "status", "failure",
        "input_uncached", "cache_read", "cache_write", "output", "reasoning", "first_byte_ms", "total_ms",
        .. Second.Select(c => c.Name),
    ];

    private const string First = """
        CREATE TABLE IF NOT EXISTS attempts (
            time INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL,
            client_dialect TEXT NOT NULL, upstream_dialect TEXT NOT NULL, status INTEGER, failure TEXT,
            input_uncached INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER, reasoning INTEGER,
            first_byte_ms INTEGER, total_ms INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS attempts_time ON attempts (time);
        CREATE TABLE IF NOT EXISTS account_states (account TEXT PRIMARY KEY, json TEXT NOT NULL, saved INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS accounts (account TEXT PRIMARY KEY, label TEXT NOT NULL, provider TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        INSERT OR IGNORE INTO meta VALUES ('salt', randomblob(16));
        """;

    /// <summary>What version 2 added to <c>attempts</c>. Every report reads a span of time, so the index on it is the one that counts.</summary>
    private static (string Name, string Type)[] Second =>
    [
        ("asked_model", "TEXT"), ("purpose", "TEXT"), ("streamed", "INTEGER"), ("session", "TEXT"), ("client_key", "TEXT"), ("client", "TEXT"),
        ("committed", "INTEGER"), ("cancelled", "INTEGER"), ("cache_write_1h", "INTEGER"),
    ];

    /// <summary>Makes or brings up the tables, in one transaction: a program that stops in between leaves the old ones.</summary>
    /// <exception cref="NewerLedgerException">A newer program made them.</exception>
    public static void Prepare(SqliteConnection connection)
    {
        var version = connection.ExecuteScalar<int>("PRAGMA user_version");
        if (version > Version)
        {
            throw new NewerLedgerException(version);
        }

        connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // of an empty file at once, of an old one with the VACUUM below
        connection.Execute("PRAGMA journal_mode = WAL");
        if (version == Version)
        {
            return;
        }

        using (var transaction = connection.BeginTransaction())
        {
            connection.Execute(First, transaction: transaction);
            var there = connection.Query<string>("SELECT name FROM pragma_table_info('attempts')", transaction: transaction).ToHashSet(StringComparer.Ordinal);
            foreach (var (name, type) in Second.Where(c => !there.Contains(c.Name)))
            {
                connection.Execute($"ALTER TABLE attempts ADD COLUMN {name} {type}", transaction: transaction);
            }

            connection.Execute(Tables, transaction: transaction);
            connection.Execute($"PRAGMA user_version = {Version}", transaction: transaction);
            transaction.Commit();
        }

        if (version > 0)
        {
            LetPagesGo(connection);
        }
    }

    /// <summary>Once, for a file of version 1: from now on it can give pages back. Without room for the copy it goes on as it is.</summary>
    private static void LetPagesGo(SqliteConnection connection)
    {
        try
        {
            connection.Execute("VACUUM");
        }
        catch (SqliteException refused) when (refused.SqliteErrorCode is SqliteCodes.Full or SqliteCodes.Busy or SqliteCodes.Locked or SqliteCodes.InputOutput)
        {
            // its size stays what it is; nothing is lost
        }
    }
}

/// <summary>SQLite's result codes that mean something here (sqlite.org/rescode.html).</summary>
internal static class SqliteCodes
{
    public const int Busy = 5;
    public const int Locked = 6;
    public const int InputOutput = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int NotADatabase = 26;
}

/// <summary>The ledger was made by a newer program.</summary>
public sealed class NewerLedgerException(int version)
    : Exception($"the ledger has version {version}, made by a newer program; this one knows version {LedgerSchema.Version}. Update, or move ledger.db away.");
