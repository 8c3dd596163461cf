using System.Collections.Concurrent;

namespace Proxy.Sandbox.Scripts;

/// <summary>Knows which openings each account has seen for each model: the second request with one reads half of its tokens from the cache.</summary>
internal sealed class PromptCache
{
    private const int MaxOpenings = 10_000;
    private readonly ConcurrentDictionary<(string Account, string Model, string Opening), bool> _seen = new();

    public (int Input, int Cached, int Written) Count(Prompt prompt, string account)
    {
        var input = (prompt.BodyLength / 4) + 1;
        if (prompt.Opening.Length == 0)
        {
            return (input, 0, 0);
        }

        if (_seen.Count >= MaxOpenings)
        {
            _seen.Clear();
        }

        var opening = prompt.Opening.Length > 4096 ? prompt.Opening[..4096] : prompt.Opening;
        return _seen.TryAdd((account, prompt.Model, opening), true) ? (input, 0, input / 2) : (input, input / 2, 0);
    }

    public void Clear() => _seen.Clear();
}
