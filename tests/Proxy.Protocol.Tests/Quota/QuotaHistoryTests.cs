using System.Text.Json;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Tests.Quota;

public sealed class QuotaHistoryTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Steps_are_kept_and_standstill_is_not()
    {
        var history = Filled((0, 0.1), (10, 0.102), (20, 0.11), (30, 0.11), (40, 0.2));

        history.Points.ShouldBe([new(T0, 0.1), new(T0.AddMinutes(20), 0.11), new(T0.AddMinutes(40), 0.2)]);
    }

    [Fact]
    public void Window_that_begins_anew_begins_a_history()
    {
        Filled((0, 0.5), (10, 0.6), (20, 0.01)).Points.ShouldBe([new(T0.AddMinutes(20), 0.01)]);

        var later = QuotaHistory.Empty.With(null, Window(0.5, T0.AddHours(1)), T0).With(Window(0.5, T0.AddHours(1)), Window(0.6, T0.AddHours(7)), T0.AddHours(2));
        later.Points.ShouldBe([new(T0.AddHours(2), 0.6)]);

        var sameReset = QuotaHistory.Empty.With(null, Window(0.5, T0.AddHours(1)), T0).With(Window(0.5, T0.AddHours(1)), Window(0.6, T0.AddHours(1).AddSeconds(2)), T0.AddMinutes(5));
        sameReset.Points.Length.ShouldBe(2);
    }

    [Fact]
    public void Long_history_thins_out_from_its_old_end_and_keeps_both_ends()
    {
        var history = QuotaHistory.Empty;
        for (var i = 0; i < 1000; i++)
        {
            history = history.With(Window(i / 100.0), Window((i + 1) / 100.0), T0.AddMinutes(i));
            history.Points.Length.ShouldBeLessThanOrEqualTo(QuotaHistory.Most);
        }

        history.Points[0].At.ShouldBe(T0);
        history.Points[^1].ShouldBe(new QuotaPoint(T0.AddMinutes(999), 10));
        history.Points.ShouldBe(history.Points.OrderBy(p => p.At));
        (history.Points[^1].At - history.Points[^8].At).ShouldBe(TimeSpan.FromMinutes(7), "the newest ones are all there");
    }

    [Fact]
    public void History_is_written_as_a_flat_list_and_read_again()
    {
        var history = Filled((0, 0.1), (20, 0.11), (40, 0.2));

        var json = JsonSerializer.Serialize(history);

        json.ShouldBe("[1800000000,100,1200,10,1200,90]");
        JsonSerializer.Deserialize<QuotaHistory>(json).ShouldBe(history);
        JsonSerializer.Deserialize<QuotaHistory>("[]").ShouldBe(QuotaHistory.Empty);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("[1]")]
    [InlineData("[1,\"2\"]")]
    [InlineData("[-5,1]")]
    [InlineData("[9223372036854775807,1]")]
    [InlineData("[1,-1]")]
    public void Broken_history_is_a_broken_json(string json) => Should.Throw<JsonException>(() => JsonSerializer.Deserialize<QuotaHistory>(json));

    private static QuotaHistory Filled(params (int Minute, double Share)[] readings)
    {
        var (history, before) = (QuotaHistory.Empty, (QuotaWindow?)null);
        foreach (var (minute, share) in readings)
        {
            history = history.With(before, Window(share), T0.AddMinutes(minute));
            before = Window(share);
        }

        return history;
    }

    private static QuotaWindow Window(double share, DateTimeOffset? resetsAt = null) => new("7d", share, resetsAt, false, TimeSpan.FromDays(7), null);
}
