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

    [Fact]
    public void Windows_that_nobody_has_seen_yet_are_read_by_their_name()
    {
        var reading = FromHeaders(
            UpstreamKind.Claude,
            ("anthropic-ratelimit-unified-30d-utilization", "0.1"),
            ("Anthropic-Ratelimit-Unified-7d_newone-Utilization", "0.2"),
            ("anthropic-ratelimit-unified-7d_newone-status", "allowed_warning"),
            ("anthropic-ratelimit-unified-7d_oi-utilization", "0.98"),
            ("anthropic-ratelimit-unified-7d_oi-surpassed-threshold", "0.9")).ShouldNotBeNull();

        reading.Windows.Select(w => (w.Name, w.Model, w.UsedShare)).ShouldBe([("30d", null, 0.1), ("7d", "newone", 0.2), ("7d", "fable", 0.98)]);
    }

    [Fact]
    public void Overage_and_fallback_are_no_windows_and_refuse_nothing()
    {
        var reading = FromHeaders(
            UpstreamKind.Claude,
            ("anthropic-ratelimit-unified-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-utilization", "1.1"),
            ("anthropic-ratelimit-unified-overage-status", "rejected"),
            ("anthropic-ratelimit-unified-overage-reset", "1800003600"),
            ("anthropic-ratelimit-unified-overage-disabled-reason", "org_level_disabled"),
            ("anthropic-ratelimit-unified-fallback", "available"),
            ("anthropic-ratelimit-unified-fallback-percentage", "0.5")).ShouldNotBeNull();

        var window = reading.Windows.ShouldHaveSingleItem();
        (window.Name, window.IsSpent).ShouldBe(("5h", false));
        reading.IsRefusal.ShouldBeFalse();
    }

    [Theory]
    [InlineData("five_hour", "5h", null)]
    [InlineData("seven_day", "7d", null)]
    [InlineData("seven_day_opus", "7d", "opus")]
    [InlineData("seven_day_overage_included", "7d", "fable")]
    [InlineData("something_else", "unified", null)]
    public void Refusal_that_no_window_owns_up_to_is_that_of_the_claim(string claim, string name, string? model)
    {
        var reading = FromHeaders(
            UpstreamKind.Claude,
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-reset", "1800007200"),
            ("anthropic-ratelimit-unified-representative-claim", claim),
            ("anthropic-ratelimit-unified-5h-utilization", "0.3")).ShouldNotBeNull();

        var rejected = reading.Windows.Where(w => w.IsRejected).ShouldHaveSingleItem();
        (rejected.Name, rejected.Model, rejected.ResetsAt).ShouldBe((name, model, Now.AddHours(2)));
    }

    [Fact]
    public void Codex_windows_are_known_by_their_length_wherever_they_stand()
    {
        var reading = FromHeaders(
            UpstreamKind.Codex,
            ("x-codex-primary-used-percent", "40"),
            ("x-codex-primary-window-minutes", "10080"),
            ("x-codex-primary-reset-at", "1800086400"),
            ("x-codex-secondary-used-percent", "0"),
            ("x-codex-secondary-window-minutes", "0"),
            ("x-codex-primary-over-secondary-limit-percent", "0")).ShouldNotBeNull();

        reading.IsWhole.ShouldBeTrue();
        reading.Windows.ShouldHaveSingleItem().ShouldBe(new QuotaWindow("7d", 0.4, Now.AddDays(1), false, TimeSpan.FromDays(7), null));
    }

    [Fact]
    public void Codex_model_with_a_limit_of_its_own_has_windows_of_its_own()
    {
        var reading = FromHeaders(
            UpstreamKind.Codex,
            ("x-codex-primary-used-percent", "10"),
            ("x-codex-bengalfox-primary-used-percent", "99"),
            ("x-codex-bengalfox-primary-window-minutes", "10080"),
            ("x-codex-bengalfox-limit-name", "GPT-5.3-Codex-Spark"),
            ("x-codex-credits-has-credits", "True")).ShouldNotBeNull();

        reading.Windows.Select(w => (w.Name, w.Model, w.UsedShare, w.IsAllowed)).ShouldBe([("5h", null, 0.1, true), ("7d", "gpt-5.3-codex-spark", 0.99, true)]);
    }

    [Fact]
    public void Event_of_a_models_own_limit_says_nothing_of_the_accounts()
    {
        var reading = QuotaReadings.FromCodexEvent(
            """{"type":"codex.rate_limits","metered_limit_name":"codex_bengalfox","rate_limits":{"primary":{"used_percent":80,"window_minutes":300}}}"""u8, Now).ShouldNotBeNull();

        reading.IsWhole.ShouldBeFalse();
        reading.Windows.Single().Model.ShouldBe("bengalfox");
    }

    [Fact]
    public void Usage_limit_is_that_of_the_window_whose_reset_the_body_names()
    {
        var reading = Refusal(Now.AddDays(1), ("x-codex-primary-used-percent", "100"), ("x-codex-primary-reset-at", "1800000600"), ("x-codex-secondary-used-percent", "100"), ("x-codex-secondary-reset-at", "1800086401"));

        reading.Plan.ShouldBe("plus");
        (reading.IsRefusal, reading.Source).ShouldBe((true, QuotaSource.Refusal));
        reading.Windows.Where(w => w.IsRejected).ShouldHaveSingleItem().Name.ShouldBe("7d");
    }

    [Theory]
    [InlineData(4, "5h")]
    [InlineData(6, "7d")]
    public void Usage_limit_without_headers_is_a_reading_too(int hours, string window)
    {
        var rejected = Refusal(Now.AddHours(hours)).Windows.ShouldHaveSingleItem();

        (rejected.Name, rejected.IsRejected, rejected.ResetsAt, rejected.Model).ShouldBe((window, true, Now.AddHours(hours), null));
    }

    [Theory]
    [InlineData("codex_bengalfox", "gpt-5.3-codex-spark")]
    [InlineData("premium", null)]
    [InlineData("codex_unheard_of", null)]
    public void Usage_limit_of_a_model_is_only_believed_where_the_headers_measure_it(string active, string? model)
    {
        var reading = Refusal(
            Now.AddDays(2), ("x-codex-active-limit", active), ("x-codex-primary-used-percent", "10"), ("x-codex-primary-window-minutes", "300"),
            ("x-codex-bengalfox-primary-used-percent", "100"), ("x-codex-bengalfox-primary-window-minutes", "10080"), ("x-codex-bengalfox-limit-name", "GPT-5.3-Codex-Spark"));

        reading.Windows.Where(w => w.IsRejected).ShouldHaveSingleItem().Model.ShouldBe(model);
    }

    [Theory]
    [InlineData("claude-opus-4-5-20251101", "opus")]
    [InlineData("claude-3-7-sonnet-20250219", "sonnet")]
    [InlineData("claude-fable-5", "fable")]
    [InlineData("Claude-3-5-Haiku-latest", "haiku")]
    [InlineData("claude-2", "claude-2")]
    [InlineData("gpt-5.1-codex", "gpt-5.1-codex")]
    public void Models_share_windows_by_family(string model, string family) => ModelFamily.Of(model).ShouldBe(family);

    private static QuotaReading Refusal(DateTimeOffset resetsAt, params (string Name, string Value)[] headers) =>
        QuotaReadings.FromRefusal(UpstreamKind.Codex, headers.Select(h => KeyValuePair.Create(h.Name, h.Value)), isUsageLimit: true, resetsAt, "plus", Now).ShouldNotBeNull();

    private static QuotaReading? FromHeaders(UpstreamKind kind, params (string Name, string Value)[] headers) =>
        QuotaReadings.FromHeaders(kind, headers.Select(h => KeyValuePair.Create(h.Name, h.Value)), Now);
}
