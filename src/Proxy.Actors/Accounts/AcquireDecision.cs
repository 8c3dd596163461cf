namespace Proxy.Actors.Accounts;

/// <summary>What an account decides about an Acquire.</summary>
public abstract record AcquireDecision
{
    private AcquireDecision()
    {
    }

    /// <summary>Granted, for that upstream model.</summary>
    public sealed record Grant(string UpstreamModel) : AcquireDecision;

    /// <summary>Only a refresh can tell.</summary>
    public sealed record Wait : AcquireDecision;

    /// <summary>Refused.</summary>
    public sealed record Refuse(Ineligibility Reason) : AcquireDecision;
}
