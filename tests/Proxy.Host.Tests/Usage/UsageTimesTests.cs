using Proxy.Host.Usage;

namespace Proxy.Host.Tests.Usage;

public sealed class UsageTimesTests
{
    private static readonly TimeZoneInfo East = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(9), "east", "east");

    /// <summary>One hour forward at midnight of 2026-04-05, back at midnight of 2026-10-04: such zones exist.</summary>
    private static readonly TimeZoneInfo Leaping = TimeZoneInfo.CreateCustomTimeZone(
        "leaping", TimeSpan.FromHours(-3), "leaping", "leaping", "leaping summer",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 0, 0), 4, 5),
                TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 0, 0), 10, 4)),
        ]);

    private static readonly DateTimeOffset Now = new(2026, 3, 10, 20, 30, 0, TimeSpan.Zero); // 05:30 of the 11th in the east

    [Theory]
    [InlineData("today", "2026-03-11T00:00:00+09:00")]
    [InlineData("1d", "2026-03-11T00:00:00+09:00")]
    [InlineData("7d", "2026-03-05T00:00:00+09:00")]
    [InlineData("2026-03-01", "2026-03-01T00:00:00+09:00")]
    [InlineData("12h", "2026-03-10T17:30:00+09:00")]
    [InlineData("90m", "2026-03-11T04:00:00+09:00")]
    public void A_report_begins_where_a_person_means_it(string text, string expected) => UsageTimes.Begin(text, Now, East).ShouldBe(DateTimeOffset.Parse(expected));

    [Theory]
    [InlineData("today", "2026-03-12T00:00:00+09:00")]
    [InlineData("2026-03-01", "2026-03-02T00:00:00+09:00")]
    [InlineData("1h", "2026-03-11T04:30:00+09:00")]
    public void A_report_ends_behind_the_day_that_is_named(string text, string expected) => UsageTimes.End(text, Now, East).ShouldBe(DateTimeOffset.Parse(expected));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday-ish")]
    [InlineData("2026-02-30")]
    [InlineData("0d")]
    [InlineData("99999d")]
    public void Anything_else_is_no_time(string text) => UsageTimes.Begin(text, Now, East).ShouldBeNull();

    [Fact]
    public void A_day_without_a_midnight_begins_after_it_and_one_with_two_begins_at_the_first()
    {
        UsageTimes.Midnight(new DateOnly(2026, 4, 5), Leaping).ShouldBe(new DateTimeOffset(2026, 4, 5, 1, 0, 0, TimeSpan.FromHours(-2)));
        UsageTimes.Midnight(new DateOnly(2026, 4, 5), Leaping).ShouldBe(new DateTimeOffset(2026, 4, 5, 0, 0, 0, TimeSpan.FromHours(-3)));
        UsageTimes.Midnight(new DateOnly(2026, 10, 4), Leaping).ShouldBe(new DateTimeOffset(2026, 10, 4, 0, 0, 0, Leaping.GetUtcOffset(new DateTimeOffset(2026, 10, 4, 2, 0, 0, TimeSpan.Zero))));
    }
}
