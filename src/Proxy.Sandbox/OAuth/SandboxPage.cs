using System.Net;
using Proxy.Sandbox.Accounts;

namespace Proxy.Sandbox.OAuth;

/// <summary>The look of the simulated providers' pages: plain, and plainly no provider's own.</summary>
internal static class SandboxPage
{
    /// <summary>A page.</summary>
    /// <param name="title">Its title; escaped here.</param>
    /// <param name="content">Its content; escaped here unless <paramref name="isHtml"/>.</param>
    /// <param name="isHtml">The content is HTML, and what is foreign in it escaped already.</param>
    public static string Of(string title, string content, bool isHtml = false) => $$"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>{{WebUtility.HtmlEncode(title)}}</title>
        <style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em}</style></head>
        <body><h1>{{WebUtility.HtmlEncode(title)}}</h1>
        {{(isHtml ? content : $"<p>{WebUtility.HtmlEncode(content)}</p>")}}
        <p>This is CliProxyActors' sandbox. No provider is involved.</p></body></html>
        """;

    /// <summary>A field that offers accounts and takes a new name.</summary>
    public static string Choice(IEnumerable<SandboxAccount> accounts)
    {
        var names = accounts.Select(a => WebUtility.HtmlEncode(a.Name)).ToList();
        return $"""
            <p><label>Account (a new name makes a new one): <input name="account" list="accounts" value="{names.FirstOrDefault()}" required maxlength="40"></label></p>
            <datalist id="accounts">{string.Concat(names.Select(n => $"<option value=\"{n}\">"))}</datalist>
            """;
    }
}
