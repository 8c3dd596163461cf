using System.Collections.Concurrent;
using Akka.Actor;

namespace Proxy.Actors.Engine;

/// <summary>
/// Actor references by a type that stands for them, in the shape of Akka.Hosting's registry, which can't be had here
/// (docs/decisions/0001). Thread-safe.
/// </summary>
public sealed class ActorRegistry
{
    private readonly ConcurrentDictionary<Type, IActorRef> _actors = new();

    /// <summary>All keys and actors.</summary>
    public IReadOnlyCollection<KeyValuePair<Type, IActorRef>> All => [.. _actors];

    /// <summary>Registers the actor that <typeparamref name="TKey"/> stands for.</summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public void Register<TKey>(IActorRef actor)
    {
        if (!TryRegister<TKey>(actor))
        {
            throw new InvalidOperationException($"An actor is registered for {typeof(TKey).Name} already.");
        }
    }

    /// <summary>Registers the actor that <typeparamref name="TKey"/> stands for, unless there is one.</summary>
    public bool TryRegister<TKey>(IActorRef actor) => _actors.TryAdd(typeof(TKey), actor);

    /// <summary>The actor that <typeparamref name="TKey"/> stands for.</summary>
    /// <exception cref="InvalidOperationException">None is registered.</exception>
    public IActorRef Get<TKey>() =>
        TryGet<TKey>(out var actor) ? actor : throw new InvalidOperationException($"No actor is registered for {typeof(TKey).Name}.");

    /// <summary>The actor that <typeparamref name="TKey"/> stands for, if there is one.</summary>
    public bool TryGet<TKey>(out IActorRef actor)
    {
        var found = _actors.TryGetValue(typeof(TKey), out var registered);
        actor = registered ?? ActorRefs.Nobody;
        return found;
    }
}
