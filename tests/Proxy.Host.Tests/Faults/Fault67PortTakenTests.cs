using System.Net;
using System.Net.Sockets;
using Proxy.Actors.Configuration;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Faults;

public sealed class Fault67PortTakenTests
{
    [Fact]
    public async Task Fault67_a_taken_port_is_said_and_no_other_is_used()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var started = false;
        var options = new ProxyHostOptions
        {
            Configuration = new ProxyConfiguration(),
            Time = TimeProviders.Real,
            Logs = new LogLines(),
            StartEngine = (_, _, _, _) => throw new InvalidOperationException("the engine must not start"),
            Port = port,
        };
        var taken = await Should.ThrowAsync<PortTakenException>(() => ProxyHost.StartAsync(options));
        taken.Message.ShouldContain($"Port {port} is in use");
        taken.Message.ShouldContain("another port");

        var code = await Foreground.RunAsync(options, _ => started = true, CancellationToken.None);
        code.ShouldBe(ExitCodes.PortTaken);
        started.ShouldBeFalse();
    }
}
