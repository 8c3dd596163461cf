using System.Text;
using Proxy.Actors.Outbound;
using Proxy.Actors.Tests.Relay.Bench;
using Proxy.Protocol.Failures;

namespace Proxy.Actors.Tests.Relay;

/// <summary>Accounts with a <c>proxy-url</c> of their own.</summary>
public sealed class OutboundProxySpecs
{
    private static readonly Uri Elsewhere = new("http://api.upstream.invalid/base");

    [Fact]
    public async Task Http_proxy_carries_the_call_with_its_credentials()
    {
        RawCall? seen = null;
        await using var proxy = new RawUpstream(async call =>
        {
            if (call.Header("Proxy-Authorization") is null)
            {
                await call.SendAsync("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
                return;
            }

            seen = call;
            await call.StreamAsync(Frames.Answer("hi"));
        });
        await using var bench = new RelayBench();
        var address = new UriBuilder(proxy.Address) { UserName = "user", Password = "made%3Aup" }.Uri;
        bench.AddAt(Elsewhere, edit: l => l with { IsOAuth = false, NoProxy = false, ProxyUrl = address });

        var call = bench.Call();
        (await call.Result).LastFailure.ShouldBeNull();

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        seen!.Head.ShouldStartWith("POST http://api.upstream.invalid/base/v1/messages");
        seen.Header("Proxy-Authorization").ShouldBe("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("user:made:up")));
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Socks5_proxy_carries_the_call()
    {
        await using var proxy = new SocksProxy(Frames.Answer("hi"));
        await using var bench = new RelayBench();
        bench.AddAt(Elsewhere, edit: l => l with { IsOAuth = false, NoProxy = false, ProxyUrl = proxy.Address });

        var call = bench.Call();
        (await call.Result).LastFailure.ShouldBeNull();

        call.Sink.Text.ShouldBe(Frames.Answer("hi"));
        proxy.Asked.ShouldBe("api.upstream.invalid:80");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public async Task Proxy_that_refuses_the_tunnel_is_named_as_the_fault()
    {
        await using var proxy = new RawUpstream(async call =>
        {
            await call.SendAsync("HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n");
            call.Close();
        });
        await using var bench = new RelayBench();
        bench.AddAt(new Uri("https://api.upstream.invalid"), edit: l => l with { NoProxy = false, ProxyUrl = proxy.Address });
        bench.Add(call => call.StreamAsync(Frames.Answer("second")).AsTask());

        var result = await bench.Call().Result;

        result.LastFailure!.Class.ShouldBe(FailureClass.Network);
        result.LastFailure.Code.ShouldBe("proxyurl");
        await bench.ShouldBeBalancedAsync();
    }

    [Fact]
    public void Own_proxy_beats_the_global_one_and_no_proxy_beats_both()
    {
        var own = new Uri("http://own.invalid:1");
        var global = new Uri("http://global.invalid:1");

        OutboundRoute.For(own, noProxy: false, global).Proxy.ShouldBe(own);
        OutboundRoute.For(null, noProxy: false, global).Proxy.ShouldBe(global);
        OutboundRoute.For(null, noProxy: false, null).ShouldBe(OutboundRoute.Environment);
        OutboundRoute.For(own, noProxy: true, global).ShouldBe(OutboundRoute.Direct);
    }

    [Theory]
    [InlineData("https://api.example.invalid", true)]
    [InlineData("http://127.0.0.1:4000", true)]
    [InlineData("http://localhost:4000", true)]
    [InlineData("http://[::1]:4000", true)]
    [InlineData("http://10.0.0.7", false)]
    [InlineData("http://localhost.example.invalid", false)]
    public void Login_travels_over_tls_or_to_this_machine_only(string target, bool expected) =>
        OutboundRoute.MayCarryLogin(new Uri(target)).ShouldBe(expected);

    [Theory]
    [InlineData("http://p:1", true)]
    [InlineData("https://p:1", true)]
    [InlineData("socks5://p:1", true)]
    [InlineData("socks4://p:1", false)]
    [InlineData("ftp://p:1", false)]
    public void Proxy_schemes_are_http_https_and_socks5(string proxy, bool expected) =>
        OutboundRoute.IsSupported(new Uri(proxy)).ShouldBe(expected);

    [Fact]
    public void One_client_per_proxy_is_kept()
    {
        using var factory = new OutboundFactory(new Proxy.Testing.ManualTimeProvider());
        var a = new Uri("https://a.invalid");
        var route = new OutboundRoute(new Uri("http://p.invalid:1"), NoProxy: false);

        factory.For(a, OutboundRoute.Direct).ShouldBeSameAs(factory.For(new Uri("https://b.invalid"), OutboundRoute.Direct));
        factory.For(a, route).ShouldBeSameAs(factory.For(a, new OutboundRoute(new Uri("http://p.invalid:1"), NoProxy: false)));
        factory.For(a, route).ShouldNotBeSameAs(factory.For(a, OutboundRoute.Direct));
        factory.For(new Uri("http://127.0.0.1:1"), OutboundRoute.Environment).ShouldBeSameAs(factory.For(a, OutboundRoute.Direct));
    }
}
