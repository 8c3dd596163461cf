namespace Proxy.Actors.Ledger;

/// <summary>Takes what attempts used. Never waits and never throws: what does not fit is dropped and counted.</summary>
public interface IUsageSink
{
    /// <summary>Records one attempt.</summary>
    void Record(UsageRow row);
}
