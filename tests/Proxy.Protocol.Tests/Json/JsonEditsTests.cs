using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Json;

public sealed class JsonEditsTests
{
    [Fact]
    public void No_edits_give_the_same_bytes() => Apply("{\"a\": 1e400}", new JsonEdits()).ShouldBe("{\"a\": 1e400}");

    [Fact]
    public void Edits_are_applied_in_the_order_of_their_offsets()
    {
        var edits = new JsonEdits();
        edits.Remove(4, 1);
        edits.Insert(0, "<"u8.ToArray());
        edits.Replace(1, 2, "XYZ"u8.ToArray());
        edits.Insert(6, ">"u8.ToArray());

        Apply("abcdef", edits).ShouldBe("<aXYZdf>");
    }

    [Fact]
    public void Two_insertions_at_one_place_keep_their_order()
    {
        var edits = new JsonEdits();
        edits.Insert(3, "1"u8.ToArray());
        edits.Insert(1, "0"u8.ToArray());
        edits.Insert(3, "2"u8.ToArray());

        Apply("abc", edits).ShouldBe("a0bc12");
    }

    [Fact]
    public void Overlapping_edits_are_a_bug()
    {
        var edits = new JsonEdits();
        edits.Replace(0, 3, "x"u8.ToArray());
        edits.Replace(2, 1, "y"u8.ToArray());

        Should.Throw<InvalidOperationException>(() => Apply("abcdef", edits));
    }

    [Fact]
    public void Any_removal_of_siblings_leaves_valid_commas()
    {
        var flags = ArbMap.Default.ArbFor<bool[]>();
        Prop.ForAll(flags, ArbMap.Default.ArbFor<bool>(), (removed, appends) =>
        {
            var body = "[ " + string.Join(" , ", Enumerable.Range(0, removed.Length)) + " ]";
            var siblings = new List<JsonSpan>();
            var at = 2;
            for (var i = 0; i < removed.Length; i++)
            {
                siblings.Add(new JsonSpan(at, at + $"{i}".Length));
                at += $"{i}".Length + 3;
            }

            var edits = new JsonEdits();
            JsonRemoval.Apply(edits, siblings, 0, i => removed[i], appends ? "99"u8.ToArray() : default);

            var left = System.Text.Json.JsonSerializer.Deserialize<int[]>(Apply(body, edits))!;
            var expected = Enumerable.Range(0, removed.Length).Where(i => !removed[i]).Concat(appends ? [99] : []);
            left.ShouldBe(expected);
        }).QuickCheckThrowOnFailure();
    }

    private static string Apply(string body, JsonEdits edits)
    {
        var output = new ArrayBufferWriter<byte>();
        edits.Apply(Encoding.UTF8.GetBytes(body), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
