namespace Proxy.Host.Configuration;

/// <summary>Keys that stand in example files and README pages: as good as none.</summary>
internal static class SampleKeys
{
    private static readonly string[] Known =
        ["your-api-key", "your-api-key-here", "api-key", "apikey", "changeme", "change-me", "secret", "password", "test", "example", "sk-your-key", "sk-dummy", "dummy", "dummy-not-used"];

    /// <summary>True for a well-known sample, numbered ones included.</summary>
    public static bool IsSample(string key)
    {
        var bare = key.Trim().TrimEnd("0123456789".ToCharArray()).TrimEnd('-', '_').ToLowerInvariant();
        return Array.IndexOf(Known, bare) >= 0;
    }
}
