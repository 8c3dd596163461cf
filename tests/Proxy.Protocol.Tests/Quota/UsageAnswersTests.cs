using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Quota;

namespace Proxy.Protocol.Tests.Quota;

public sealed class UsageAnswersTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Anthropics_answer_tells_the_windows_that_its_headers_tell_too()
    {
        var reading = Read(UpstreamKind.Claude, """
            {"five_hour":{"utilization":37.5,"resets_at":"2027-01-15T09:00:00.5+00:00"},"seven_day":{"utilization":26,"resets_at":null},
             "seven_day_opus":null,"seven_day_sonnet":{"utilization":1.0,"resets_at":"2027-01-20T00:00:00Z"},"iguana_necktie":null,"tangelo":{"utilization":99,"resets_at":null},
             "extra_usage":{"is_enabled":false,"monthly_limit":null,"used_credits":null,"utilization":null}}
            """).ShouldNotBeNull();

        (reading.IsWhole, reading.IsWholeOfModels, reading.IsRefusal, reading.Source).ShouldBe((true, true, false, QuotaSource.UsageEndpoint));
        reading.Windows.ShouldBe(
        [
            new QuotaWindow("5h", 0.375, new DateTimeOffset(2027, 1, 15, 9, 0, 0, 500, TimeSpan.Zero), false, TimeSpan.FromHours(5), null),
            new QuotaWindow("7d", 0.26, null, false, TimeSpan.FromDays(7), null),
            new QuotaWindow("7d", 0.01, new DateTimeOffset(2027, 1, 20, 0, 0, 0, TimeSpan.Zero), false, TimeSpan.FromDays(7), "sonnet"),
        ]);
    }

    [Fact]
    public void Anthropics_newer_list_names_models_and_the_older_members_win()
    {
        var reading = Read(UpstreamKind.Claude, """
            {"five_hour":null,"seven_day":{"utilization":39,"resets_at":null},"seven_day_opus":null,"limits":[
              {"kind":"session","percent":12,"resets_at":"2027-01-15T09:00:00Z","scope":null},
              {"kind":"weekly_all","percent":40,"resets_at":null,"scope":null},
              {"kind":"weekly_scoped","percent":100,"resets_at":"2027-01-20T00:00:00Z","scope":{"model":{"id":null,"display_name":"Fable"},"surface":null}},
              {"kind":"weekly_scoped","percent":70,"resets_at":null,"scope":{"model":null,"surface":"cowork"}},
              {"kind":"something_new","percent":70,"resets_at":null},7,null]}
            """).ShouldNotBeNull();

        reading.Windows.Select(w => (w.Name, w.Model, w.UsedShare)).ShouldBe([("7d", null, 0.39), ("5h", null, 0.12), ("7d", "fable", 1)]);
        reading.Windows[2].IsSpent.ShouldBeTrue();
    }

    [Fact]
    public void Paid_use_beyond_the_plan_makes_a_full_window_none_that_refuses() =>
        Read(UpstreamKind.Claude, """{"five_hour":{"utilization":100,"resets_at":null},"extra_usage":{"is_enabled":true}}""").ShouldNotBeNull()
            .Windows.Single().IsSpent.ShouldBeFalse();

    [Fact]
    public void Account_without_any_limit_is_understood() =>
        Read(UpstreamKind.Claude, """{"five_hour":null,"seven_day":null}""").ShouldNotBeNull().Windows.ShouldBeEmpty();

    [Fact]
    public void ChatGpts_answer_is_read_by_the_length_of_its_windows()
    {
        var reading = Read(UpstreamKind.Codex, """
            {"plan_type":"prolite","rate_limit":{"allowed":false,"limit_reached":true,
              "primary_window":{"used_percent":100,"limit_window_seconds":604800,"reset_after_seconds":293741,"reset_at":1800293741},"secondary_window":null},
             "additional_rate_limits":[{"limit_name":"GPT-5.3-Codex-Spark","metered_feature":"codex_bengalfox","rate_limit":{"allowed":true,"limit_reached":false,
              "primary_window":{"used_percent":4,"limit_window_seconds":18000,"reset_after_seconds":60,"reset_at":0},"secondary_window":null}}],
             "code_review_rate_limit":{"primary_window":{"used_percent":50,"limit_window_seconds":604800}},"credits":{"has_credits":false,"unlimited":false,"balance":null}}
            """).ShouldNotBeNull();

        reading.Plan.ShouldBe("prolite");
        reading.IsRefusal.ShouldBeTrue();
        reading.Windows.ShouldBe(
        [
            new QuotaWindow("7d", 1, Now.AddSeconds(293_741), false, TimeSpan.FromDays(7), null),
            new QuotaWindow("5h", 0.04, Now.AddSeconds(60), false, TimeSpan.FromHours(5), "gpt-5.3-codex-spark"),
        ]);
    }

    [Fact]
    public void Credits_go_on_where_a_window_ends()
    {
        var reading = Read(UpstreamKind.Codex, """
            {"rate_limit":{"allowed":true,"limit_reached":true,"primary_window":{"used_percent":100,"limit_window_seconds":18000,"reset_at":1800000300}},"credits":{"has_credits":true,"unlimited":false,"balance":"5"}}
            """).ShouldNotBeNull();

        reading.IsRefusal.ShouldBeFalse();
        reading.Windows.Single().IsSpent.ShouldBeFalse();
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html></html>")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("{\"error\":{\"message\":\"no\"}}")]
    [InlineData("{\"rate_limit\":")]
    [InlineData("{\"\\ud800\":1,\"five_hour\":{\"utilization\":1,\"resets_at\":\"\\ud800\"},\"plan_type\":\"\\udc00\",\"rate_limit\":null}")]
    public void What_is_no_answer_is_never_a_crash(string body)
    {
        foreach (var kind in new[] { UpstreamKind.Claude, UpstreamKind.Codex, UpstreamKind.Compatible })
        {
            var reading = Read(kind, body);
            (reading is null || body.Contains("ud800", StringComparison.Ordinal)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Numbers_that_make_no_sense_are_none()
    {
        var window = Read(UpstreamKind.Claude, """{"five_hour":{"utilization":-3,"resets_at":"soon"},"seven_day":{"utilization":1e300,"resets_at":7}}""").ShouldNotBeNull().Windows;

        window.ShouldAllBe(w => w.UsedShare == null && w.ResetsAt == null && !w.IsSpent);
    }

    private static QuotaReading? Read(UpstreamKind kind, string body) => UsageAnswers.Read(kind, Encoding.UTF8.GetBytes(body), Now);
}
