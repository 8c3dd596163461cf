using Proxy.Host.Logins;

namespace Proxy.Host.Tests.Logins;

public sealed class PkceTests
{
    [Fact]
    public void Challenge_is_that_of_RFC_7636_appendix_B() =>
        new Pkce("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").Challenge.ShouldBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");

    [Fact]
    public void Verifier_is_96_random_bytes_and_prints_as_nothing()
    {
        var one = Pkce.New();
        one.Verifier.ShouldMatch("^[A-Za-z0-9_-]{128}$");
        one.Challenge.ShouldMatch("^[A-Za-z0-9_-]{43}$");
        Pkce.New().Verifier.ShouldNotBe(one.Verifier);
        one.ToString().ShouldBe("Pkce { *** }");
    }

    [Fact]
    public void State_is_128_random_bits_and_matches_itself_alone()
    {
        var state = LoginState.New();
        state.Value.ShouldMatch("^[0-9a-f]{32}$");
        LoginState.New().Value.ShouldNotBe(state.Value);
        state.Matches(state.Value).ShouldBeTrue();
        foreach (var other in new[] { null, string.Empty, state.Value[..^1], state.Value + "0", state.Value.ToUpperInvariant() + "x" })
        {
            state.Matches(other).ShouldBeFalse();
        }
    }
}
