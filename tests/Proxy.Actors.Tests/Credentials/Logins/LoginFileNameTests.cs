using FsCheck;
using FsCheck.Fluent;
using Proxy.Actors.Credentials.Logins;

namespace Proxy.Actors.Tests.Credentials.Logins;

public sealed class LoginFileNameTests
{
    [Fact]
    public void Claude_is_named_by_its_email() =>
        LoginFileName.Of(MadeUp.Claude("Jane.Doe+work@example.com")).ShouldBe("claude-Jane.Doe+work@example.com.json");

    [Fact]
    public void Codex_is_named_by_workspace_email_and_plan()
    {
        // echo -n ws-1 | sha256sum
        LoginFileName.Of(MadeUp.Codex("a@example.com", "ws-1", "Team Plan")).ShouldBe("codex-76944604-a@example.com-team-plan.json");
        LoginFileName.Of(MadeUp.Codex("a@example.com", null, "plus")).ShouldBe("codex-a@example.com-plus.json");
        LoginFileName.Of(MadeUp.Codex("a@example.com", "ws-1", null)).ShouldBe("codex-76944604-a@example.com.json");
    }

    [Theory]
    [InlineData("../../etc/passwd@x")]
    [InlineData("..\\..\\evil@example.com")]
    [InlineData("/absolute@example.com")]
    [InlineData("nul\0byte@example.com")]
    [InlineData("line\nbreak@example.com")]
    [InlineData("C:evil@example.com")]
    [InlineData("wild*card?@example.com")]
    [InlineData("\u202Egnp.exe@example.com")]
    public void Hostile_email_stays_in_the_directory_and_apart_from_its_harmless_twin(string email)
    {
        var name = LoginFileName.Of(MadeUp.Claude(email));

        Path.GetFileName(name).ShouldBe(name);
        name.ShouldMatch("^claude-[A-Za-z0-9@._+-]+-[0-9a-f]{8}\\.json$");
        name.ShouldNotBe(LoginFileName.Of(MadeUp.Claude(name["claude-".Length..^".json".Length][..^9])));
    }

    [Fact]
    public void Any_email_gives_one_safe_name_of_bounded_length() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), ArbMap.Default.ArbFor<string>(), (email, plan) =>
        {
            var name = LoginFileName.Of(MadeUp.Codex(email.Get, "ws-1", plan));
            return name.Length < 180 && name.All(c => char.IsAsciiLetterOrDigit(c) || "@._+-".Contains(c, StringComparison.Ordinal)) && name.EndsWith(".json", StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Login_without_an_email_has_a_name_too()
    {
        var name = LoginFileName.Of(MadeUp.Claude(null));
        name.ShouldMatch("^claude-login-[0-9a-f]{8}\\.json$");
        name.ShouldNotContain("refresh");
    }
}
