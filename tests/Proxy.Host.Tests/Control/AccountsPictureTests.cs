using Proxy.Actors.Accounts;
using Proxy.Host.CommandLine;

namespace Proxy.Host.Tests.Control;

/// <summary>What a person sees of accounts, whatever others wrote into their files and however narrow the terminal is.</summary>
public sealed class AccountsPictureTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Piped_table_is_one_whole_line_for_each_account()
    {
        using var writer = new StringWriter();

        AccountsPicture.Write(Listing(), writer, Now);

        writer.ToString().ShouldBe("""
            ID               ACCOUNT                 PROVIDER  PLAN  STATE                         QUOTA                                                                                        NEXT REFRESH  IN FLIGHT
            claude-00000001  work (ann@example.com)  claude    max   quota used up for 2 d 3 h     5h 42 %, resets in 2 h 5 min, at this pace empty in 1 h; 7d opus used up, resets in 2 d 3 h  in 3 h        1
            local-00000002   claude-api-key[0]       local     -     login needed: HTTP 401 twice  -                                                                                            -             0
            odd?[2J.json is no account: the file has no type

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(80, 0)]
    [InlineData(40, 0)]
    public void Terminal_gets_the_table_if_it_fits_and_else_the_accounts_below_each_other(int width, int tables)
    {
        using var writer = new StringWriter();

        AccountsPicture.Write(Listing(), writer, Now, width);

        var text = writer.ToString();
        text.Count(c => c is '╭' or '+').ShouldBeLessThanOrEqualTo(tables * 40);
        text.Contains("IN FLIGHT", StringComparison.Ordinal).ShouldBe(tables == 1);
        foreach (var whole in (string[])["work (ann@example.com)", "quota used up for 2 d 3 h", "5h 42 %, resets in 2 h 5 min", "login needed: HTTP 401 twice"])
        {
            text.ShouldContain(whole, Case.Sensitive);
        }
    }

    [Fact]
    public void No_accounts_is_said_and_where_they_would_be()
    {
        using var writer = new StringWriter();

        AccountsPicture.Write(new AccountListing { AuthDirectory = "/home/ann/.cli-proxy-api" }, writer, Now);

        writer.ToString().ShouldContain("No accounts yet");
        writer.ToString().ShouldContain("/home/ann/.cli-proxy-api");
    }

    [Fact]
    public void Show_steers_no_terminal()
    {
        using var writer = new StringWriter();
        var details = Listing().Accounts[0];

        AccountsPlain.Write(details with { File = "a\e[2Jb.json", Account = details.Account with { Label = "\a\u009b2J\u202e" } }, writer, Now);

        writer.ToString().Where(c => char.IsControl(c) || c == '\u202e').Distinct().ShouldBe(['\n']);
        writer.ToString().ShouldContain("expires: 2026-01-01 20:00:00Z (in 8 h)");
        writer.ToString().ShouldNotContain("in seconds");
        writer.ToString().ShouldContain("    - name: 5h, used share: 42 %, resets at: 2026-01-01 14:05:00Z (in 2 h 5 min), is rejected: no, is over: no, age: 10 s");
        writer.ToString().ShouldContain("forecast (in words: made up, share per hour: 20 %, empty at: 2026-01-01 13:00:00Z (in 1 h), lasts until reset: no)");
    }

    [Theory]
    [InlineData(0, "now")]
    [InlineData(45, "in 45 s")]
    [InlineData(-45, "45 s ago")]
    [InlineData(125, "in 2 min 5 s")]
    [InlineData(3600, "in 1 h")]
    [InlineData(7500, "in 2 h 5 min")]
    [InlineData(-277_200, "3 d 5 h ago")]
    public void Times_are_told_from_now(int seconds, string words) => InWords.FromNow(Now.AddSeconds(seconds), Now).ShouldBe(words);

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.0042, "0.4 %")]
    [InlineData(0.42, "42 %")]
    [InlineData(1.07, "107 %")]
    public void Shares_are_told_in_per_cent(double share, string words) => InWords.Share(share).ShouldBe(words);

    private static AccountListing Listing() => new()
    {
        AuthDirectory = "/auths",
        IgnoredFiles = new Dictionary<string, string> { ["odd\e[2J.json"] = "the file has no type" },
        Accounts =
        [
            new AccountDetails
            {
                Email = "ann@example.com",
                File = "claude-ann@example.com.json",
                Account = new AccountView
                {
                    Id = "claude-00000001", Label = "work", Provider = "claude", Credential = "oauth", Plan = "max",
                    State = "quota-exhausted: the week is used up", StateUntil = Now.AddHours(51), Counters = new AccountCounters(),
                    Token = new TokenView("0123456789abcdef", 1, Now.AddHours(8), 28800, Now.AddHours(3), "idle", null, null),
                    Windows =
                    [
                        new WindowView("5h", null, 0.42, Now.AddMinutes(125), IsRejected: false, IsOver: false, 10) { Forecast = new ForecastView("made up", 0.2, Now.AddHours(1), LastsUntilReset: false) },
                        new WindowView("7d", "opus", null, Now.AddHours(51), IsRejected: true, IsOver: false, 10),
                        new WindowView("old", null, 1, Now.AddHours(-1), IsRejected: true, IsOver: true, 10),
                    ],
                    Leases = [new LeaseView(1, 1, "claude-opus", "Inference", 1, 3)],
                },
            },
            new AccountDetails
            {
                Entry = "claude-api-key[0]",
                Account = new AccountView { Id = "local-00000002", Label = "local-00000002", Provider = "local", Credential = "api-key", State = "login-needed: HTTP 401 twice", Counters = new AccountCounters() },
            },
        ],
    };
}
