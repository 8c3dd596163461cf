using System.Text;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;

namespace Proxy.Protocol.Tests.Failures;

public sealed class ErrorRuleTests
{
    private const string Body = """{"error":{"type":"odd_error","message":"The Widget is asleep (code 42)"}}""";

    [Theory]
    [InlineData(400, null, null, true)]
    [InlineData(401, null, null, false)]
    [InlineData(null, "widget IS asleep", null, true)]
    [InlineData(null, "gadget", null, false)]
    [InlineData(400, "gadget", "code [0-9]+", true)]
    [InlineData(null, null, "Code", false)] // patterns mind the case
    [InlineData(null, null, "(?i)Code", true)]
    [InlineData(401, "widget", "code", false)]
    public void Rule_fits_by_status_and_any_of_its_texts_and_patterns(int? status, string? text, string? pattern, bool fits)
    {
        var rule = ErrorRule.Create(status, text is null ? [] : [text], pattern is null ? [] : [pattern], "stop", out var mistake);

        mistake.ShouldBeNull();
        rule!.Fits(400, Body).ShouldBe(fits);
    }

    [Theory]
    [InlineData(null, null, null, "stop", "every error")]
    [InlineData(400, null, null, "pause", "no action")]
    [InlineData(400, null, null, null, "no action")]
    [InlineData(200, null, null, "stop", "no error")]
    [InlineData(null, " ", null, "stop", "empty match")]
    [InlineData(null, null, "(", "stop", "no regular expression")]
    [InlineData(null, null, "(?=x)y", "stop", "look-around")]
    public void Mistake_is_said_with_its_fix(int? status, string? text, string? pattern, string? action, string words)
    {
        ErrorRule.Create(status, text is null ? [] : [text], pattern is null ? [] : [pattern], action, out var mistake).ShouldBeNull();
        mistake.ShouldNotBeNull().ShouldContain(words);
    }

    [Fact]
    public void First_rule_that_fits_counts_and_goes_with_the_failure()
    {
        var rules = new[] { Rule(403, "stop"), Rule(400, "continue-and-cooldown"), Rule(400, "stop") };

        var failure = Classify(400, Body, rules);

        failure.Ruling.ShouldBe(FailureRuling.ContinueAndCooldown);
        failure.Class.ShouldBe(FailureClass.Request);
        Classify(422, Body, rules).Ruling.ShouldBeNull();
    }

    [Fact]
    public void Rule_for_a_bare_404_wins_over_the_wrong_address_that_it_looks_like()
    {
        var failure = Classify(404, "nothing here", [Rule(404, "stop")]);

        failure.Ruling.ShouldBe(FailureRuling.Stop);
        ErrorBody.For(failure, Dialect.OpenAIChat).Status.ShouldBe(404);
    }

    [Fact]
    public void Network_faults_and_cut_streams_are_nobodys_rule()
    {
        var rules = new[] { Rule(null, "stop", "upstream") };
        FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Compatible, Network = NetworkFault.Connect, Rules = rules }, DateTimeOffset.UnixEpoch).Ruling.ShouldBeNull();
        FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Compatible, IsTruncated = true, Rules = rules }, DateTimeOffset.UnixEpoch).Ruling.ShouldBeNull();
    }

    [Fact]
    public void Pattern_that_would_run_for_ever_elsewhere_ends_at_once()
    {
        var rule = ErrorRule.Create(null, [], ["(a+)+$"], "stop", out _)!;

        rule.Fits(400, new string('a', 60_000) + "b").ShouldBeFalse(); // backtracking would take 2^60000 steps
    }

    [Fact]
    public void Stopped_401_does_not_reach_the_client_as_one() =>
        ErrorBody.For(Classify(401, Body, [Rule(401, "stop")]), Dialect.OpenAIChat).Status.ShouldBe(400);

    private static ErrorRule Rule(int? status, string action, params string[] texts) => ErrorRule.Create(status, texts, [], action, out _)!;

    private static Failure Classify(int status, string body, IReadOnlyList<ErrorRule> rules) =>
        FailureClassifier.Classify(new UpstreamError { Kind = UpstreamKind.Compatible, Status = status, Body = Encoding.UTF8.GetBytes(body), Rules = rules }, DateTimeOffset.UnixEpoch);
}
