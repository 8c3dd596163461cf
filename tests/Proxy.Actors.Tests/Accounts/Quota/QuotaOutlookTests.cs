using Proxy.Actors.Accounts;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Tests.Accounts.Quota;

public sealed class QuotaOutlookTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Outlook_is_made_of_the_accounts_own_windows()
    {
        var outlook = Read(T0, Weekly(0.3, null), Weekly(0.9, "opus"), Five(0.6)).Outlook;

        outlook.Weekly.ShouldBe(new WindowOutlook(0.3, T0.AddDays(3), T0));
        outlook.FiveHours.ShouldBe(new WindowOutlook(0.6, T0.AddHours(2), T0));
        QuotaWindows.None.Outlook.ShouldBe(QuotaOutlook.Unknown);
    }

    [Fact]
    public void Window_that_has_started_anew_is_unknown_since_its_reset_and_not_nearly_used_up()
    {
        var five = Read(T0, Five(0.98)).Outlook.FiveHours.ShouldNotBeNull();

        five.UsedShareAt(T0.AddHours(2).AddSeconds(-1)).ShouldBe(0.98);
        five.UsedShareAt(T0.AddHours(2)).ShouldBeNull();
        five.ResetsAtAfter(T0.AddHours(2)).ShouldBeNull();
    }

    [Theory]
    [InlineData(0.301, 0.3099, true)]
    [InlineData(0.3099, 0.31, false)]
    [InlineData(0.29, 0.29, true)] // 0.29 * 100 is a little less than 29
    public void Outlook_differs_by_whole_percents(double before, double after, bool same)
    {
        var (a, b) = (Read(T0, Weekly(before, null)).Outlook, Read(T0.AddHours(1), Weekly(after, null)).Outlook);

        a.MeansTheSameAs(b).ShouldBe(same);
        b.MeansTheSameAs(a).ShouldBe(same);
        a.MeansTheSameAs(QuotaOutlook.Unknown).ShouldBeFalse();
    }

    private static QuotaWindows Read(DateTimeOffset at, params QuotaWindow[] windows) => QuotaWindows.None.With(new QuotaReading(at, windows));

    private static QuotaWindow Weekly(double share, string? model) => new("7d", share, T0.AddDays(3), false, TimeSpan.FromDays(7), model);

    private static QuotaWindow Five(double share) => new("5h", share, T0.AddHours(2), false, TimeSpan.FromHours(5), null);
}
