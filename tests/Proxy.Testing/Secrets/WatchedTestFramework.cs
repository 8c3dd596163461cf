using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Proxy.Testing.Secrets;

/// <summary>
/// xunit, with a <see cref="TestScope"/> around each test: a test that passes but showed a secret fails. Named by every
/// test project (tests/Directory.Build.props).
/// </summary>
public sealed class WatchedTestFramework : XunitTestFramework
{
    /// <summary>Made by xunit.</summary>
    public WatchedTestFramework(IMessageSink messageSink)
        : base(messageSink) => ThrownExceptions.Watch();

    /// <inheritdoc />
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName name, ISourceInformationProvider source, IMessageSink diagnostics) : XunitTestFrameworkExecutor(name, source, diagnostics)
    {
#pragma warning disable MA0155 // xunit's own signature
        protected override async void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
#pragma warning restore MA0155
        {
            using var runner = new WatchedAssemblyRunner(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync();
        }
    }
}
