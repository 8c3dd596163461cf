using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Tests.Quota;

public sealed class QuotaForecastTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>Steps (minutes, thousandths) and how long after the last one it is now.</summary>
    private static readonly Arbitrary<(QuotaPoint[] Points, DateTimeOffset Now)> Histories = (
        from steps in Gen.Choose(0, 600).Two().ListOf()
        from later in Gen.Choose(0, 5000)
        select Build([.. steps.Take(QuotaHistory.Most)], later)).ToArbitrary();

    [Fact]
    public void Even_pace_is_told_as_what_it_is()
    {
        // 2 % an hour, 40 % used: thirty hours are left of it
        QuotaPoint[] points = [.. Enumerable.Range(0, 21).Select(i => new QuotaPoint(T0.AddHours(i), i * 0.02))];
        var now = T0.AddHours(20);

        var runsOut = QuotaForecast.Of(points, now.AddHours(40), Week, now).ShouldNotBeNull();
        runsOut.SharePerHour.ShouldBe(0.02, 1e-9);
        (runsOut.EmptyAt!.Value - now.AddHours(30)).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(1));
        runsOut.LastsUntilReset.ShouldBeFalse();

        var lasts = QuotaForecast.Of(points, now.AddHours(29), Week, now).ShouldNotBeNull();
        lasts.LastsUntilReset.ShouldBeTrue();
        lasts.EmptyAt.ShouldBeNull();
    }

    [Fact]
    public void Recent_hours_weigh_more_than_old_ones()
    {
        QuotaPoint[] slowThenFast = [new(T0, 0), new(T0.AddHours(48), 0.1), new(T0.AddHours(58), 0.3)];
        QuotaPoint[] fastThenSlow = [new(T0, 0), new(T0.AddHours(10), 0.2), new(T0.AddHours(58), 0.3)];
        var now = T0.AddHours(58);

        Pace(slowThenFast).ShouldBeGreaterThan(Pace(fastThenSlow));
        Pace(slowThenFast).ShouldBeGreaterThan(0.3 / 58);

        double Pace(QuotaPoint[] points) => QuotaForecast.Of(points, null, Week, now)!.SharePerHour;
    }

    [Fact]
    public void Account_that_rests_lasts_longer_with_every_hour()
    {
        QuotaPoint[] points = [new(T0, 0.1), new(T0.AddHours(1), 0.2), new(T0.AddHours(2), 0.4)];

        var left = Enumerable.Range(2, 8).Select(h => QuotaForecast.Of(points, T0.AddDays(60), Week, T0.AddHours(h))!.EmptyAt!.Value - T0.AddHours(h)).ToList();

        left.ShouldBe(left.Order());
        left.Distinct().Count().ShouldBe(left.Count);
    }

    [Fact]
    public void What_can_not_be_told_honestly_is_not_told()
    {
        QuotaPoint[] good = [new(T0, 0.1), new(T0.AddHours(1), 0.2), new(T0.AddHours(2), 0.4)];
        var now = T0.AddHours(2);
        QuotaForecast.Of(good, T0.AddDays(3), Week, now).ShouldNotBeNull();

        QuotaForecast.Of([], null, Week, now).ShouldBeNull();
        QuotaForecast.Of(good.AsSpan(0, 2), null, Week, now).ShouldBeNull("two steps are no pace");
        QuotaForecast.Of([new(T0, 0.1), new(T0.AddMinutes(1), 0.2), new(T0.AddMinutes(2), 0.4)], null, Week, now).ShouldBeNull("two minutes are no pace");
        QuotaForecast.Of([new(T0, 0.1), new(T0.AddHours(1), 0.1), new(T0.AddHours(2), 0.105)], null, Week, now).ShouldBeNull("no movement is no pace");
        QuotaForecast.Of(good, now, Week, now).ShouldBeNull("the window has begun anew");
        QuotaForecast.Of(good, null, Week, T0.AddMinutes(30)).ShouldBeNull("the steps are still to come");
        QuotaForecast.Of([.. good.Select(p => p with { Share = p.Share / 30 })], null, Week, T0.AddDays(30)).ShouldBeNull("beyond a year nothing is foretold");
    }

    [Fact]
    public void Full_window_is_empty_now() =>
        QuotaForecast.Of([new(T0, 0.5), new(T0.AddHours(1), 0.9), new(T0.AddHours(2), 1.2)], T0.AddDays(1), Week, T0.AddHours(3))!.EmptyAt.ShouldBe(T0.AddHours(3));

    [Fact]
    public void Forecast_is_never_in_the_past_and_never_not_a_number() =>
        Prop.ForAll(Histories, h => TestForecasts(h.Points, h.Now).All(f =>
            f is null || (double.IsFinite(f.SharePerHour) && f.SharePerHour > 0 && !(f.EmptyAt < h.Now) && f.LastsUntilReset == (f.EmptyAt is null)))).QuickCheckThrowOnFailure();

    [Fact]
    public void More_used_at_the_end_never_lasts_longer() =>
        Prop.ForAll(Histories, ArbMap.Default.ArbFor<byte>(), (h, more) =>
        {
            if (h.Points.Length == 0)
            {
                return true;
            }

            QuotaPoint[] fuller = [.. h.Points[..^1], h.Points[^1] with { Share = h.Points[^1].Share + (more / 500.0) }];
            return TestForecasts(h.Points, h.Now).Zip(TestForecasts(fuller, h.Now)).All(pair =>
                pair.First is null || (pair.Second is not null && (pair.First.EmptyAt is null || pair.Second.EmptyAt <= pair.First.EmptyAt)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Reset_only_decides_whether_it_lasts() =>
        Prop.ForAll(Histories, h =>
        {
            var free = QuotaForecast.Of(h.Points, null, Week, h.Now);
            var bound = QuotaForecast.Of(h.Points, h.Now.AddHours(7), Week, h.Now);
            return free is null || (bound is not null && bound.SharePerHour.Equals(free.SharePerHour) && bound.LastsUntilReset == free.EmptyAt >= h.Now.AddHours(7));
        }).QuickCheckThrowOnFailure();

    private static QuotaForecast?[] TestForecasts(QuotaPoint[] points, DateTimeOffset now) =>
    [
        QuotaForecast.Of(points, null, null, now),
        QuotaForecast.Of(points, now.AddMinutes(90), TimeSpan.FromHours(5), now),
        QuotaForecast.Of(points, now.AddDays(3), Week, now),
    ];

    private static (QuotaPoint[] Points, DateTimeOffset Now) Build((int Minutes, int Thousandths)[] steps, int later)
    {
        var (at, share) = (T0, 0.0);
        var points = new List<QuotaPoint>();
        foreach (var (minutes, thousandths) in steps)
        {
            (at, share) = (at.AddMinutes(minutes), share + (thousandths / 5000.0));
            points.Add(new QuotaPoint(at, share));
        }

        return ([.. points], at.AddMinutes(later));
    }
}
