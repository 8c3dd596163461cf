namespace Proxy.Actors.Configuration;

/// <summary>Listening and doors (docs/architecture.md, "Doors").</summary>
public sealed record ServerOptions
{
    /// <summary><c>host</c>: empty or <c>localhost</c> binds 127.0.0.1 and ::1.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public int Port { get; init; } = 8317;

    /// <summary><c>api-keys</c>: keys of clients; empty on loopback = any key is accepted.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary><c>allowed-hosts</c>: Host names accepted beside loopback and the bound address.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Largest request body in bytes, also after decompression.</summary>
    public long MaxRequestBody { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of request bodies held at once in the whole process.</summary>
    public long BodyBudget { get; init; } = 512L * 1024 * 1024;

    /// <summary>Requests at once at the door.</summary>
    public int MaxConcurrentRequests { get; init; } = 2000;

    /// <summary>Client connections at once.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Time for a client to send its headers.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
