using System.Text;
using Proxy.Host.Counting;

namespace Proxy.Host.Tests.Counting;

public sealed class RankTableTests
{
    [Fact]
    public void The_package_holds_the_whole_vocabulary()
    {
        var table = RankTable.ReadO200k();

        table.Count.ShouldBe(199_998);
        table.RankOf("!"u8).ShouldBe(0);
        table.RankOf(" the"u8).ShouldBe(290);
        table.RankOf(" cocos"u8).ShouldBe(199_997);
    }

    [Fact]
    public void A_table_costs_a_few_megabytes_not_a_few_dozen()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var table = RankTable.ReadO200k();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // lines and growing arrays included; a dictionary of the same takes 42 MB and keeps them
        allocated.ShouldBeLessThan(30_000_000);
        table.HeldBytes.ShouldBeLessThan(6_000_000);
    }

    [Fact]
    public void Every_token_is_found_and_nothing_else()
    {
        string[] tokens = ["a", "b", "ab", "abc", "é", "漢"];
        var table = RankTable.Read(new StringReader("Capacity: 6\n" + string.Join('\n', tokens.Select(t => Convert.ToBase64String(Encoding.UTF8.GetBytes(t)))) + "\n"));

        tokens.Select(t => table.RankOf(Encoding.UTF8.GetBytes(t))).ShouldBe(Enumerable.Range(0, 6));
        table.RankOf("bc"u8).ShouldBeNegative();
        table.RankOf("abcd"u8).ShouldBeNegative();
        table.RankOf(default).ShouldBeNegative();
    }

    [Theory]
    [InlineData("")]
    [InlineData("YQ==\n")]
    [InlineData("Capacity: many\nYQ==\n")]
    [InlineData("Capacity: 2000000000\n")]
    [InlineData("Capacity: 1\nno base64!\n")]
    public void Another_list_is_refused(string text) =>
        Should.Throw<InvalidDataException>(() => RankTable.Read(new StringReader(text)));
}
