using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;

namespace Proxy.Sandbox.OAuth;

/// <summary>
/// The pages on which a person picks an account and says yes or no: GET /oauth/authorize shows them, POST /oauth/consent
/// (<c>request</c>: the query of the first, <c>account</c>: a name, an unknown one makes a new account, <c>decision</c>:
/// allow or deny) sends the browser back to the client.
/// </summary>
internal sealed class ConsentPages(AuthorizeRules rules, SandboxAccountKind kind, SandboxAccounts accounts, LoginCodes codes)
{
    public const string AuthorizePath = "/oauth/authorize";
    public const string ConsentPath = "/oauth/consent";

    private const int LongestName = 40;

    /// <summary>Whose consent it is; null while nobody has been chosen.</summary>
    public SandboxAccount? AccountOf(HttpRequest request, ReadOnlyMemory<byte> body) =>
        request.Path == ConsentPath ? accounts.Find(Form(body).Account) : null;

    public Reply Answer(SandboxExchange x)
    {
        if (x.Request.Path == AuthorizePath)
        {
            return x.Request.Method == "GET" ? Ask(x.Request.QueryString.Value ?? string.Empty) : Reply.Html(405, SandboxPage.Of("Only GET", "This page is read, not written to."));
        }

        return x.Request.Method == "POST" ? Decide(Form(x.Body)) : Reply.Html(405, SandboxPage.Of("Only POST", "The consent page sends this itself."));
    }

    private Reply Ask(string query)
    {
        var (request, page, redirect) = rules.Check(query);
        if (request is null)
        {
            return redirect is null ? Reply.Html(400, SandboxPage.Of("This login can't go on", page!)) : Reply.Redirect(redirect);
        }

        return Reply.Html(200, SandboxPage.Of($"Simulated {rules.Provider}: log in", $"""
            <form method="post" action="{ConsentPath}">
            <input type="hidden" name="request" value="{WebUtility.HtmlEncode(query)}">
            <p>A program on this machine asks to use an account.</p>
            {SandboxPage.Choice(accounts.All.Where(a => a.Kind == kind))}
            <p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>
            </form>
            """, isHtml: true));
    }

    private Reply Decide((string Request, string Account, string Decision) form)
    {
        var (request, page, redirect) = rules.Check(form.Request);
        if (request is null)
        {
            return redirect is null ? Reply.Html(400, SandboxPage.Of("This login can't go on", page!)) : Reply.Redirect(redirect);
        }

        if (form.Decision != "allow")
        {
            return Reply.Redirect(rules.Refusal("access_denied", "The person said no.", request.State));
        }

        if (ChosenOrNew(accounts, kind, form.Account) is not { } account)
        {
            return Reply.Html(400, SandboxPage.Of("No such account", "An account's name has 1 to 40 letters, digits and hyphens, and belongs to one provider."));
        }

        var code = codes.Issue(account, request.ClientId, request.RedirectUri, request.Challenge, request.State);
        return Reply.Redirect(QueryHelpers.AddQueryString(request.RedirectUri, new Dictionary<string, string?> { ["code"] = code, ["state"] = request.State }));
    }

    /// <summary>The account of that name, made where there is none; null for a name that can't be.</summary>
    public static SandboxAccount? ChosenOrNew(SandboxAccounts accounts, SandboxAccountKind kind, string name)
    {
        if (accounts.Find(name) is { } known)
        {
            return known.Kind == kind ? known : null;
        }

        return name.Length is 0 or > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? null
            : kind == SandboxAccountKind.ClaudeOAuth ? accounts.AddClaude(name)
            : accounts.AddChatGpt(name);
    }

    private static (string Request, string Account, string Decision) Form(ReadOnlyMemory<byte> body)
    {
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
        return (form.GetValueOrDefault("request").ToString(), form.GetValueOrDefault("account").ToString().Trim(), form.GetValueOrDefault("decision").ToString());
    }
}
