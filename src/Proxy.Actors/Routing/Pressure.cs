using Proxy.Actors.Accounts;

namespace Proxy.Actors.Routing;

/// <summary>
/// Which accounts are too far into a quota window for new conversations, where the owner wants that
/// (<c>routing.pressure-limit</c>; spec/user-demands.md 21). Never moves a conversation. Pure.
/// </summary>
internal static class Pressure
{
    /// <summary>True when no window that still runs is used by <paramref name="limit"/> percent; always at a limit of 0.</summary>
    public static bool IsBelow(int limit, AccountSnapshot account, DateTimeOffset now) =>
        limit <= 0 || (IsBelow(limit, account.Outlook.Weekly, now) && IsBelow(limit, account.Outlook.FiveHours, now));

    private static bool IsBelow(int limit, WindowOutlook? window, DateTimeOffset now) => !(window?.UsedShareAt(now) * 100 >= limit);
}
