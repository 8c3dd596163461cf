using Proxy.Actors.Relay;

namespace Proxy.Actors.Tests.Relay;

public sealed class WakeTests
{
    [Fact]
    public void Wait_returns_at_once_when_it_was_set_before()
    {
        var wake = new Wake();
        wake.Set();
        wake.Set();

        wake.WaitAsync().IsCompleted.ShouldBeTrue();
        wake.WaitAsync().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task End_of_the_operation_is_told_once()
    {
        var wake = new Wake();
        var waiting = wake.WaitAsync();
        wake.TakeDone().ShouldBeFalse();

        wake.DoneAction();

        await waiting;
        wake.TakeDone().ShouldBeTrue();
        wake.TakeDone().ShouldBeFalse();
    }

    [Fact]
    public async Task No_signal_is_lost_between_two_threads()
    {
        var wake = new Wake();
        const int rounds = 20_000;
        var answered = new SemaphoreSlim(0);
        var setter = Task.Run(async () =>
        {
            for (var i = 0; i < rounds; i++)
            {
                wake.DoneAction();
                await answered.WaitAsync();
            }
        });

        for (var i = 0; i < rounds; i++)
        {
            do
            {
                await wake.WaitAsync();
            }
            while (!wake.TakeDone());
            answered.Release();
        }

        await setter.WaitAsync(Proxy.Testing.FailSafe.Limit);
    }
}
