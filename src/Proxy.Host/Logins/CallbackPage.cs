using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Host.Logins;

/// <summary>A page for the browser that brought a provider's answer. Own HTML, no script, nothing from elsewhere.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">Escaped when it is written.</param>
/// <param name="Text">Escaped when it is written.</param>
internal sealed record CallbackPage(int Status, string Title, string Text)
{
    private const string Style =
        "body{font:17px/1.6 system-ui,sans-serif;max-width:34em;margin:18vh auto 0;padding:0 1.5em;color:#1c1c1c;background:#fff}h1{font-size:1.4em}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}";

    /// <summary>Nothing may be loaded, run, framed or posted; the one style is named by its hash.</summary>
    public static string SecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The login is complete.</summary>
    public static CallbackPage Done(string provider) => new(200, "You are logged in", $"The {provider} account is ready for CliProxyActors. You can close this page.");

    /// <summary>The login ended otherwise; the terminal says more.</summary>
    public static CallbackPage Failed(string reason) => new(200, "The login did not work", $"{reason} The terminal says more. You can close this page.");

    /// <summary>An answer to some other login.</summary>
    public static CallbackPage WrongState { get; } =
        new(400, "This answer belongs to another login", "Perhaps to an older one. The login in the terminal goes on waiting: open the address that it printed last.");

    /// <summary>No answer at all.</summary>
    public static CallbackPage NoCode { get; } = new(400, "There is no code in this answer", "The login in the terminal goes on waiting: open the address that it printed.");

    /// <summary>Another path.</summary>
    public static CallbackPage NotFound { get; } = new(404, "There is nothing here", "This is a program that waits for the answer of a login.");

    /// <summary>Another method.</summary>
    public static CallbackPage OnlyGet { get; } = new(405, "Only GET", "This is a program that waits for the answer of a login.");

    /// <summary>Another host name: somebody may have pointed it at this machine.</summary>
    public static CallbackPage WrongHost { get; } = new(421, "This name is not served here", "Use http://localhost.");

    /// <summary>The page as HTML.</summary>
    public string ToHtml() => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{WebUtility.HtmlEncode(Title)}</title><style>{Style}</style></head>
        <body><h1>{WebUtility.HtmlEncode(Title)}</h1><p>{WebUtility.HtmlEncode(Text)}</p></body></html>
        """;
}
