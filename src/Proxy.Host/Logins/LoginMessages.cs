using System.Globalization;
using Proxy.Actors.Credentials.Logins;
using Proxy.Host.Terminal;

namespace Proxy.Host.Logins;

/// <summary>What a login says to the person, step by step.</summary>
internal static class LoginMessages
{
    private const int Longest = 100;

    /// <summary>What everybody must know before a subscription login is used outside of its provider's programs.</summary>
    public const string Terms = """
        Before you go on: this is for accounts of your own, for your own use, and at your own risk.
        A provider may allow subscription logins in its own programs only. Using one here may be against its
        terms, and it may slow down, lock or close the account. Don't share or sell what it gives you.
        (docs/provider-accounts.md says more.)
        """;

    /// <summary>The first lines.</summary>
    public static string Begin(string provider) => $"Logging in to {provider}.\n\n{Terms}\n";

    /// <summary>The address to open.</summary>
    public static string Open(Uri address) => $"Open this address in a browser, and log in with the account that you want to add:\n\n  {address.AbsoluteUri}\n";

    /// <summary>What is waited for, and what to do where the browser runs on another machine.</summary>
    /// <param name="login">The login.</param>
    /// <param name="port">The port that is listened on.</param>
    /// <param name="isBrowserOpen">A browser was opened on this machine.</param>
    /// <param name="limit">How long.</param>
    public static string Waiting(ProviderLogin login, int port, bool isBrowserOpen, TimeSpan limit)
    {
        var listens = string.Create(CultureInfo.InvariantCulture, $"Waiting for the answer on port {port} of this machine, for {limit.TotalMinutes:0} minutes.");
        var paste = $"paste the address that it ends on (it begins with {login.RedirectUri}; that the page does not open there is fine) here, and press Enter";
        return isBrowserOpen
            ? $"The browser was opened. {listens}\nIf the browser runs on another machine: {paste}.\n"
            : $"""
               {listens}
               If the browser runs on another machine, do one of two things:
                 - {paste};
                 - or, before you open the address, connect that machine to this one:  ssh -L {login.CallbackPort.ToString(CultureInfo.InvariantCulture)}:127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)} user@this-machine

               """;
    }

    /// <summary>The page and the code of a device login.</summary>
    public static string Device(Uri page, DeviceCode code, TimeSpan limit) => string.Create(CultureInfo.InvariantCulture, $"""
        Open this address in a browser on any device, log in with the account that you want to add, and type the code:

          {page.AbsoluteUri}
          code: {code.UserCode}

        Type it only where you opened the page yourself. Waiting, for {limit.TotalMinutes:0} minutes.

        """);

    /// <summary>Who has logged in.</summary>
    public static string Who(NewLogin login)
    {
        var more = login.Profile.OrganizationName is { } organization ? $" ({Shown(organization)})" : login.Plan is { } plan ? $" ({Shown(plan)})" : string.Empty;
        return $"Logged in as {(login.Profile.Email is { } email ? Shown(email) : "an account that does not tell its e-mail")}{more}.";
    }

    /// <summary>Where it went.</summary>
    public static string Saved(LoginSaved.Written written) => string.Join('\n', Lines(written));

    private static IEnumerable<string> Lines(LoginSaved.Written written)
    {
        yield return $"{(written.IsNew ? "Written to" : "The account was there already; its tokens are new, all else stays:")} {written.Path}";
        if (written.KeptAside is { } aside)
        {
            yield return $"A file of that name could not be read. It is kept as {aside}";
        }

        yield return written.IsPaused
            ? $"The account is paused and stays so. To use it: accounts resume {written.Id}"
            : $"The account is {written.Id}. A running proxy notices it by itself.";
    }

    // A provider's word: one line, and no novel.
    private static string Shown(string text) => PlainText.Of(text, Longest);
}
