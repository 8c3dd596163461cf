using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox;

namespace Proxy.Host.Tests.Sdk;

/// <summary>One host over one sandbox for all tests of a class.</summary>
public sealed class SandboxedHost : IAsyncLifetime
{
    internal HostFixture Host { get; private set; } = null!;

    internal string BaseUrl => Host.BaseUrl.GetLeftPart(UriPartial.Authority);

    public async Task InitializeAsync() => Host = await HostFixture.StartAsync(new HostFixtureOptions { Sandbox = new SandboxOptions() });

    public async Task DisposeAsync() => await Host.DisposeAsync();
}
