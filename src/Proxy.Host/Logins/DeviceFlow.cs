using System.Globalization;
using Proxy.Actors.Credentials.Logins;
using Proxy.Host.Serving;

namespace Proxy.Host.Logins;

/// <summary>A login with a code that the person types in on another device (spec/accounts.md 1.4 [B]; RFC 8628 for the manners).</summary>
internal sealed class DeviceFlow(LoginSetting setting, ProviderLogin provider)
{
    /// <summary>The longest wait for the person.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Slower = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slowest = TimeSpan.FromMinutes(1);

    private readonly DeviceCodes _codes = new(setting.Transport, setting.Time);
    private readonly Uri _deviceUrl = provider.Endpoints.DeviceUrl ?? throw new ArgumentException("has no device login", nameof(provider));

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        setting.Say(LoginMessages.Begin(provider.Name));
        var end = await _codes.StartAsync(_deviceUrl, provider.Endpoints.ClientId, setting.Route, cancellation) switch
        {
            DeviceStart.Begun begun => await WaitAsync(begun.Code, cancellation),
            DeviceStart.SwitchedOff => setting.Fail(ExitCodes.LoginRefused, $"{provider.Name} offers no login by device code here. It may have to be switched on in the account's security settings; --codex-login works without."),
            DeviceStart.Refused refused => setting.Fail(ExitCodes.LoginRefused, $"{provider.Name} refused the login: {refused.Reason}."),
            DeviceStart.Unreachable unreachable => setting.Fail(ExitCodes.Network, $"{provider.Name} could not be asked for a code: {unreachable.Reason}. Look at your network and proxy-url."),
            var other => throw new InvalidOperationException($"no rule for {other.GetType().Name}"),
        };
        return end.ExitCode;
    }

    private async Task<LoginEnd> WaitAsync(DeviceCode code, CancellationToken cancellation)
    {
        setting.Say(LoginMessages.Device(new Uri(_deviceUrl, "/codex/device"), code, Limit));
        var begun = setting.Time.GetTimestamp();
        var interval = code.Interval;
        var wait = interval;
        string? trouble = null;
        while (true)
        {
            var left = Limit - setting.Time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return trouble is null
                    ? setting.Fail(ExitCodes.LoginTimedOut, string.Create(CultureInfo.InvariantCulture, $"Nobody typed the code within {Limit.TotalMinutes:0} minutes. Nothing was written. Start the login again when you are ready."))
                    : setting.Fail(ExitCodes.Network, $"{provider.Name} could not be asked whether the code was typed: {trouble}. Nothing was written.");
            }

            await Task.Delay(wait < left ? wait : left, setting.Time, cancellation);
            wait = interval;
            switch (await _codes.PollAsync(_deviceUrl, code, setting.Route, cancellation))
            {
                case DevicePoll.Approved approved:
                    return await LoginCompletion.CompleteAsync(setting, provider, new LoginCode(approved.Code, null, approved.Verifier, new Uri(_deviceUrl, "/deviceauth/callback").AbsoluteUri), cancellation);
                case DevicePoll.Pending:
                    trouble = null;
                    break;
                case DevicePoll.SlowDown slow:
                    interval = Longer(interval);
                    wait = slow.RetryAfter is { } asked && asked > interval ? asked : interval;
                    break;
                case DevicePoll.Unreachable unreachable:
                    trouble = unreachable.Reason;
                    interval = Longer(interval);
                    wait = interval;
                    break;
                case DevicePoll.Denied:
                    return setting.Fail(ExitCodes.LoginDenied, $"You said no on {provider.Name}'s page. Nothing was written.");
                case DevicePoll.Expired:
                    return setting.Fail(ExitCodes.LoginTimedOut, "The code is too old. Nothing was written. Start the login again when you are ready.");
                case DevicePoll.Refused refused:
                    return setting.Fail(ExitCodes.LoginRefused, $"{provider.Name} refused the login: {refused.Reason}. Nothing was written.");
            }
        }
    }

    private static TimeSpan Longer(TimeSpan interval) => interval + Slower < Slowest ? interval + Slower : Slowest;
}
