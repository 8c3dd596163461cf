using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>
/// Runs actors on the thread that asks it to, one after the other, in the order in which they got something to do: the
/// same messages in the same order in every run.
/// </summary>
public sealed class SimDispatcher(MessageDispatcherConfigurator configurator) : MessageDispatcher(configurator)
{
    /// <summary>Its name in the configuration, and in the props of the actors that run on it.</summary>
    public const string Name = "simulated";

    private readonly ConcurrentQueue<IRunnable> _runnable = new();
    private readonly SemaphoreSlim _news = new(0);
    private volatile bool _isLetGo;

    /// <summary>What makes it known.</summary>
    public static string Configuration => $$"""{{Name}} { type = "{{typeof(SimDispatcherConfigurator).AssemblyQualifiedName}}", throughput = 100 }""";

    /// <summary>Runs until nobody has anything to do.</summary>
    public void RunAll()
    {
        while (_runnable.TryDequeue(out var actor))
        {
            actor.Run();
        }
    }

    /// <summary>Runs it in its turn.</summary>
    public void Begin(Action work) => ExecuteTask(new ActionRunnable(work));

    /// <summary>Something happened on another thread.</summary>
    public void Tell() => _news.Release();

    /// <summary>Waits until an actor got something to do, or <see cref="Tell"/> was called, since the last time.</summary>
    public void AwaitNews() => _news.Wait(FailSafe.Limit).ShouldBeTrue("a refresh neither called the provider nor ended");

    /// <summary>From now on actors run by themselves: the system stops.</summary>
    public void LetGo()
    {
        _isLetGo = true;
        while (_runnable.TryDequeue(out var actor))
        {
            ExecuteTask(actor);
        }
    }

    /// <inheritdoc />
    protected override void ExecuteTask(IRunnable run)
    {
        if (_isLetGo)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Run(), run, preferLocal: false);
            return;
        }

        _runnable.Enqueue(run);
        _news.Release();
    }

    /// <inheritdoc />
    protected override void Shutdown() => _runnable.Clear();
}

/// <summary>Runs tasks where the actors run.</summary>
public sealed class SimScheduler(SimDispatcher dispatcher) : TaskScheduler
{
    /// <inheritdoc />
    protected override IEnumerable<Task> GetScheduledTasks() => [];

    /// <inheritdoc />
    protected override void QueueTask(Task task) => dispatcher.Begin(() => TryExecuteTask(task));

    /// <inheritdoc />
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
}

/// <summary>Made by Akka from <see cref="SimDispatcher.Configuration"/>.</summary>
public sealed class SimDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly SimDispatcher _dispatcher;

    /// <summary>Made by reflection.</summary>
    public SimDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites) => _dispatcher = new SimDispatcher(this);

    /// <inheritdoc />
    public override MessageDispatcher Dispatcher() => _dispatcher;
}
