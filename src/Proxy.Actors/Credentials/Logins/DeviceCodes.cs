using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Outbound;

namespace Proxy.Actors.Credentials.Logins;

/// <summary>The two calls of Codex's login with a code for another device (spec/accounts.md 1.4 [B]). No state.</summary>
public sealed class DeviceCodes(ITokenTransport transport, TimeProvider time)
{
    /// <summary>Longest call, headers and body.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Asks for a code that a person types in elsewhere. Never throws for what a network or a provider does.</summary>
    public async Task<DeviceStart> StartAsync(Uri deviceUrl, string clientId, OutboundRoute route, CancellationToken cancellation)
    {
        if (!OutboundRoute.MayCarryLogin(deviceUrl))
        {
            return new DeviceStart.Unreachable("device-url is neither https nor on this machine");
        }

        var (answer, fault) = await PostAsync(deviceUrl, "usercode", new JsonObject { ["client_id"] = clientId }, route, cancellation).ConfigureAwait(false);
        if (answer is null)
        {
            return new DeviceStart.Unreachable(fault!);
        }

        if (answer.Status is 404)
        {
            return new DeviceStart.SwitchedOff();
        }

        if (answer.Status != 200)
        {
            return answer is { Status: >= 400 and < 500 and not 429, Json: not null }
                ? new DeviceStart.Refused($"the device endpoint answered {answer.Status}{(answer.ErrorCode is { } error ? $" ({error})" : string.Empty)}")
                : new DeviceStart.Unreachable($"the device endpoint answered {answer.Status}{(answer.Json is null ? " without JSON" : string.Empty)}");
        }

        // The code goes to a terminal: nothing but what a person can type.
        return answer.Text("device_auth_id") is { } id && (answer.Text("user_code") ?? answer.Text("usercode")) is { Length: <= 32 } code && code.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new DeviceStart.Begun(new DeviceCode(id, code, Interval(answer)))
            : new DeviceStart.Unreachable("the device endpoint's answer can't be read");
    }

    /// <summary>Asks whether the person has typed the code. Never throws for what a network or a provider does.</summary>
    public async Task<DevicePoll> PollAsync(Uri deviceUrl, DeviceCode code, OutboundRoute route, CancellationToken cancellation)
    {
        var body = new JsonObject { ["device_auth_id"] = code.DeviceAuthId, ["user_code"] = code.UserCode };
        var (answer, fault) = await PostAsync(deviceUrl, "token", body, route, cancellation).ConfigureAwait(false);
        if (answer is null)
        {
            return new DevicePoll.Unreachable(fault!);
        }

        if (answer.Status is >= 200 and < 300)
        {
            return answer.Text("authorization_code") is { } approved && answer.Text("code_verifier") is { } verifier
                ? new DevicePoll.Approved(approved, verifier)
                : new DevicePoll.Unreachable("the device endpoint's answer can't be read");
        }

        return (answer.Status, answer.ErrorCode) switch
        {
            (_, "slow_down") or (429, _) => new DevicePoll.SlowDown(answer.RetryAfter),
            (_, "access_denied" or "authorization_declined") => new DevicePoll.Denied(),
            (_, "expired_token" or "deviceauth_expired") or (410, _) => new DevicePoll.Expired(),
            (_, "authorization_pending") or (403 or 404, _) => new DevicePoll.Pending(),
            ( >= 400 and < 500 and not 408, { } error) => new DevicePoll.Refused($"the device endpoint answered {answer.Status} ({error})"),
            _ => new DevicePoll.Unreachable($"the device endpoint answered {answer.Status}"),
        };
    }

    private async Task<(OAuthAnswer? Answer, string? Fault)> PostAsync(Uri deviceUrl, string leaf, JsonObject body, OutboundRoute route, CancellationToken cancellation)
    {
        using var request = OutboundFactory.NewRequest(HttpMethod.Post, new Uri($"{deviceUrl.AbsoluteUri.TrimEnd('/')}/{leaf}"));
        request.Content = LoginCall.Json(body);
        return await LoginCall.SendAsync(transport, request, route, "device endpoint", Limit, time, cancellation).ConfigureAwait(false);
    }

    // A number, or a number in quotes.
    private static TimeSpan Interval(OAuthAnswer answer)
    {
        var seconds = answer.Json is { } json && json.TryGetProperty("interval", out var value)
            && double.TryParse(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
                ? Math.Min(number, LongestInterval.TotalSeconds)
                : DefaultInterval.TotalSeconds;
        return TimeSpan.FromSeconds(seconds);
    }
}
