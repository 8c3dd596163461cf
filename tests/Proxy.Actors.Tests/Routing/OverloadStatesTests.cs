using Proxy.Actors.Routing;

namespace Proxy.Actors.Tests.Routing;

public sealed class OverloadStatesTests
{
    private readonly OverloadStates _states = new();

    [Fact]
    public void Waits_grow_with_each_overload_after_the_last_one_ended_up_to_a_minute()
    {
        var now = Given.Start;
        foreach (var seconds in new[] { 10, 20, 40, 60, 60 })
        {
            _states.Note("claude", "m", now);
            _states.Note("claude", "m", now); // of a request that was on its way already
            _states.IsOverloaded("claude", "m", now.AddSeconds(seconds - 1)).ShouldBeTrue();
            now = now.AddSeconds(seconds);
            _states.IsOverloaded("claude", "m", now).ShouldBeFalse();
        }
    }

    [Fact]
    public void Success_clears_it_for_its_provider_and_model_alone()
    {
        _states.Note("claude", "m", Given.Start);
        _states.Note("claude", "n", Given.Start);
        _states.Clear("claude", "m");

        _states.IsOverloaded("claude", "m", Given.Start).ShouldBeFalse();
        _states.IsOverloaded("claude", "n", Given.Start).ShouldBeTrue();
        _states.IsOverloaded("codex", "n", Given.Start).ShouldBeFalse();
    }

    [Fact]
    public void Invented_model_names_do_not_pile_up()
    {
        for (var i = 0; i < 1000; i++)
        {
            _states.Note("claude", $"m{i}", Given.Start);
        }

        _states.All.Count().ShouldBeLessThanOrEqualTo(256);
    }
}
