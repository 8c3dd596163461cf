using FsCheck;
using FsCheck.Fluent;
using Proxy.Host.Logins;

namespace Proxy.Host.Tests.Logins;

public sealed class PastedAnswerTests
{
    private static readonly LoginState State = new("0123456789abcdef0123456789abcdef");

    [Theory]
    [InlineData("http://localhost:54545/callback?code=the-code&state=0123456789abcdef0123456789abcdef")]
    [InlineData("http://localhost:54545/callback?state=0123456789abcdef0123456789abcdef&code=the-code&scope=x")]
    [InlineData("  <http://localhost:54545/callback?code=the-code&state=0123456789abcdef0123456789abcdef>  ")]
    [InlineData("localhost:54545/callback?code=the-code&state=0123456789abcdef0123456789abcdef")]
    [InlineData("?code=the-code&state=0123456789abcdef0123456789abcdef")]
    [InlineData("code=the-code&state=0123456789abcdef0123456789abcdef")]
    [InlineData("state=0123456789abcdef0123456789abcdef&code=the-code")]
    [InlineData("the-code#0123456789abcdef0123456789abcdef")]
    [InlineData("https://console.example/oauth/code/callback?code=the-code#0123456789abcdef0123456789abcdef")]
    [InlineData("http://localhost:54545/callback?code=the-code&state=0123456789abcdef0123456789abcdef#top")]
    [InlineData("http://localhost:54545/callback?code=the-code%230123456789abcdef0123456789abcdef")]
    public void Answer_is_found_in_every_form(string line)
    {
        var reading = PastedAnswer.Read(line, State);
        reading.Trouble.ShouldBeNull();
        (reading.Answer!.Code, reading.Answer.State).ShouldBe(("the-code", State.Value));
    }

    [Theory]
    [InlineData("", "Nothing")]
    [InlineData("\"\"", "Nothing")]
    [InlineData("yes", "state is missing")]
    [InlineData("y e s", "no code")]
    [InlineData("http://localhost:54545/callback", "no code")]
    [InlineData("http://localhost:54545/callback?state=0123456789abcdef0123456789abcdef", "no code")]
    [InlineData("http://localhost:54545/callback?code=the-code", "state is missing")]
    [InlineData("the-code#", "state is missing")]
    [InlineData("the-code#fedcba98", "another login")]
    [InlineData("http://localhost:54545/callback?code=the-code&state=fedcba98", "another login")]
    [InlineData("https://claude.ai/oauth/authorize?code_challenge=x&state=0123456789abcdef0123456789abcdef", "address to open")]
    [InlineData("https://claude.ai/oauth/authorize?code=true&code_challenge=x&state=0123456789abcdef0123456789abcdef", "address to open")]
    public void What_is_wrong_is_said(string line, string says)
    {
        var reading = PastedAnswer.Read(line, State);
        reading.Answer.ShouldBeNull();
        reading.Trouble.ShouldNotBeNull().ShouldContain(says);
    }

    [Theory]
    [InlineData("access_denied", true, "access_denied")]
    [InlineData("server_error", false, "server_error")]
    [InlineData("%1b%5b2Jboo", false, "unknown error")]
    public void Refusal_is_an_answer_too_and_harmless_on_a_terminal(string error, bool isDenial, string shown)
    {
        var answer = PastedAnswer.Read($"http://localhost:54545/callback?error={error}&state={State.Value}", State).Answer.ShouldNotBeNull();
        (answer.IsDenial, answer.Error, answer.Code).ShouldBe((isDenial, shown, null));
    }

    [Fact]
    public void Any_line_is_answered_and_none_is_an_answer_without_the_state() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), line =>
        {
            var reading = PastedAnswer.Read(line.Get, State);
            return reading.Answer is null && reading.Trouble is { Length: > 0 };
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Answer_prints_as_nothing() =>
        PastedAnswer.Read($"the-code#{State.Value}", State).ToString().ShouldNotContain("the-code");
}
