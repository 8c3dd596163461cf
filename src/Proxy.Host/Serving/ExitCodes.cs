namespace Proxy.Host.Serving;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Done = 0;

    /// <summary>Something failed that has no code of its own.</summary>
    public const int Failed = 1;

    /// <summary>The configuration file is missing or not valid.</summary>
    public const int Configuration = 2;

    /// <summary>The port is in use.</summary>
    public const int PortTaken = 3;
}
