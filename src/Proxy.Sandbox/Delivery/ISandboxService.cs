using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Delivery;

/// <summary>One simulated upstream.</summary>
internal interface ISandboxService
{
    SandboxOperation OperationOf(string method, string path);

    SandboxAccount? AccountOf(HttpRequest request, SandboxOperation operation, ReadOnlyMemory<byte> body);

    /// <summary>Headers that every answer of this upstream carries.</summary>
    IReadOnlyList<KeyValuePair<string, string>> CommonHeaders(long number, SandboxAccount? account);

    Reply Answer(SandboxExchange exchange);
}
