using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Actors.Relay.Continuations;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Relay.Continuations;

public sealed class ItemStoreTests
{
    private static readonly AccountId Maker = new("codex-1");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void An_item_is_found_by_the_key_and_id_it_was_kept_under_and_by_no_other()
    {
        var store = new ItemStore(_time);
        store.Keep("key-a", "msg_1", Item("of a"));
        store.Keep("key-b", "msg_1", Item("of b"));
        store.Keep(null, "msg_1", Item("of nobody"));

        Text(store.Find("key-a", "msg_1")).ShouldBe("of a");
        Text(store.Find("key-b", "msg_1")).ShouldBe("of b");
        Text(store.Find(null, "msg_1")).ShouldBe("of nobody");
        store.Find("key-c", "msg_1").ShouldBeNull();
        store.Find("key-a", "msg_2").ShouldBeNull();
        store.Find("key-a", "MSG_1").ShouldBeNull();
    }

    [Fact]
    public void A_later_item_takes_an_earlier_ones_place_and_its_bytes()
    {
        var store = new ItemStore(_time);
        store.Keep("key", "msg_1", Item(new string('x', 10_000)));
        store.Keep("key", "msg_1", Item("newer"));

        Text(store.Find("key", "msg_1")).ShouldBe("newer");
        store.Count.ShouldBe(1);
        store.Size.ShouldBeLessThan(1_000);
    }

    [Fact]
    public void What_was_not_used_for_longest_makes_room()
    {
        var store = new ItemStore(_time, limit: 5_000);
        for (var i = 0; i < 4; i++)
        {
            store.Keep("key", $"msg_{i}", Item(new string('x', 1_000 - i)));
        }

        store.Count.ShouldBe(3);
        store.Find("key", "msg_0").ShouldBeNull();
        store.Find("key", "msg_1").ShouldNotBeNull(); // now msg_2 is the one that waits for longest
        store.Keep("key", "msg_4", Item(new string('x', 1_000)));

        store.Find("key", "msg_2").ShouldBeNull();
        store.Find("key", "msg_1").ShouldNotBeNull();
        store.Find("key", "msg_3").ShouldNotBeNull();
        store.Find("key", "msg_4").ShouldNotBeNull();
        store.Size.ShouldBeLessThanOrEqualTo(5_000);
    }

    [Fact]
    public void An_item_larger_than_everything_may_be_drives_nobody_out()
    {
        var store = new ItemStore(_time, limit: 5_000);
        store.Keep("key", "msg_1", Item("small"));
        store.Keep("key", "msg_2", Item(new string('x', 6_000)));

        store.Find("key", "msg_1").ShouldNotBeNull();
        store.Find("key", "msg_2").ShouldBeNull();
        store.Count.ShouldBe(1);
    }

    [Fact]
    public void An_item_that_outgrows_everything_takes_its_former_self_along()
    {
        var store = new ItemStore(_time, limit: 5_000);
        store.Keep("key", "msg_1", Item("small"));
        store.Keep("key", "msg_1", Item(new string('x', 6_000)));

        store.Find("key", "msg_1").ShouldBeNull();
        (store.Count, store.Size).ShouldBe((0, 0));
    }

    [Fact]
    public void The_default_is_64_MiB()
    {
        var store = new ItemStore(_time);
        for (var i = 0; i < 70; i++)
        {
            store.Keep("key", $"msg_{i}", new KeptItem(new byte[1024 * 1024], Maker, IsBound: false));
        }

        store.Count.ShouldBe(63); // ids and bookkeeping count
        store.Size.ShouldBeLessThanOrEqualTo(64L * 1024 * 1024);
    }

    [Fact]
    public void An_hour_without_use_ends_an_item_and_gives_its_bytes_back()
    {
        var store = new ItemStore(_time);
        store.Keep("key", "msg_1", Item("one"));
        _time.Advance(TimeSpan.FromMinutes(59));
        store.Keep("key", "msg_2", Item("two"));
        store.Find("key", "msg_1").ShouldNotBeNull();

        _time.Advance(TimeSpan.FromMinutes(59));
        store.Find("key", "msg_1").ShouldNotBeNull(); // used 59 minutes ago

        _time.Advance(TimeSpan.FromMinutes(1));
        store.Find("key", "msg_2").ShouldBeNull();
        store.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromHours(1));
        store.Find("key", "msg_1").ShouldBeNull();
        (store.Count, store.Size).ShouldBe((0, 0));
    }

    [Fact]
    public void Keeping_sweeps_what_has_expired()
    {
        var store = new ItemStore(_time);
        store.Keep("key", "msg_1", Item("one"));
        _time.Advance(TimeSpan.FromHours(1));
        store.Keep("key", "msg_2", Item("two"));

        store.Count.ShouldBe(1);
    }

    [Fact]
    public void Many_threads_at_once_leave_count_and_size_true()
    {
        const int Each = 2_000;
        var store = new ItemStore(_time, limit: 40_000);
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < Each; i++)
            {
                store.Keep($"key-{thread % 2}", $"msg_{i % 97}", Item(new string('x', i % 50)));
                store.Find($"key-{(thread + 1) % 2}", $"msg_{i % 89}");
            }
        });

        store.Size.ShouldBeLessThanOrEqualTo(40_000);
        _time.Advance(TimeSpan.FromHours(1));
        store.Find("key-0", "msg_0").ShouldBeNull();
        (store.Count, store.Size).ShouldBe((0, 0));
    }

    [Fact]
    public void An_item_prints_nothing_of_what_was_said() => Item("a secret").ToString().ShouldNotContain("secret");

    private static KeptItem Item(string text) => new(Encoding.UTF8.GetBytes(text), Maker, IsBound: false);

    private static string? Text(KeptItem? item) => item is null ? null : Encoding.UTF8.GetString(item.Json.Span);
}
