namespace Proxy.Actors.Credentials.Logins;

/// <summary>A code that waits to be typed in elsewhere. The id is secret: it prints the code alone.</summary>
/// <param name="DeviceAuthId">What the code belongs to. Secret.</param>
/// <param name="UserCode">What the person types; safe for a terminal.</param>
/// <param name="Interval">The shortest time between two polls.</param>
public sealed record DeviceCode(string DeviceAuthId, string UserCode, TimeSpan Interval)
{
    /// <inheritdoc />
    public override string ToString() => "DeviceCode { *** }";
}

/// <summary>How a device login began.</summary>
public abstract record DeviceStart
{
    private DeviceStart()
    {
    }

    /// <summary>There is a code.</summary>
    public sealed record Begun(DeviceCode Code) : DeviceStart;

    /// <summary>The provider has no device logins, or the account's owner has not switched them on.</summary>
    public sealed record SwitchedOff : DeviceStart;

    /// <summary>The provider refuses.</summary>
    public sealed record Refused(string Reason) : DeviceStart;

    /// <summary>Nothing was decided.</summary>
    public sealed record Unreachable(string Reason) : DeviceStart;
}

/// <summary>What one poll gave.</summary>
public abstract record DevicePoll
{
    private DevicePoll()
    {
    }

    /// <summary>The person has not typed the code yet.</summary>
    public sealed record Pending : DevicePoll;

    /// <summary>The provider wants fewer polls (RFC 8628 3.5).</summary>
    /// <param name="RetryAfter">How long to wait now; null when it does not say.</param>
    public sealed record SlowDown(TimeSpan? RetryAfter) : DevicePoll;

    /// <summary>The person agreed. Secret: it prints as nothing.</summary>
    /// <param name="Code">The authorization code.</param>
    /// <param name="Verifier">The verifier that goes with it: here the provider makes it.</param>
    public sealed record Approved(string Code, string Verifier) : DevicePoll
    {
        /// <inheritdoc />
        public override string ToString() => "Approved { *** }";
    }

    /// <summary>The person said no.</summary>
    public sealed record Denied : DevicePoll;

    /// <summary>The code is too old.</summary>
    public sealed record Expired : DevicePoll;

    /// <summary>The provider refuses the code.</summary>
    public sealed record Refused(string Reason) : DevicePoll;

    /// <summary>Nothing was decided: worth another poll.</summary>
    public sealed record Unreachable(string Reason) : DevicePoll;
}
