using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing.Strategies;

/// <summary>
/// Round-robin cursors, one per model: the account that was chosen last. An id begins with its provider, so the ring of
/// a model walks through one provider's accounts after the other's. Bounded, because clients invent model names.
/// </summary>
internal sealed class Rotation
{
    private const int MaxModels = 1024;
    private readonly Dictionary<string, AccountId> _last = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, AccountId> Cursors => _last;

    public AccountId? Last(string model) => _last.TryGetValue(model, out var last) ? last : null;

    public void MoveTo(string model, AccountId account)
    {
        if (_last.Count >= MaxModels && !_last.ContainsKey(model))
        {
            _last.Clear();
        }

        _last[model] = account;
    }
}
