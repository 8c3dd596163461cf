namespace Proxy.Actors.Routing;

/// <summary>Which providers are out of capacity for which model. Nobody's account is at fault; new choices prefer other providers.</summary>
internal sealed class OverloadStates
{
    private const int MaxEntries = 256;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly Dictionary<(string Provider, string Model), Overload> _states = [];

    public IEnumerable<KeyValuePair<(string Provider, string Model), Overload>> All => _states;

    public bool IsOverloaded(string provider, string model, DateTimeOffset now) =>
        _states.Count > 0 && _states.TryGetValue((provider, model), out var state) && state.Until > now;

    public void Note(string provider, string model, DateTimeOffset now)
    {
        var key = (provider, model);
        if (_states.Count >= MaxEntries && !_states.ContainsKey(key))
        {
            foreach (var old in _states.Where(s => s.Value.Until <= now).Select(s => s.Key).ToArray())
            {
                _states.Remove(old);
            }

            if (_states.Count >= MaxEntries)
            {
                return;
            }
        }

        // Failures of requests that were already on their way do not make it worse.
        _states.TryGetValue(key, out var state);
        if (state.Until > now)
        {
            return;
        }

        var wait = TimeSpan.FromTicks(Math.Min(FirstWait.Ticks << Math.Min(state.Streak, 4), LongestWait.Ticks));
        _states[key] = new Overload(now + wait, state.Streak + 1);
    }

    /// <summary>The clock was set.</summary>
    public void Shift(TimeSpan by)
    {
        foreach (var (key, state) in _states.ToArray())
        {
            _states[key] = state with { Until = state.Until + by };
        }
    }

    public void Clear(string provider, string model)
    {
        if (_states.Count > 0)
        {
            _states.Remove((provider, model));
        }
    }
}

/// <summary>Until when, and the how manyth time in a row.</summary>
internal readonly record struct Overload(DateTimeOffset Until, int Streak);
