using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Logins;

/// <summary>What a browser shows.</summary>
internal sealed record Shown(HttpStatusCode Status, string Html, HttpResponseMessage Answer);

/// <summary>
/// A person with a browser: follows redirects, fills the provider's form in. The registered redirect address is led to
/// the port that the login listens on, as ssh -L would.
/// </summary>
internal sealed partial class Person : IDisposable
{
    private readonly Uri _address;
    private readonly HttpClient _browser;
    private readonly HttpClient _impatient;

    public Person(Uri address, int port, IPAddress over)
    {
        _address = address;
        _browser = Browser(port, over, follows: true);
        _impatient = Browser(port, over, follows: false);
        CallbackPort = port;
    }

    /// <summary>The port that the login listens on.</summary>
    public int CallbackPort { get; }

    /// <summary>Reads the consent page and agrees; what the browser shows at the end of all redirects.</summary>
    public Task<Shown> AgreeAsync(string account) => DecideAsync(_browser, account, "allow");

    /// <summary>Reads the consent page and says no.</summary>
    public Task<Shown> DenyAsync() => DecideAsync(_browser, "claude-1", "deny");

    /// <summary>Agrees, where the browser can't reach the login: the address that it ends on.</summary>
    public async Task<Uri> AgreeElsewhereAsync(string account) => (await DecideAsync(_impatient, account, "allow")).Answer.Headers.Location.ShouldNotBeNull();

    /// <summary>Says no, where the browser can't reach the login.</summary>
    public async Task<Uri> DenyElsewhereAsync() => (await DecideAsync(_impatient, "claude-1", "deny")).Answer.Headers.Location.ShouldNotBeNull();

    /// <summary>Opens an address.</summary>
    public async Task<Shown> OpenAsync(Uri address, HttpMethod? method = null, string? host = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        request.Headers.Host = host;
        return await ShowAsync(await _browser.SendAsync(request));
    }

    public void Dispose()
    {
        _browser.Dispose();
        _impatient.Dispose();
    }

    private async Task<Shown> DecideAsync(HttpClient browser, string account, string decision)
    {
        var page = await ShowAsync(await browser.GetAsync(_address));
        page.Status.ShouldBe(HttpStatusCode.OK, page.Html);
        var action = Action().Match(page.Html).Groups[1].Value;
        var request = WebUtility.HtmlDecode(Hidden().Match(page.Html).Groups[1].Value);
        return await ShowAsync(await browser.PostAsync(new Uri(_address, action), new FormUrlEncodedContent([new("request", request), new("account", account), new("decision", decision)])));
    }

    private static async Task<Shown> ShowAsync(HttpResponseMessage answer) => new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);

    private static HttpClient Browser(int port, IPAddress over, bool follows) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = follows,
        ConnectCallback = async (context, cancellation) =>
        {
            var isCallback = context.DnsEndPoint.Port is 54545 or 1455;
            var socket = new Socket(isCallback ? over.AddressFamily : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(isCallback ? new IPEndPoint(over, port) : new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        Timeout = Deadline.Long,
    };

    [GeneratedRegex("<form method=\"post\" action=\"([^\"]+)\"")]
    private static partial Regex Action();

    [GeneratedRegex("name=\"request\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();
}
