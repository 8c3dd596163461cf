using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Ledger;

public sealed class LedgerSpecs : IDisposable
{
    private const string Session = "5f93f220aa01bb02cc03dd04ee05ff06";
    private const string Key = "0123456789abcdef0123456789abcdef";
    private static readonly AccountId Account = new("claude-1");
    private readonly string _root = Directory.CreateTempSubdirectory("proxy-ledger-").FullName;
    private readonly ManualTimeProvider _time = new();

    private string File => Path.Combine(_root, "ledger.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_root, recursive: true);
    }

    private LedgerWriter Writer(LedgerQueue queue) => new(queue, new LedgerDatabase(_root), _time, ShownLogs.For<LedgerWriter>());

    private UsageRow Row(int attempt = 1) => new()
    {
        Time = _time.GetUtcNow(),
        RequestId = "req-1",
        Attempt = attempt,
        Account = Account,
        Model = "claude-lab-1",
        ClientDialect = Dialect.OpenAIChat,
        UpstreamDialect = Dialect.AnthropicMessages,
        Status = 200,
        Failure = FailureClass.Truncated,
        Usage = new Usage(1, 2, 3, 4, null) { CacheWriteLong = 2 },
        Label = "c…@example.com",
        Provider = "claude",
        AskedModel = "sonnet",
        Purpose = Purpose.Probe,
        IsStreamed = true,
        Session = Session,
        ClientKey = Key,
        Client = "claude-cli",
        IsCommitted = true,
        IsCancelled = true,
        FirstByte = TimeSpan.FromMilliseconds(120),
        Total = TimeSpan.FromSeconds(2),
    };

    private async Task<LedgerWriter> WriteAsync(LedgerOptions options, params UsageRow[] rows)
    {
        var queue = new LedgerQueue { Options = options };
        var writer = Writer(queue);
        writer.Open();
        foreach (var row in rows)
        {
            queue.Record(row);
        }

        queue.Complete();
        await writer.RunAsync();
        return writer;
    }

    private T Read<T>(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File}");
        return connection.QuerySingle<T>(sql);
    }

    [Fact]
    public async Task Rows_and_states_that_wait_at_the_end_are_written()
    {
        var queue = new LedgerQueue();
        var writer = Writer(queue);
        writer.Open();
        for (var i = 1; i <= 450; i++)
        {
            queue.Record(Row(i));
        }

        queue.Save(Account, "{\"old\":1}");
        queue.Save(Account, "{\"new\":1}");
        queue.Complete();
        await writer.RunAsync();

        writer.Written.ShouldBe(450);
        Read<long>("SELECT count(*) FROM attempts").ShouldBe(450);
        Read<string>("SELECT json FROM account_states WHERE account = 'claude-1'").ShouldBe("{\"new\":1}");
        var row = Read<(string Account, string Client, string Failure, long Uncached, long? Reasoning, long FirstByte, long Total)>(
            "SELECT account, client_dialect, failure, input_uncached, reasoning, first_byte_ms, total_ms FROM attempts WHERE attempt = 7");
        row.ShouldBe(("claude-1", "OpenAIChat", "Truncated", 1, null, 120, 2000));
        Read<(string Asked, string Purpose, long Streamed, string Session, string Key, string Client)>("SELECT asked_model, purpose, streamed, session, client_key, client FROM attempts WHERE attempt = 7")
            .ShouldSatisfyAllConditions(
                r => (r.Asked, r.Purpose, r.Streamed, r.Client).ShouldBe(("sonnet", "Probe", 1, "claude-cli")),
                r => r.Session.Length.ShouldBe(12),
                r => r.Key.Length.ShouldBe(8));
        Read<(long Committed, long Cancelled, long Long)>("SELECT committed, cancelled, cache_write_1h FROM attempts WHERE attempt = 7").ShouldBe((1, 1, 2));
        Read<(string Label, string Provider)>("SELECT label, provider FROM accounts").ShouldBe(("c…@example.com", "claude"));
    }

    [Fact]
    public async Task Saved_state_is_there_after_a_restart()
    {
        var queue = new LedgerQueue();
        var writer = Writer(queue);
        writer.Open();
        queue.Save(Account, "{}");
        queue.Complete();
        await writer.RunAsync();

        var again = new LedgerQueue();
        Writer(again).Open();

        again.Load(Account).ShouldBe("{}");
        again.Load(new AccountId("claude-2")).ShouldBeNull();
    }

    [Fact]
    public void Rows_beyond_the_bound_are_dropped_and_counted()
    {
        var queue = new LedgerQueue(capacity: 3);
        for (var i = 0; i < 5; i++)
        {
            queue.Record(Row());
        }

        (queue.WaitingRows, queue.Dropped).ShouldBe((3, 2));
    }

    [Fact]
    public async Task Lost_database_costs_rows_and_nothing_else()
    {
        var queue = new LedgerQueue();
        var writer = new LedgerWriter(queue, new LedgerDatabase(Path.Combine(_root, "not", "there")), _time, ShownLogs.For<LedgerWriter>());
        writer.Open();
        queue.Record(Row());
        queue.Save(Account, "{}");
        queue.Complete();
        await writer.RunAsync();

        (writer.Written, writer.Lost).ShouldBe((0, 1));
        queue.Load(Account).ShouldBe("{}");
    }

    [Fact]
    public async Task Damaged_database_is_set_aside_and_a_new_one_begun()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000));
        var queue = new LedgerQueue();
        var writer = Writer(queue);
        writer.Open();
        queue.Record(Row());
        queue.Complete();
        await writer.RunAsync();

        writer.Written.ShouldBe(1);
        Directory.GetFiles(_root, "ledger.db.damaged-*").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Database_that_is_deleted_while_it_is_in_use_is_begun_anew()
    {
        var queue = new LedgerQueue(batch: 1);
        var writer = Writer(queue);
        writer.Open();
        var running = writer.RunAsync();
        queue.Record(Row(1));
        await FirstWrittenAsync().WaitAsync(Proxy.Testing.FailSafe.Limit);

        System.IO.File.Delete(File);
        queue.Record(Row(2));
        queue.Complete();
        await running;

        (writer.Written, writer.Lost).ShouldBe((2, 0));
        Read<long>("SELECT attempt FROM attempts").ShouldBe(2);

        async Task FirstWrittenAsync()
        {
            while (writer.Written == 0)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public void Database_with_a_value_of_a_foreign_kind_stops_nobody()
    {
        Writer(new LedgerQueue()).Open();
        using (var connection = new SqliteConnection($"Data Source={File}"))
        {
            connection.Execute("INSERT INTO account_states VALUES (x'00ff', x'00ff', 1)");
        }

        Should.NotThrow(() => Writer(new LedgerQueue()).Open());
    }

    [Fact]
    public void One_accounts_state_is_due_once_a_second()
    {
        var queue = new LedgerQueue();
        queue.Save(Account, "{}");

        queue.TakeStates(_ => false).ShouldBeEmpty();
        queue.HasDirtyStates.ShouldBeTrue();
        queue.TakeStates(_ => true).ShouldHaveSingleItem().Value.ShouldBe("{}");
        queue.HasDirtyStates.ShouldBeFalse();
    }

    [Fact]
    public async Task Sessions_and_keys_are_salted_digests_that_differ_from_ledger_to_ledger()
    {
        var first = await DigestsAsync();
        (await DigestsAsync()).ShouldBe(first);
        (first.Session + first.Key).ShouldNotContain(Session[..8]);
        (first.Session + first.Key).ShouldNotContain(Key[..8]);

        SqliteConnection.ClearAllPools();
        System.IO.File.Delete(File);
        (await DigestsAsync()).ShouldNotBe(first);

        async Task<(string Session, string Key)> DigestsAsync()
        {
            await WriteAsync(new LedgerOptions(), Row());
            return Read<(string, string)>("SELECT session, client_key FROM attempts LIMIT 1");
        }
    }

    [Fact]
    public async Task A_ledger_that_is_switched_off_takes_no_attempts_and_still_keeps_states()
    {
        var queue = new LedgerQueue { Options = new LedgerOptions { CompatibleSwitch = false } };
        var writer = Writer(queue);
        writer.Open();
        queue.Record(Row());
        queue.Save(Account, "{}");
        queue.Complete();
        await writer.RunAsync();

        Read<long>("SELECT count(*) FROM attempts").ShouldBe(0);
        Read<long>("SELECT count(*) FROM account_states").ShouldBe(1);
        queue.Dropped.ShouldBe(0);
        new LedgerOptions { CompatibleSwitch = false, OwnSwitch = true }.Enabled.ShouldBeTrue();
        new LedgerOptions().Enabled.ShouldBeTrue();
    }

    [Fact]
    public void Database_is_readable_by_its_owner_only()
    {
        Writer(new LedgerQueue()).Open();

        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
