using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Ledger;

namespace Proxy.Host.Tests.Usage;

/// <summary>A ledger made by SQL, not by the code that is tested.</summary>
internal sealed class LedgerFile : IDisposable
{
    public const string Salt = "00112233445566778899aabbccddeeff";

    public LedgerFile()
    {
        Run($"""
            CREATE TABLE attempts (
                time INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL,
                client_dialect TEXT NOT NULL, upstream_dialect TEXT NOT NULL, status INTEGER, failure TEXT,
                input_uncached INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER, reasoning INTEGER,
                first_byte_ms INTEGER, total_ms INTEGER NOT NULL, asked_model TEXT, purpose TEXT, streamed INTEGER, session TEXT, client_key TEXT, client TEXT,
                committed INTEGER, cancelled INTEGER, cache_write_1h INTEGER);
            CREATE TABLE accounts (account TEXT PRIMARY KEY, label TEXT NOT NULL, provider TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
            INSERT INTO meta VALUES ('salt', x'{Salt}');
            INSERT INTO accounts VALUES ('claude-0a1b2c3d', 'c…@sandbox.example', 'claude'), ('codex-0a1b2c3d', 'work', 'codex');
            PRAGMA user_version = 2;
            """);
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("cpa-usage-").FullName;

    public void Add(
        string time, string account = "claude-0a1b2c3d", string model = "claude-sonnet-4-5-20250929", int attempt = 1, string? failure = null, long? input = null, long? read = null, long? write = null,
        long? writeLong = null, long? output = null, long? first = null, long total = 1000, string purpose = "Inference", string? session = null, string? key = null, string? client = null, bool cancelled = false) =>
        Run(
            """
            INSERT INTO attempts (time, request, attempt, account, model, client_dialect, upstream_dialect, failure, input_uncached, cache_read, cache_write, cache_write_1h, output, first_byte_ms, total_ms,
                purpose, session, client_key, client, cancelled)
            VALUES (@time, 'r', @attempt, @account, @model, 'OpenAIChat', 'AnthropicMessages', @failure, @input, @read, @write, @writeLong, @output, @first, @total, @purpose, @session, @key, @client, @cancelled)
            """,
            new { time = DateTimeOffset.Parse(time).ToUnixTimeMilliseconds(), attempt, account, model, failure, input, read, write, writeLong, output, first, total, purpose, session, key, client, cancelled });

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    private void Run(string sql, object? values = null)
    {
        using var connection = new SqliteConnection($"Data Source={UsageFile.PathIn(Directory)};Pooling=False");
        connection.Execute(sql, values);
    }
}
