using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Proxy.Actors.Relay;
using Proxy.Protocol.Exchanges;

namespace Proxy.Actors.Tests.Relay;

public sealed class CommitGateTests
{
    private readonly ArrayBufferWriter<byte> _client = new();

    [Fact]
    public void Handshake_is_held_until_content_comes()
    {
        using var gate = new CommitGate(16, 1024);

        Feed(gate, FrameKind.Handshake, "a").ShouldBeFalse();
        Feed(gate, FrameKind.Handshake, "b").ShouldBeFalse();
        gate.State.ShouldBe(GateState.Held);
        _client.WrittenCount.ShouldBe(0);

        Feed(gate, FrameKind.Content, "c").ShouldBeTrue();
        gate.Release(_client);

        gate.State.ShouldBe(GateState.Committed);
        Written.ShouldBe("abc");
    }

    [Fact]
    public void After_commit_frames_go_straight_to_the_client()
    {
        using var gate = new CommitGate(16, 1024);
        Feed(gate, FrameKind.Terminal, "a").ShouldBeTrue();
        gate.Release(_client);

        gate.Target(_client).ShouldBeSameAs(_client);
        Feed(gate, FrameKind.Content, "b").ShouldBeFalse();
        Feed(gate, FrameKind.Noise, "p").ShouldBeFalse();

        Written.ShouldBe("abp");
    }

    [Fact]
    public void Fault32_noise_is_dropped_while_held_and_does_not_count()
    {
        using var gate = new CommitGate(2, 64);
        for (var i = 0; i < 1000; i++)
        {
            Feed(gate, FrameKind.Noise, "ping").ShouldBeFalse();
        }

        Feed(gate, FrameKind.Handshake, "a").ShouldBeFalse();
        Feed(gate, FrameKind.Noise, "ping");
        Feed(gate, FrameKind.Handshake, "b").ShouldBeFalse();
        Feed(gate, FrameKind.Content, "c").ShouldBeTrue();
        gate.Release(_client);

        Written.ShouldBe("abc");
    }

    [Fact]
    public void More_handshake_than_the_limit_commits()
    {
        using var gate = new CommitGate(3, 1024);
        Feed(gate, FrameKind.Handshake, "1").ShouldBeFalse();
        Feed(gate, FrameKind.Handshake, "2").ShouldBeFalse();
        Feed(gate, FrameKind.Handshake, "3").ShouldBeFalse();

        Feed(gate, FrameKind.Handshake, "4").ShouldBeTrue();
    }

    [Fact]
    public void More_held_bytes_than_the_limit_commits()
    {
        using var gate = new CommitGate(16, 4);
        Feed(gate, FrameKind.Handshake, "1234").ShouldBeFalse();

        Feed(gate, FrameKind.Handshake, "5").ShouldBeTrue();
    }

    [Fact]
    public void Next_attempt_starts_with_nothing_held_and_stays_opened()
    {
        using var gate = new CommitGate(2, 1024);
        Feed(gate, FrameKind.Handshake, "old");
        Feed(gate, FrameKind.Handshake, "old");
        gate.Open();

        gate.Reset();

        gate.State.ShouldBe(GateState.Opened);
        Feed(gate, FrameKind.Handshake, "new").ShouldBeFalse();
        Feed(gate, FrameKind.Content, "!").ShouldBeTrue();
        gate.Release(_client);
        Written.ShouldBe("new!");
    }

    [Fact]
    public void Opening_after_commit_changes_nothing()
    {
        using var gate = new CommitGate(2, 1024);
        gate.Release(_client);

        gate.Open();

        gate.State.ShouldBe(GateState.Committed);
    }

    [Fact]
    public void Whatever_the_order_of_frames_what_was_not_noise_before_commit_arrives_once_and_in_order()
    {
        var kinds = Gen.Elements(FrameKind.Noise, FrameKind.Handshake, FrameKind.Content, FrameKind.Terminal);
        Check.QuickThrowOnFailure(Prop.ForAll(kinds.ArrayOf().ToArbitrary(), frames =>
        {
            var client = new ArrayBufferWriter<byte>();
            using var gate = new CommitGate(4, 1024);
            var expected = new StringBuilder();
            for (var i = 0; i < frames.Length; i++)
            {
                var wasCommitted = gate.State == GateState.Committed;
                gate.Target(client).Write(Encoding.UTF8.GetBytes($"{i},"));
                if (gate.Take(frames[i]))
                {
                    gate.Release(client);
                }

                if (wasCommitted || frames[i] != FrameKind.Noise)
                {
                    expected.Append(i).Append(',');
                }
            }

            gate.Release(client);
            return Encoding.UTF8.GetString(client.WrittenSpan) == expected.ToString();
        }));
    }

    private string Written => Encoding.UTF8.GetString(_client.WrittenSpan);

    private bool Feed(CommitGate gate, FrameKind kind, string bytes)
    {
        gate.Target(_client).Write(Encoding.UTF8.GetBytes(bytes));
        return gate.Take(kind);
    }
}
