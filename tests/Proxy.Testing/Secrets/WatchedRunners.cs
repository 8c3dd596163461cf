using Xunit.Abstractions;
using Xunit.Sdk;

namespace Proxy.Testing.Secrets;

// xunit 2 offers no hook around every test of an assembly; these four hand its own runners down to the one that matters,
// WatchedMethodRunner.

internal sealed class WatchedAssemblyRunner(
    ITestAssembly assembly, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageSink execution, ITestFrameworkExecutionOptions options)
    : XunitTestAssemblyRunner(assembly, cases, diagnostics, execution, options)
{
    protected override Task<RunSummary> RunTestCollectionAsync(IMessageBus messageBus, ITestCollection testCollection, IEnumerable<IXunitTestCase> testCases, CancellationTokenSource cancellationTokenSource) =>
        new WatchedCollectionRunner(testCollection, testCases, DiagnosticMessageSink, messageBus, TestCaseOrderer, new ExceptionAggregator(Aggregator), cancellationTokenSource).RunAsync();

    /// <summary>What was shown after the last test ended still fails the run.</summary>
    protected override async Task BeforeTestAssemblyFinishedAsync()
    {
        await base.BeforeTestAssemblyFinishedAsync();
        if (TestScope.Shared.Finish() is { Count: > 0 } leaks)
        {
            Aggregator.Add(new SecretShownException(leaks));
        }
    }
}

internal sealed class WatchedCollectionRunner(
    ITestCollection collection, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageBus bus, ITestCaseOrderer orderer, ExceptionAggregator aggregator, CancellationTokenSource cancellation)
    : XunitTestCollectionRunner(collection, cases, diagnostics, bus, orderer, aggregator, cancellation)
{
    protected override Task<RunSummary> RunTestClassAsync(ITestClass testClass, IReflectionTypeInfo @class, IEnumerable<IXunitTestCase> testCases) =>
        new WatchedClassRunner(testClass, @class, testCases, DiagnosticMessageSink, MessageBus, TestCaseOrderer, new ExceptionAggregator(Aggregator), CancellationTokenSource, CollectionFixtureMappings).RunAsync();
}

internal sealed class WatchedClassRunner(
    ITestClass testClass, IReflectionTypeInfo type, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageBus bus, ITestCaseOrderer orderer,
    ExceptionAggregator aggregator, CancellationTokenSource cancellation, IDictionary<Type, object> fixtures)
    : XunitTestClassRunner(testClass, type, cases, diagnostics, bus, orderer, aggregator, cancellation, fixtures)
{
    protected override Task<RunSummary> RunTestMethodAsync(ITestMethod testMethod, IReflectionMethodInfo method, IEnumerable<IXunitTestCase> testCases, object[] constructorArguments) =>
        new WatchedMethodRunner(testMethod, Class, method, testCases, DiagnosticMessageSink, MessageBus, new ExceptionAggregator(Aggregator), CancellationTokenSource, constructorArguments).RunAsync();
}

internal sealed class WatchedMethodRunner(
    ITestMethod testMethod, IReflectionTypeInfo type, IReflectionMethodInfo method, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageBus bus,
    ExceptionAggregator aggregator, CancellationTokenSource cancellation, object[] arguments)
    : XunitTestMethodRunner(testMethod, type, method, cases, diagnostics, bus, aggregator, cancellation, arguments)
{
    private readonly IMessageSink _diagnostics = diagnostics;
    private readonly object[] _arguments = arguments;

    protected override async Task<RunSummary> RunTestCaseAsync(IXunitTestCase testCase)
    {
        var scope = TestScope.Enter();
        using var watched = new WatchedBus(MessageBus, scope);
        var summary = await testCase.RunAsync(_diagnostics, watched, _arguments, new ExceptionAggregator(Aggregator), CancellationTokenSource);
        summary.Failed += watched.Failed;
        return summary;
    }
}
