using Proxy.Actors.Accounts;

namespace Proxy.Actors.Relay.Continuations;

/// <summary>An output item of an answer that went out.</summary>
/// <param name="Json">The item as its client got it.</param>
/// <param name="Account">Who made it.</param>
/// <param name="IsBound">Reasoning or compaction: where it is encrypted, only that account can read it.</param>
internal sealed record KeptItem(ReadOnlyMemory<byte> Json, AccountId Account, bool IsBound)
{
    /// <summary>Free of what was said.</summary>
    public override string ToString() => $"KeptItem {{ {Json.Length} bytes of {Account} }}";
}
