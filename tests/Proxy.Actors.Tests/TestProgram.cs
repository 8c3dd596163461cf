using Proxy.Actors.Tests.Credentials;

namespace Proxy.Actors.Tests;

/// <summary>The entry point of this assembly: the test runner does not use it, the child processes of tests do.</summary>
internal static class TestProgram
{
    public static Task<int> Main(string[] args) => args is [RefreshLoop.Verb, var place, var url] ? RefreshLoop.RunAsync(place, new Uri(url)) : Task.FromResult(0);
}
