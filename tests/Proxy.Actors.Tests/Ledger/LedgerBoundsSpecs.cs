using Dapper;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Actors.Configuration;
using Proxy.Actors.Ledger;
using Proxy.Protocol.Dialects;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Ledger;

/// <summary>The file stays bounded, whatever the load and the disk do, and nobody waits for that.</summary>
public sealed class LedgerBoundsSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("proxy-ledger-").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Old_attempts_are_forgotten_at_the_start_and_once_a_day_and_their_room_is_given_back()
    {
        var kept = new LedgerOptions { Retention = TimeSpan.Zero };
        await WriteAsync(kept, 12_000);
        _time.Advance(TimeSpan.FromDays(400));
        await WriteAsync(kept, 3);
        (await CountAsync()).ShouldBe(12_003);
        var full = Length();

        var queue = new LedgerQueue { Options = new LedgerOptions { Retention = TimeSpan.FromDays(90) } };
        var writer = Writer(queue);
        writer.Open();
        (await CountAsync()).ShouldBe(12_003, "a start does not wait for the cleaning");
        var running = writer.RunAsync();
        await UntilAsync(async () => await CountAsync() == 3);
        await UntilAsync(() => Task.FromResult(Length() < full / 4));

        _time.Advance(TimeSpan.FromDays(91));
        queue.Record(Row(1));
        queue.Record(Row(2));
        await UntilAsync(async () =>
        {
            _time.Advance(LedgerWriter.BatchTime);
            return await CountAsync() == 2;
        });
        queue.Complete();
        await running;
        writer.Lost.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_at_its_size_limit_gives_up_its_oldest_attempts_and_loses_no_new_one()
    {
        var options = new LedgerOptions { MaxSize = 1 << 20 };
        var writer = await WriteAsync(options, 20_000);

        (writer.Written, writer.Lost).ShouldBe((20_000, 0));
        Length().ShouldBeLessThanOrEqualTo(1 << 20);
        (await ScalarAsync("SELECT max(attempt) FROM attempts")).ShouldBe(20_000);
        (await ScalarAsync("SELECT min(attempt) FROM attempts")).ShouldBeGreaterThan(1);
        (await ScalarAsync("SELECT count(*) FROM attempts")).ShouldBe(20_000 - await ScalarAsync("SELECT min(attempt) FROM attempts") + 1);
    }

    [Fact]
    public async Task Fault68_a_full_disk_costs_rows_that_are_counted_and_said_and_the_ledger_goes_on_when_there_is_room()
    {
        await WriteAsync(new LedgerOptions(), 1);
        var queue = new LedgerQueue(batch: 50) { Options = new LedgerOptions { MaxSize = 1 } };
        var writer = Writer(queue);
        writer.Open();
        for (var i = 1; i <= 50; i++)
        {
            queue.Record(Row(i) with { Model = new string('m', 4000) }); // more than the smallest file holds, whatever is given up for it
        }

        var running = writer.RunAsync();
        await UntilAsync(() => Task.FromResult(writer.Lost == 50));
        writer.LastTrouble.ShouldNotBeNull().Reason.ShouldContain("full");
        writer.LastTrouble!.At.ShouldBe(_time.GetUtcNow());

        queue.Options = new LedgerOptions();
        queue.Record(Row(7));
        queue.Complete();
        await running;
        (writer.Written, writer.Lost, queue.Dropped).ShouldBe((1, 50, 0));
        (await ScalarAsync("SELECT max(attempt) FROM attempts")).ShouldBe(7);
    }

    [Fact]
    public async Task A_reader_sees_one_moment_and_holds_up_no_writer()
    {
        await WriteAsync(new LedgerOptions(), 500);
        using var file = UsageFile.TryOpen(_root).ShouldNotBeNull();
        using var entries = file.Read(DateTimeOffset.MinValue.AddYears(1970), DateTimeOffset.MaxValue.AddYears(-1)).GetEnumerator();
        entries.MoveNext().ShouldBeTrue();

        var writer = await WriteAsync(new LedgerOptions(), 500);

        writer.Written.ShouldBe(500);
        var seen = 1;
        while (entries.MoveNext())
        {
            seen++;
        }

        seen.ShouldBe(500);
        (await CountAsync()).ShouldBe(1000);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var limit = FailSafe.Token();
        while (!await condition())
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private LedgerWriter Writer(LedgerQueue queue) => new(queue, new LedgerDatabase(_root), _time, ShownLogs.For<LedgerWriter>());

    private async Task<LedgerWriter> WriteAsync(LedgerOptions options, int rows)
    {
        var queue = new LedgerQueue(capacity: rows) { Options = options };
        var writer = Writer(queue);
        writer.Open();
        for (var i = 1; i <= rows; i++)
        {
            queue.Record(Row(i));
        }

        queue.Complete();
        await writer.RunAsync();
        return writer;
    }

    private UsageRow Row(int attempt) => new()
    {
        Time = _time.GetUtcNow().AddMilliseconds(attempt),
        RequestId = "0123456789abcdef",
        Attempt = attempt,
        Account = new AccountId("claude-1"),
        Model = "claude-lab-1",
        ClientDialect = Dialect.AnthropicMessages,
        UpstreamDialect = Dialect.AnthropicMessages,
        Total = TimeSpan.FromSeconds(1),
    };

    private long Length() => new FileInfo(Path.Combine(_root, "ledger.db")).Length;

    private Task<long> CountAsync() => ScalarAsync("SELECT count(*) FROM attempts");

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_root, "ledger.db")};Pooling=False");
        return await connection.ExecuteScalarAsync<long>(sql);
    }
}
