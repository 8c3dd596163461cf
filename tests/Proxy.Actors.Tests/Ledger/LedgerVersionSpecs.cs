using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Dialects;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Ledger;

/// <summary>Files of other versions: older ones are brought up, newer ones left alone.</summary>
public sealed class LedgerVersionSpecs : IDisposable
{
    private const string VersionOne = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE attempts (
            time INTEGER NOT NULL, request TEXT NOT NULL, attempt INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL,
            client_dialect TEXT NOT NULL, upstream_dialect TEXT NOT NULL, status INTEGER, failure TEXT,
            input_uncached INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER, reasoning INTEGER,
            first_byte_ms INTEGER, total_ms INTEGER NOT NULL);
        CREATE INDEX attempts_time ON attempts (time);
        CREATE TABLE account_states (account TEXT PRIMARY KEY, json TEXT NOT NULL, saved INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO attempts VALUES (1767225600000, 'req-1', 1, 'claude-0a1b2c3d', 'claude-sonnet-4-5', 'OpenAIChat', 'AnthropicMessages', 200, NULL, 10, 20, 30, 40, NULL, 900, 4000);
        INSERT INTO attempts VALUES (1767225601000, 'req-2', 2, 'codex-0a1b2c3d', 'gpt-5.4', 'OpenAIResponses', 'OpenAIResponses', 429, 'RateLimited', NULL, NULL, NULL, NULL, NULL, NULL, 70);
        INSERT INTO account_states VALUES ('claude-0a1b2c3d', '{"kept":1}', 1767225600000);
        PRAGMA user_version = 1;
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("proxy-ledger-").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_file_of_version_1_is_brought_up_with_everything_in_it()
    {
        Run(VersionOne);
        var queue = new LedgerQueue();
        var writer = Writer(queue);
        writer.Open();
        queue.Load(new AccountId("claude-0a1b2c3d")).ShouldBe("{\"kept\":1}");
        queue.Record(new UsageRow
        {
            Time = _time.GetUtcNow().AddHours(1),
            RequestId = "req-3",
            Attempt = 1,
            Account = new AccountId("claude-0a1b2c3d"),
            Label = "work",
            Provider = "claude",
            Model = "claude-sonnet-4-5",
            ClientDialect = Dialect.OpenAIChat,
            UpstreamDialect = Dialect.AnthropicMessages,
            Session = "s",
            ClientKey = "k",
            Total = TimeSpan.FromSeconds(1),
        });
        queue.Complete();
        await writer.RunAsync();

        (writer.Written, writer.Lost).ShouldBe((1, 0));
        Scalar("PRAGMA user_version").ShouldBe(2);
        Scalar("PRAGMA auto_vacuum").ShouldBe(2, "incremental: a file that has been cleaned gets smaller");
        Scalar("SELECT count(*) FROM attempts WHERE request = 'req-1' AND cache_write = 30 AND total_ms = 4000 AND session IS NULL AND purpose IS NULL").ShouldBe(1);
        using var file = UsageFile.TryOpen(_root).ShouldNotBeNull();
        file.Labels["claude-0a1b2c3d"].ShouldBe("work");
        var entries = file.Read(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1)).ToList();
        entries.Select(e => (e.Model, e.Failure, e.Session is null)).ShouldBe([("claude-sonnet-4-5", null, true), ("gpt-5.4", "RateLimited", true), ("claude-sonnet-4-5", null, false)]);
    }

    [Fact]
    public void A_file_of_version_1_is_read_as_it_is_before_any_proxy_has_brought_it_up()
    {
        Run(VersionOne);
        using var file = UsageFile.TryOpen(_root).ShouldNotBeNull();
        var entry = file.Read(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1)).First();

        (entry.Account, entry.Attempt, entry.FirstByte, entry.Total, entry.Usage.CacheRead, entry.Purpose).ShouldBe(("claude-0a1b2c3d", 1, 900, 4000, 20, null));
        file.Labels.ShouldBeEmpty();
        file.DigestOfKey("any").ShouldBeNull();
        Scalar("PRAGMA user_version").ShouldBe(1);
    }

    [Fact]
    public void Opening_twice_changes_nothing()
    {
        Run(VersionOne);
        Writer(new LedgerQueue()).Open();
        var before = Scalar("SELECT count(*) FROM pragma_table_info('attempts')");
        Writer(new LedgerQueue()).Open();
        Scalar("SELECT count(*) FROM pragma_table_info('attempts')").ShouldBe(before);
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_left_alone_and_the_proxy_runs_without_it()
    {
        Run("CREATE TABLE attempts (anything TEXT); PRAGMA user_version = 3;");
        var queue = new LedgerQueue();
        var writer = Writer(queue);
        writer.Open();
        queue.Record(new UsageRow
        {
            Time = _time.GetUtcNow(),
            RequestId = "r",
            Attempt = 1,
            Account = new AccountId("a"),
            Model = "m",
            ClientDialect = Dialect.OpenAIChat,
            UpstreamDialect = Dialect.OpenAIChat,
            Total = TimeSpan.Zero,
        });
        queue.Complete();
        await writer.RunAsync();

        (writer.Written, writer.Lost).ShouldBe((0, 1));
        writer.LastTrouble.ShouldNotBeNull().Reason.ShouldContain("newer program");
        Scalar("SELECT count(*) FROM pragma_table_info('attempts')").ShouldBe(1);
        Directory.GetFiles(_root, "*.damaged-*").ShouldBeEmpty();
    }

    [Fact]
    public void A_file_that_is_no_ledger_is_said_to_be_none()
    {
        File.WriteAllText(Path.Combine(_root, "ledger.db"), new string('x', 5000));
        Should.Throw<UsageFileException>(() => UsageFile.TryOpen(_root)).Message.ShouldContain("ledger.db");
        UsageFile.TryOpen(Path.Combine(_root, "elsewhere")).ShouldBeNull();
    }

    private LedgerWriter Writer(LedgerQueue queue) => new(queue, new LedgerDatabase(_root), _time, ShownLogs.For<LedgerWriter>());

    private void Run(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_root, "ledger.db")};Pooling=False");
        connection.Execute(sql);
    }

    private long Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_root, "ledger.db")};Pooling=False");
        return connection.ExecuteScalar<long>(sql);
    }
}
