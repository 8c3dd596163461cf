using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Delivery;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.OAuth;

/// <summary>The two calls of a device login, and the page on which a person types its code (<c>user_code</c>, <c>account</c>, <c>decision</c>).</summary>
internal sealed class DevicePages(SandboxAccounts accounts, DeviceLogins devices)
{
    public const string Path = "/codex/device";
    public const string ApiPath = "/api/accounts/deviceauth";
    public const string UserCodePath = ApiPath + "/usercode";
    public const string TokenPath = ApiPath + "/token";

    public Reply Answer(SandboxExchange x)
    {
        if (x.ReadObject() is not { } body)
        {
            return Refuse(400, "invalid_request");
        }

        if (x.Request.Path == UserCodePath)
        {
            if (body.Text("client_id") != AuthorizeRules.ChatGpt.ClientId)
            {
                return Refuse(400, "invalid_client");
            }

            var (id, userCode) = devices.Begin();
            return Reply.Json(200, $"{{\"device_auth_id\":\"{id}\",\"user_code\":\"{userCode}\",\"interval\":\"{DeviceLogins.Interval.TotalSeconds}\"}}", []);
        }

        var (standing, code, verifier) = devices.Poll(body.Text("device_auth_id"), body.Text("user_code"), $"{x.Request.Scheme}://{x.Request.Host}/deviceauth/callback");
        return standing switch
        {
            DeviceStanding.Approved => Reply.Json(200, $"{{\"authorization_code\":\"{code}\",\"code_verifier\":\"{verifier}\",\"code_challenge\":\"{LoginCodes.ChallengeOf(verifier!)}\"}}", []),
            DeviceStanding.Pending => Refuse(403, "deviceauth_authorization_unknown"),
            DeviceStanding.TooFast => Refuse(429, "slow_down"),
            DeviceStanding.Denied => Refuse(403, "access_denied"),
            DeviceStanding.Expired => Refuse(400, "expired_token"),
            _ => Refuse(404, "deviceauth_not_found"),
        };
    }

    public Reply Page(SandboxExchange x)
    {
        if (x.Request.Method != "POST")
        {
            return Reply.Html(200, SandboxPage.Of("Simulated ChatGPT: log a device in", $"""
                <form method="post" action="{Path}">
                <p><label>Code: <input name="user_code" required maxlength="9" autocomplete="off"></label></p>
                {SandboxPage.Choice(accounts.All.Where(a => a.Kind == SandboxAccountKind.ChatGpt))}
                <p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>
                </form>
                """, isHtml: true));
        }

        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(x.Body.Span));
        var isAllowed = form.GetValueOrDefault("decision") == "allow";
        var account = isAllowed ? ConsentPages.ChosenOrNew(accounts, SandboxAccountKind.ChatGpt, form.GetValueOrDefault("account").ToString().Trim()) : null;
        if (isAllowed && account is null)
        {
            return Reply.Html(400, SandboxPage.Of("No such account", "An account's name has 1 to 40 letters, digits and hyphens, and belongs to one provider."));
        }

        return devices.Decide(form.GetValueOrDefault("user_code").ToString().Trim().ToUpperInvariant(), account)
            ? Reply.Html(200, SandboxPage.Of(isAllowed ? "The device is logged in" : "You said no", "You can close this page."))
            : Reply.Html(400, SandboxPage.Of("Unknown code", "Nobody waits for this code, or it is too old."));
    }

    private static Reply Refuse(int status, string code) => Reply.Json(status, $"{{\"error\":{{\"code\":{JsonString.Quote(code)},\"message\":{JsonString.Quote(code)}}}}}", []);
}
