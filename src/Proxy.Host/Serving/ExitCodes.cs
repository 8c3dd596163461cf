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

    /// <summary>There is no such account.</summary>
    public const int NotFound = 4;

    /// <summary>The name fits several accounts.</summary>
    public const int Ambiguous = 5;

    /// <summary>It can't be done with this account, its provider says no, or nobody confirmed it.</summary>
    public const int Refused = 6;

    /// <summary>A proxy runs but does not answer on its control socket.</summary>
    public const int Unreachable = 7;

    /// <summary>A login: the person said no on the provider's page.</summary>
    public const int LoginDenied = 10;

    /// <summary>A login: nobody answered in time.</summary>
    public const int LoginTimedOut = 11;

    /// <summary>A login: the provider can't be reached, or answers nonsense.</summary>
    public const int Network = 12;

    /// <summary>A login: the port that the provider's answer comes in on is in use. The same number as CLIProxyAPI's.</summary>
    public const int CallbackPortTaken = 13;

    /// <summary>A login: the provider refuses it.</summary>
    public const int LoginRefused = 14;
}
