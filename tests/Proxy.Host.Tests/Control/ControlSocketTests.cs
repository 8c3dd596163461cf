using System.Net.Sockets;
using System.Text;
using Proxy.Actors.Accounts;
using Proxy.Host.Control;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Control;

/// <summary>The door of the owner: who can reach it, what it takes, and what becomes of it.</summary>
public sealed class ControlSocketTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Socket_is_its_owners_alone_and_goes_with_the_proxy()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 0, chatGpt: 0);
        await using (var host = await place.StartAsync())
        {
            AccountsPlace.ModeOf(place.SocketPath).ShouldBe(OwnerOnly);
            AccountsPlace.ModeOf(place.StateDirectory).ShouldBe(OwnerOnly | UnixFileMode.UserExecute);
        }

        File.Exists(place.SocketPath).ShouldBeFalse();
    }

    [Fact]
    public async Task Socket_of_a_dead_proxy_is_replaced()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 0, chatGpt: 0);
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Bound under another name and moved: its end removes the name that it was bound by, as a killed proxy would not.
            dead.Bind(new UnixDomainSocketEndPoint(place.SocketPath + "x"));
            File.Move(place.SocketPath + "x", place.SocketPath);
        }

        File.Exists(place.SocketPath).ShouldBeTrue();
        (await place.RunAsync("accounts list")).Code.ShouldBe(ExitCodes.Done, "a socket that nobody listens on is no proxy");
        await using var host = await place.StartAsync();

        (await SendAsync(place.SocketPath, "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 200");
        AccountsPlace.ModeOf(place.SocketPath).ShouldBe(OwnerOnly);
    }

    [Fact]
    public async Task Socket_of_a_living_proxy_is_left_to_it()
    {
        await using var first = await HostFixture.StartAsync();
        await using (var second = await HostFixture.StartAsync(new HostFixtureOptions { Configure = c => c with { StateDirectory = first.Host.Configuration.StateDirectory } }))
        {
            second.Logs.All.ShouldContain(l => l.Contains("another running proxy answers", StringComparison.Ordinal));
            await OrderAsync(first.Host.Configuration.StateDirectory);
            first.Fake.Orders.Count.ShouldBe(1);
            second.Fake.Orders.ShouldBeEmpty();
        }

        await OrderAsync(first.Host.Configuration.StateDirectory);
        first.Fake.Orders.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Path_that_is_too_long_costs_the_socket_and_not_the_proxy()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1, chatGpt: 0, stateDirectory: new string('s', 120));
        await using var host = await place.StartAsync();

        host.Logs.All.Single(l => l.Contains("No control socket", StringComparison.Ordinal)).ShouldContain("Choose a shorter state-dir");
        (await host.Client.GetStringAsync("/healthz")).ShouldContain("ok");

        // The files answer; what the proxy holds in memory can't be ordered without it.
        (await place.RunAsync("accounts list")).Out.ShouldContain("claude-1@sandbox.example");
        (await place.RunAsync("accounts pause claude-1")).Code.ShouldBe(ExitCodes.Done);
        var reset = await place.RunAsync("accounts reset claude-1");
        reset.Code.ShouldBe(ExitCodes.Refused);
        reset.Error.ShouldContain("a proxy runs on");
    }

    [Fact]
    public async Task Nothing_of_it_is_reached_over_tcp()
    {
        await using var host = await HostFixture.StartAsync();
        foreach (var head in (string[])["GET /v1/accounts", "GET /v1/accounts/claude-1", "POST /v1/accounts/claude-1", "GET http://control/v1/accounts"])
        {
            foreach (var name in (string[])["localhost", "control", "127.0.0.1"])
            {
                const string Body = """{"order":"remove"}""";
                var answer = await host.RawAsync($"{head} HTTP/1.1\r\nHost: {name}\r\nX-Forwarded-For: unix\r\nX-Control: 1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
                answer.ShouldMatch("^HTTP/1.1 4(04|21|00) ");
                answer.ShouldNotContain("authDirectory");
            }
        }

        host.Fake.Orders.ShouldBeEmpty();
        host.Host.Addresses.ShouldAllBe(a => a.Scheme == "http" && a.IsLoopback);
        await OrderAsync(host.Host.Configuration.StateDirectory); // the same order does arrive over the socket
        host.Fake.Orders.ShouldBe([(new AccountId("claude-1"), AccountOrder.Remove)]);
    }

    [Theory]
    [InlineData("GET /v1/nothing", "", "", "404", "not_found")]
    [InlineData("GET /v1/accounts/nobody", "", "", "404", "not_found")]
    [InlineData("GET /v1/accounts/a/b", "", "", "404", "not_found")]
    [InlineData("DELETE /v1/accounts/claude-1", "", "", "405", "method_not_allowed")]
    [InlineData("POST /v1/accounts", "application/json", """{"order":"pause"}""", "405", "method_not_allowed")]
    [InlineData("POST /v1/accounts/claude-1", "text/plain", """{"order":"pause"}""", "415", "unsupported_media_type")]
    [InlineData("POST /v1/accounts/claude-1", "application/json", "{}", "400", "invalid_body")]
    [InlineData("POST /v1/accounts/claude-1", "application/json", "[1", "400", "invalid_body")]
    [InlineData("POST /v1/accounts/claude-1", "application/json", "null", "400", "invalid_body")]
    [InlineData("POST /v1/accounts/claude-1", "application/json", """{"order":"explode"}""", "400", "invalid_body")]
    [InlineData("POST /v1/accounts/claude-1", "application/json", """{"order":0}""", "400", "invalid_body")]
    public async Task What_it_does_not_serve_it_refuses_in_its_own_form(string head, string type, string body, string status, string code)
    {
        await using var host = await HostFixture.StartAsync();

        var answer = await SendAsync(SocketOf(host), $"{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        answer.ShouldStartWith($"HTTP/1.1 {status} ");
        answer.ShouldContain($$"""{"error":{"code":"{{code}}","message":""");
        host.Fake.Orders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Body_that_is_too_long_is_not_read()
    {
        await using var host = await HostFixture.StartAsync();

        var answer = await SendAsync(SocketOf(host), $"POST /v1/accounts/claude-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{{\"order\":\"pause\"");

        answer.ShouldStartWith("HTTP/1.1 413 ");
        host.Fake.Orders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Proxy_that_does_not_answer_is_unreachable_and_its_files_are_left_alone()
    {
        await using var place = await AccountsPlace.CreateAsync(claude: 1, chatGpt: 0);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(place.SocketPath));
        listener.Listen();
        using var over = new CancellationTokenSource();
        var hangingUp = HangUpAsync();

        var run = await place.RunAsync("accounts pause claude-1");

        run.Code.ShouldBe(ExitCodes.Unreachable);
        run.Error.ShouldContain("control socket");
        (await File.ReadAllTextAsync(place.FileOf("claude-1"))).ShouldNotContain("disabled");
        await over.CancelAsync();
        await hangingUp;

        async Task HangUpAsync()
        {
            try
            {
                while (true)
                {
                    (await listener.AcceptAsync(over.Token)).Dispose();
                }
            }
            catch (OperationCanceledException)
            {
                // the test is over
            }
        }
    }

    [Fact]
    public async Task Stop_is_told_in_the_log()
    {
        var place = await AccountsPlace.CreateAsync(claude: 0, chatGpt: 0);
        await using (place)
        {
            LogLines logs;
            await using (var host = await place.StartAsync())
            {
                logs = host.Logs;
            }

            logs.All.ShouldContain(l => l.EndsWith("Stopped", StringComparison.Ordinal));
        }
    }

    private static string SocketOf(HostFixture host) => ControlPlace.Of(host.Host.Configuration.StateDirectory).Path;

    private static async Task OrderAsync(string stateDirectory)
    {
        using var client = await ControlClient.ConnectAsync(stateDirectory, TimeProviders.Real, CancellationToken.None);
        (await client!.OrderAsync(new AccountId("claude-1"), AccountOrder.Remove, CancellationToken.None)).Result.ShouldBe(OrderResult.Done);
    }

    private static async Task<string> SendAsync(string path, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        return await HostFixture.ReadAsync(stream);
    }
}
