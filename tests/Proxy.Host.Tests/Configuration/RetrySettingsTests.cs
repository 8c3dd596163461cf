using Proxy.Host.Configuration;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Tests.Configuration;

/// <summary>The keys about retries, of all and of single credentials.</summary>
public sealed class RetrySettingsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-1", 0)]
    [InlineData("45", 45)]
    [InlineData("2m", 120)]
    public void Longest_wait_is_a_duration_and_zero_or_less_is_none(string written, int seconds) =>
        Read($"max-retry-interval: {written}").Configuration!.Routing.MaxRetryInterval.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Keys_of_all_accounts_are_read()
    {
        var routing = Read("""
            request-retry: 1
            max-retry-credentials: 2
            disable-cooling: true
            transient-error-cooldown-seconds: -1
            """).Configuration!.Routing;

        (routing.RequestRetry, routing.MaxRetryCredentials, routing.DisableCooling, routing.TransientErrorCooldownSeconds).ShouldBe((1, 2, true, -1));
    }

    [Theory]
    [InlineData("max-retry-interval: soon", "max-retry-interval")]
    [InlineData("transient-error-cooldown-seconds: -2", "transient-error-cooldown-seconds")]
    [InlineData("max-retry-credentials: -1", "max-retry-credentials")]
    [InlineData("disable-cooling: perhaps", "disable-cooling")]
    public void Mistake_names_its_key(string text, string key)
    {
        var reading = Read(text);

        reading.Configuration.ShouldBeNull();
        reading.Report.Remarks.ShouldHaveSingleItem().ToString().ShouldContain(key);
    }

    [Fact]
    public void Entry_says_it_for_itself_and_one_key_of_it_for_itself_alone()
    {
        var accounts = Read("""
            claude-api-key:
              - api-key: made-up-key-1
              - api-key: made-up-key-2
                request-retry: 0
                disable-cooling: true
            openai-compatibility:
              - name: lab
                base-url: "https://lab.example.com/v1"
                request-retry: 5
                request-scoped-errors:
                  - status: 400
                    match: ["one", "two"]
                    action: stop
                api-key-entries:
                  - api-key: made-up-key-3
                  - api-key: made-up-key-4
                    request-retry: 1
                    request-scoped-errors:
                      - match-regexr: "^{"
                        action: continue-and-cooldown
                models:
                  - name: "m"
            """).Configuration!.ApiKeyAccounts;

        accounts.Select(a => (a.Retry.RequestRetry, a.Retry.DisableCooling)).ShouldBe([(null, null), (0, true), (5, null), (1, null)]);
        accounts[2].Retry.ErrorRules.ShouldHaveSingleItem().Texts.ShouldBe(["one", "two"]);
        accounts[3].Retry.ErrorRules.Select(r => r.Ruling).ShouldBe([FailureRuling.ContinueAndCooldown, FailureRuling.Stop]);
    }

    [Theory]
    [InlineData("status: 400", "no action")]
    [InlineData("action: stop", "every error")]
    [InlineData("{ status: often, action: stop }", "no HTTP status")]
    [InlineData("{ match-regexr: \"(\", action: stop }", "no regular expression")]
    public void Rule_that_is_wrong_is_an_error_that_says_where_and_what(string rule, string words)
    {
        var reading = Read($"providers:\n  claude:\n    request-scoped-errors:\n      - {rule}\n");

        reading.Configuration.ShouldBeNull();
        var remark = reading.Report.Remarks.ShouldHaveSingleItem().ToString();
        remark.ShouldContain("providers.claude.request-scoped-errors[0]");
        remark.ShouldContain(words);
    }

    [Fact]
    public void Rules_of_a_provider_are_read_and_printed_so_that_they_can_be_read_again()
    {
        const string Rule = """[{status: 403, match: ["say \"please\""], match-regexr: ["code [0-9]+"], action: continue}]""";
        var configuration = Read($"providers:\n  codex:\n    request-scoped-errors: {Rule}\n").Configuration!;
        var setting = Settings.All.Settings.Single(s => s.Key == "providers.codex.request-scoped-errors");

        setting.Print(configuration).ShouldBe(Rule);
    }

    [Fact]
    public void Unknown_key_of_a_rule_is_a_warning_with_the_nearest_one() =>
        Read("providers:\n  claude:\n    request-scoped-errors:\n      - { status: 400, matches: x, action: stop }\n").Report.Remarks
            .ShouldHaveSingleItem().ToString().ShouldContain("Did you mean match?");

    private static ConfigurationReading Read(string text) => ConfigurationReaderTests.Read(text);
}
