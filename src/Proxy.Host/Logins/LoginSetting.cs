using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;

namespace Proxy.Host.Logins;

/// <summary>What a login works with.</summary>
/// <param name="Configuration">Where the providers and the files are.</param>
/// <param name="Transport">The way to the providers.</param>
/// <param name="Time">The one clock.</param>
/// <param name="In">What the person types.</param>
/// <param name="Out">What the person is told.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="OpenBrowser">Opens an address; false where there is no browser. Null: none is wanted.</param>
internal sealed record LoginSetting(
    ProxyConfiguration Configuration, ITokenTransport Transport, TimeProvider Time, TextReader In, TextWriter Out, TextWriter Error, Func<Uri, bool>? OpenBrowser)
{
    /// <summary>The way out: the configured proxy, else the environment's.</summary>
    public OutboundRoute Route => OutboundRoute.For(null, noProxy: false, Configuration.ProxyUrl);

    /// <summary>Tells the person.</summary>
    public void Say(string text) => Out.WriteLine(text);

    /// <summary>Ends a login that did not work.</summary>
    public LoginEnd Fail(int exitCode, string text)
    {
        Error.WriteLine(text);
        return new LoginEnd(exitCode, CallbackPage.Failed(text));
    }
}

/// <summary>How a login ended.</summary>
/// <param name="ExitCode">One of <see cref="Serving.ExitCodes"/>.</param>
/// <param name="Page">What the browser shows.</param>
internal sealed record LoginEnd(int ExitCode, CallbackPage Page);
