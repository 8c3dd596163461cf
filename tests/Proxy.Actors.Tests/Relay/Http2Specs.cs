using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Relay;

/// <summary>HTTP/2, where an upstream offers it over TLS.</summary>
public sealed class Http2Specs : IDisposable
{
    private static readonly TimeSpan FailSafe = Proxy.Testing.FailSafe.Limit;

    private readonly X509Certificate2 _certificate = Certificates.SelfSigned();

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task Streams_share_one_connection()
    {
        var connections = new HashSet<string>(StringComparer.Ordinal);
        await using var server = await StartAsync(async context =>
        {
            lock (connections)
            {
                connections.Add($"{context.Request.Protocol} {context.Connection.Id}");
            }

            await AnswerAsync(context, Frames.Answer("hi"));
        });
        await using var bench = new RelayBench(trusted: _certificate);
        for (var i = 0; i < 5; i++)
        {
            bench.AddAt(server.Address);
            var call = bench.Call();
            (await call.Result).Status.ShouldBe(200);
            call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        }

        connections.ShouldHaveSingleItem().ShouldStartWith("HTTP/2");
        await bench.ShouldBeBalancedAsync(requests: 5);
    }

    [Fact]
    public async Task Fault23_reset_stream_before_the_headers_ends_on_the_next_account()
    {
        await using var server = await StartAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(2);
            return Task.CompletedTask;
        });
        await using var bench = new RelayBench(trusted: _certificate);
        bench.AddAt(server.Address);
        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var call = bench.Call();
        var result = await call.Result;

        result.LastFailure!.Class.ShouldBe(FailureClass.Network);
        call.Sink.Text.ShouldBe(Frames.Answer("second"));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault23_reset_stream_after_content_is_an_error_in_the_stream()
    {
        var seen = new TaskCompletionSource();
        await using var server = await StartAsync(async context =>
        {
            await AnswerAsync(context, Frames.Head + Frames.Text("one"));
            await seen.Task;
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(2);
        });
        await using var bench = new RelayBench(trusted: _certificate);
        bench.AddAt(server.Address);

        var call = bench.Call();
        await call.Sink.WaitForAsync("one");
        seen.SetResult();
        var result = await call.Result;

        result.LastFailure!.Class.ShouldBe(FailureClass.Truncated);
        call.Sink.Text.ShouldContain("event: error");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Fault23_goaway_ends_no_stream_and_the_next_goes_elsewhere()
    {
        var connections = new HashSet<string>(StringComparer.Ordinal);
        await using var server = await StartAsync(async context =>
        {
            lock (connections)
            {
                connections.Add(context.Connection.Id);
            }

            context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
            await AnswerAsync(context, Frames.Answer("hi"));
        });
        await using var bench = new RelayBench(trusted: _certificate);
        for (var i = 0; i < 3; i++)
        {
            bench.AddAt(server.Address);
            var call = bench.Call();
            var result = await call.Result;
            result.LastFailure.ShouldBeNull();
            call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        }

        connections.Count.ShouldBeGreaterThan(1);
        await bench.ShouldBeBalancedAsync(requests: 3);
    }

    [Fact]
    public async Task Fault37_client_that_leaves_resets_the_stream()
    {
        var left = new TaskCompletionSource();
        await using var server = await StartAsync(async context =>
        {
            await AnswerAsync(context, Frames.Head + Frames.Text("one"));
            await using var registration = context.RequestAborted.Register(() => left.TrySetResult());
            await left.Task.WaitAsync(FailSafe);
        });
        await using var bench = new RelayBench(trusted: _certificate);
        bench.AddAt(server.Address);

        var call = bench.Call();
        await call.Sink.WaitForAsync("one");
        await call.ClientGone.CancelAsync();

        await left.Task.WaitAsync(FailSafe);
        (await call.Result).ClientGone.ShouldBeTrue();
        await bench.ShouldBeBalancedAsync();
    }

    private static async Task AnswerAsync(HttpContext context, string frames)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(frames, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private async Task<Server> StartAsync(RequestDelegate handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(_certificate);
        }));
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Server(app, new Uri(address));
    }

    private sealed class Server(WebApplication app, Uri address) : IAsyncDisposable
    {
        public Uri Address => address;

        public async ValueTask DisposeAsync()
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }
}
