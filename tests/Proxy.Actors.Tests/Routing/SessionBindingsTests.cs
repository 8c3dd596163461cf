using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;

namespace Proxy.Actors.Tests.Routing;

public sealed class SessionBindingsTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromHours(1);
    private readonly SessionBindings _bindings = new();

    private void Bind(string session, string account, int minute = 0, int max = 10) =>
        _bindings.Bind(session, "claude", new AccountId(account), Given.Start.AddMinutes(minute), max);

    private string? Find(string session, int minute = 0, string provider = "claude") =>
        _bindings.Find(session, provider, Given.Start.AddMinutes(minute), Ttl)?.Account.Value;

    [Fact]
    public void Use_within_the_hour_keeps_it_and_an_hour_of_rest_ends_it()
    {
        Bind("s", "claude-1");

        Find("s", 59).ShouldBe("claude-1");
        Find("s", 118).ShouldBe("claude-1");
        Find("s", 178).ShouldBeNull();
        _bindings.Count.ShouldBe(0);
    }

    [Fact]
    public void Least_recently_used_goes_first()
    {
        Bind("a", "claude-1", max: 2);
        Bind("b", "claude-2", max: 2);
        Find("a");
        Bind("c", "claude-1", max: 2);

        Find("b").ShouldBeNull();
        Find("a").ShouldBe("claude-1");
        Find("c").ShouldBe("claude-1");
        _bindings.Count.ShouldBe(2);
    }

    [Fact]
    public void Ten_thousand_sessions_are_kept_and_no_more()
    {
        for (var i = 0; i < 10_500; i++)
        {
            Bind($"s{i}", "claude-1", max: 10_000);
        }

        _bindings.Count.ShouldBe(10_000);
        Find("s499").ShouldBeNull();
        Find("s500").ShouldBe("claude-1");
        _bindings.Trim(100);
        _bindings.Count.ShouldBe(100);
    }

    [Fact]
    public void Providers_have_bindings_of_their_own()
    {
        Bind("s", "claude-1");

        Find("s", provider: "codex").ShouldBeNull();
    }

    [Fact]
    public void Session_that_moved_is_known_as_such()
    {
        Bind("s", "claude-1");
        Bind("s", "claude-1");
        _bindings.Find("s", "claude", Given.Start, Ttl)!.Value.HasMoved.ShouldBeFalse();

        Bind("s", "claude-2");
        var moved = _bindings.Find("s", "claude", Given.Start, Ttl)!.Value;
        (moved.Account.Value, moved.HasMoved).ShouldBe(("claude-2", true));
    }
}
