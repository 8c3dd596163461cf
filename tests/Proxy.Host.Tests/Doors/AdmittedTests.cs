using Proxy.Host.Doors;

namespace Proxy.Host.Tests.Doors;

public sealed class AdmittedTests
{
    [Fact]
    public void Holders_share_what_there_is_and_give_all_of_it_back()
    {
        var all = new Admission();
        using (var one = new Admitted(all, () => 100))
        using (var other = new Admitted(all, () => 100))
        {
            one.TryHold(60).ShouldBeTrue();
            other.TryHold(41).ShouldBeFalse();
            (other.Amount, all.Inside).ShouldBe((0, 60));
            other.TryHold(40).ShouldBeTrue();
            one.TryHold(10).ShouldBeTrue();
            other.TryHold(90).ShouldBeTrue();
            other.TryHold(91).ShouldBeFalse();
            (one.Amount, other.Amount, all.Inside).ShouldBe((10, 90, 100));
        }

        all.Inside.ShouldBe(0);
    }
}
