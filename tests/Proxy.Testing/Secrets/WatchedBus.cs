using Xunit.Abstractions;
using Xunit.Sdk;

namespace Proxy.Testing.Secrets;

/// <summary>Turns "passed" into "failed" for a test that showed a secret.</summary>
internal sealed class WatchedBus(IMessageBus inner, TestScope scope) : IMessageBus
{
    /// <summary>How many were turned.</summary>
    public int Failed { get; private set; }

    public bool QueueMessage(IMessageSinkMessage message)
    {
        if (message is not ITestPassed passed)
        {
            return inner.QueueMessage(message);
        }

        scope.Show(passed.Output, ShownIn.Terminal);
        var leaks = scope.Finish().Concat(TestScope.Shared.Finish()).ToList();
        if (leaks.Count == 0)
        {
            return inner.QueueMessage(message);
        }

        Failed++;
        return inner.QueueMessage(new TestFailed(passed.Test, passed.ExecutionTime, passed.Output, new SecretShownException(leaks)));
    }

    public void Dispose()
    {
        // The bus belongs to the run.
    }
}
