namespace Proxy.Sandbox.Accounts;

/// <summary>One window that moves with use and with time. Guarded by its account's lock.</summary>
internal sealed class QuotaWindow(TimeSpan length, DateTimeOffset now)
{
    private double _used;
    private DateTimeOffset _resetsAt = now + length;

    public SandboxQuota Read(DateTimeOffset at)
    {
        if (at >= _resetsAt)
        {
            _used = 0;
            while (_resetsAt <= at)
            {
                _resetsAt += length;
            }
        }

        return new SandboxQuota(_used, _resetsAt);
    }

    public void Use(double share, DateTimeOffset at) => _used = Math.Min(1, Read(at).Used + share);

    public void Set(double used, DateTimeOffset? resetsAt)
    {
        _used = used;
        _resetsAt = resetsAt ?? _resetsAt;
    }
}
