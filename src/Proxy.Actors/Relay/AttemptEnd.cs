namespace Proxy.Actors.Relay;

/// <summary>How an attempt ended, for the request.</summary>
internal enum AttemptEnd
{
    /// <summary>The client has its answer.</summary>
    Served,

    /// <summary>It failed before commit: the router may have another account.</summary>
    Failed,

    /// <summary>It failed after commit: the client has been told in-stream.</summary>
    Broken,

    /// <summary>The client left, or the request's time is over.</summary>
    Cancelled,

    /// <summary>The request can't be put in the upstream's dialect.</summary>
    Refused,
}
