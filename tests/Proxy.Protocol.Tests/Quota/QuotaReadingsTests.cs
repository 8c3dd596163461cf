using Proxy.Protocol.Dialects;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Tests.Quota;

public sealed class QuotaReadingsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Unified_headers_become_windows()
    {
        var reading = FromHeaders(
            UpstreamKind.Claude,
            ("anthropic-ratelimit-unified-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-utilization", "0.42"),
            ("anthropic-ratelimit-unified-5h-reset", "1800003600"),
            ("anthropic-ratelimit-unified-7d-status", "rejected"),
            ("anthropic-ratelimit-unified-7d-reset", "2027-01-20T00:00:00Z")).ShouldNotBeNull();

        reading.Windows.Count.ShouldBe(2);
        reading.Windows[0].ShouldBe(new QuotaWindow("5h", 0.42, Now.AddHours(1), false, TimeSpan.FromHours(5), null) { IsAllowed = true });
        reading.Windows[1].IsRejected.ShouldBeTrue();
        reading.Windows[1].ResetsAt.ShouldBe(new DateTimeOffset(2027, 1, 20, 0, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void A_refusal_that_no_window_owns_up_to_counts_for_the_account()
    {
        var reading = FromHeaders(UpstreamKind.Claude, ("anthropic-ratelimit-unified-status", "rejected"), ("anthropic-ratelimit-unified-reset", "1800007200")).ShouldNotBeNull();

        reading.Windows.ShouldHaveSingleItem().ShouldBe(new QuotaWindow("unified", null, Now.AddHours(2), true, null, null));
    }

    [Fact]
    public void Codex_headers_become_windows_that_refuse_nothing_by_themselves()
    {
        var reading = FromHeaders(
            UpstreamKind.Codex,
            ("x-codex-primary-used-percent", "100"),
            ("x-codex-primary-window-minutes", "300"),
            ("x-codex-primary-reset-after-seconds", "60"),
            ("x-codex-secondary-used-percent", "12.5"),
            ("x-codex-secondary-reset-at", "1800086400"),
            ("x-codex-plan-type", "plus")).ShouldNotBeNull();

        reading.Plan.ShouldBe("plus");
        reading.Windows[0].ShouldBe(new QuotaWindow("5h", 1, Now.AddMinutes(1), false, TimeSpan.FromHours(5), null));
        reading.Windows[1].UsedShare.ShouldBe(0.125);
        reading.Windows[1].ResetsAt.ShouldBe(Now.AddDays(1));
    }

    [Fact]
    public void A_rate_limits_event_is_read()
    {
        var reading = QuotaReadings.FromCodexEvent(
            """{"type":"codex.rate_limits","plan_type":"pro","rate_limits":{"limit_reached":true,"primary":{"used_percent":80,"window_minutes":300,"reset_at":1800000300}}}"""u8,
            Now).ShouldNotBeNull();

        reading.Plan.ShouldBe("pro");
        reading.Windows.ShouldHaveSingleItem().UsedShare.ShouldBe(0.8);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"rate_limits\":")]
    [InlineData("{\"rate_limits\":{\"primary\":7}}")]
    public void What_tells_nothing_is_no_reading(string data) =>
        QuotaReadings.FromCodexEvent(System.Text.Encoding.UTF8.GetBytes(data), Now).ShouldBeNull();

    [Fact]
    public void Headers_of_nobody_are_no_reading() => FromHeaders(UpstreamKind.Claude, ("server", "x")).ShouldBeNull();

    [Theory]
    [InlineData("NaN")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("soon")]
    public void A_reset_that_makes_no_sense_is_none(string reset) =>
        FromHeaders(UpstreamKind.Claude, ("anthropic-ratelimit-unified-5h-status", "allowed"), ("anthropic-ratelimit-unified-5h-reset", reset))
            .ShouldNotBeNull().Windows[0].ResetsAt.ShouldBeNull();

    private static QuotaReading? FromHeaders(UpstreamKind kind, params (string Name, string Value)[] headers) =>
        QuotaReadings.FromHeaders(kind, headers.Select(h => KeyValuePair.Create(h.Name, h.Value)), Now);
}
