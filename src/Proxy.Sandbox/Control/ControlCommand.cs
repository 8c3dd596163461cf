using System.Text.Json;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Json;

namespace Proxy.Sandbox.Control;

/// <summary>
/// One command of POST /control, which takes one object or a list of them. <c>do</c> says what, <c>account</c> to whom:
/// <list type="bullet">
/// <item><c>{"do":"fault","account":"claude-1","times":1,"operation":"messages","status":529,"body":"{}","contentType":"…","headers":{"retry-after":"3"},"delayMs":0,
/// "place":"afterEvents","event":3,"end":"reset","errorCode":"overloaded_error","errorMessage":"…","events":100,"size":16,"firstMs":0,"gapMs":50}</c>:
/// queue a fault; <c>place</c>: beforeHeaders, afterHeaders, afterEvents, inFrame, inString, inUtf8, inLineEnd; <c>end</c>: cleanEnd, hangup, reset;</item>
/// <item><c>{"do":"always",…}</c>: the same members, for every request;</item>
/// <item><c>{"do":"fault"|"always"|"clear","account":"login",…}</c>: the same for a login's pages and device calls, before an account is known;</item>
/// <item><c>{"do":"quota","account":"codex-1","window":"5h","used":1,"resetsInSeconds":7200}</c>: window 5h or 7d; with <c>"model":"opus"</c> the weekly one of that family of models;</item>
/// <item><c>{"do":"plan","account":"codex-1","plan":"pro","fiveHours":false}</c>: its plan, and whether that has a five-hour window;</item>
/// <item><c>{"do":"usage","account":"claude-1","frozen":true}</c>: the usage endpoint goes on telling what it tells now;</item>
/// <item><c>{"do":"expire"|"revoke"|"login"|"clear","account":"claude-1"}</c>: access tokens, all tokens, a new pair, the script;</item>
/// <item><c>{"do":"identity","account":"claude-1","strict":true}</c>: refuse what is not the provider's own program;</item>
/// <item><c>{"do":"model","account":"codex-1","model":"gpt-5.1","refused":true}</c>: the account doesn't have the model;</item>
/// <item><c>{"do":"reset"}</c>: scripts, quotas, log and prompt cache of all accounts.</item>
/// </list>
/// </summary>
internal static class ControlCommand
{
    /// <summary>Runs a command on its account; the returned text says what was wrong, null: nothing.</summary>
    public static string? Run(JsonElement command, SandboxAccounts accounts, FaultScript loginFaults, DateTimeOffset now)
    {
        if (command.Text("account") == "login" && command.Text("do") is ("fault" or "always" or "clear"))
        {
            return Script(command, loginFaults);
        }

        if (accounts.Find(command.Text("account") ?? string.Empty) is not { } account)
        {
            return $"no account '{command.Text("account")}'";
        }

        switch (command.Text("do"))
        {
            case "fault" or "always" or "clear":
                return Script(command, account.Script);
            case "quota":
                var window = command.Text("window") == "7d" ? SandboxWindow.SevenDays : SandboxWindow.FiveHours;
                var used = command.Member("used") is { ValueKind: JsonValueKind.Number } share ? share.GetDouble() : 1;
                DateTimeOffset? resets = Number(command, "resetsInSeconds") is { } seconds ? now.AddSeconds(seconds) : null;
                if (command.Text("model") is { } family)
                {
                    account.SetModelQuota(family, used, resets);
                }
                else
                {
                    account.SetQuota(window, used, resets);
                }

                return null;
            case "plan":
                account.Plan = command.Text("plan") ?? account.Plan;
                account.HasFiveHours = !command.Member("fiveHours").Is(JsonValueKind.False);
                return null;
            case "usage":
                account.FreezeUsage(!command.Member("frozen").Is(JsonValueKind.False));
                return null;
            case "expire":
                account.ExpireAccessToken();
                return null;
            case "revoke":
                account.RevokeTokens();
                return null;
            case "login":
                account.LogIn();
                return null;
            case "identity":
                account.StrictIdentity = !command.Member("strict").Is(JsonValueKind.False);
                return null;
            case "model" when command.Text("model") is { } model:
                if (command.Member("refused").Is(JsonValueKind.False))
                {
                    account.AllowModel(model);
                }
                else
                {
                    account.RefuseModel(model);
                }

                return null;
            default:
                return $"unknown command '{command.Text("do")}'";
        }
    }

    private static string? Script(JsonElement command, FaultScript script)
    {
        switch (command.Text("do"))
        {
            case "fault":
                if (FaultOf(command) is not { } fault)
                {
                    return "unknown operation, place or end";
                }

                script.Enqueue([.. Enumerable.Repeat(fault, Math.Clamp(Number(command, "times") ?? 1, 1, 100_000))]);
                return null;
            case "always":
                script.Always = FaultOf(command);
                return script.Always is null ? "unknown operation, place or end" : null;
            default:
                script.Clear();
                return null;
        }
    }

    private static SandboxFault? FaultOf(JsonElement command)
    {
        var place = FaultPlaceKind.BeforeHeaders;
        var end = FaultEnd.None;
        var operation = SandboxOperation.Other;
        if ((command.Text("place") is { } p && !Enum.TryParse(p, ignoreCase: true, out place))
            || (command.Text("end") is { } e && !Enum.TryParse(e, ignoreCase: true, out end))
            || (command.Text("operation") is { } o && !Enum.TryParse(o.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out operation)))
        {
            return null;
        }

        var headers = command.Given("headers") is { ValueKind: JsonValueKind.Object } given
            ? given.EnumerateObject().Select(h => new KeyValuePair<string, string>(h.Name, h.Value.ToString())).ToArray()
            : [];
        var answer = Number(command, "status") is { } status ? SandboxFault.Answer(status, command.Text("body") ?? "{}", headers) : SandboxFault.None with { Headers = headers };
        return answer with
        {
            Operation = command.Text("operation") is null ? null : operation,
            ContentType = command.Text("contentType") ?? answer.ContentType,
            Delay = Milliseconds(command, "delayMs") ?? TimeSpan.Zero,
            Place = new FaultPlace(place, Number(command, "event") ?? 0),
            End = end,
            ErrorEvent = command.Text("errorCode") is { } code ? new InBandError(code, command.Text("errorMessage") ?? code) : null,
            Shape = new AnswerShape
            {
                Events = Number(command, "events"),
                Size = Number(command, "size"),
                First = Milliseconds(command, "firstMs"),
                Gap = Milliseconds(command, "gapMs"),
            },
        };
    }

    private static int? Number(JsonElement command, string name) =>
        command.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    private static TimeSpan? Milliseconds(JsonElement command, string name) =>
        Number(command, name) is { } number ? TimeSpan.FromMilliseconds(number) : null;
}
