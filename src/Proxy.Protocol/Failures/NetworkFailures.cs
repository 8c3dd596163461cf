namespace Proxy.Protocol.Failures;

/// <summary>Faults on the way to an upstream, in words.</summary>
internal static class NetworkFailures
{
    /// <summary>The failure that a fault on the way amounts to.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="status">The status of the answer, if there was one.</param>
    public static Failure Of(NetworkFault fault, int? status) => new()
    {
        Class = FailureClass.Network,
        Scope = FailureScope.Network,
        Status = status,
        Network = fault,
        Code = fault.ToString().ToLowerInvariant(),
        Message = fault == NetworkFault.Address
            ? $"the upstream has nothing at this address ({status}): look at the account's base-url, which is probably wrong"
            : Describe(fault),
    };

    private static string Describe(NetworkFault fault) => fault switch
    {
        NetworkFault.Dns => "the upstream's name could not be resolved",
        NetworkFault.Connect => "no connection to the upstream could be made",
        NetworkFault.Tls => "the TLS handshake with the upstream failed",
        NetworkFault.ProxyUrl => "the outbound proxy (proxy-url) could not be used",
        NetworkFault.Reset => "the upstream closed the connection before it answered",
        NetworkFault.HeadersTimeout => "the upstream did not answer in time",
        NetworkFault.Silence => "the upstream fell silent",
        NetworkFault.Redirect => "the upstream answered with a redirect, which is never followed",
        NetworkFault.Encoding => "the upstream's answer could not be decompressed",
        NetworkFault.Protocol => "the upstream's answer was not valid HTTP",
        _ => "the upstream could not be reached",
    };
}
