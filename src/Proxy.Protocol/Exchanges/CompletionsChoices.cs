using Proxy.Protocol.Json;

namespace Proxy.Protocol.Exchanges;

/// <summary>How far the choices of one legacy completion have come: a stream tells each of them piece by piece.</summary>
/// <param name="echo">The prompt, where the client wants every choice to begin with it; absent when it does not.</param>
internal sealed class CompletionsChoices(JsonText echo)
{
    private readonly Dictionary<long, int> _lengths = [];

    /// <summary>What stands in front of the next piece of a choice's text, escaped: the prompt, once.</summary>
    public ReadOnlySpan<byte> Prefix(long choice)
    {
        var isFirst = _lengths.TryAdd(choice, 0);
        if (!isFirst || !echo.IsPresent)
        {
            return default;
        }

        _lengths[choice] = CompletionsLogprobs.LengthOf(echo);
        return echo.Escaped;
    }

    /// <summary>Characters of a choice's text in front of its next tokens; only tokens with probabilities are counted.</summary>
    public int LengthOf(long choice) => _lengths.GetValueOrDefault(choice);

    /// <summary>Takes note of tokens that have been told.</summary>
    public void Grow(long choice, int length) => _lengths[choice] = length;
}
