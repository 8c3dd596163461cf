using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Accounts;
using Proxy.Sandbox.Faults;

namespace Proxy.Sandbox.Delivery;

/// <summary>One request on its way through a simulated service.</summary>
/// <param name="Number">The server's counter: ids are made of it.</param>
/// <param name="Operation">What is asked.</param>
/// <param name="Account">Whose credential it carries; null when unknown.</param>
/// <param name="Fault">What shall go wrong.</param>
/// <param name="Request">Method, path, headers.</param>
/// <param name="Body">The body.</param>
/// <param name="Now">The sandbox's time.</param>
internal sealed record SandboxExchange(
    long Number,
    SandboxOperation Operation,
    SandboxAccount? Account,
    SandboxFault Fault,
    HttpRequest Request,
    ReadOnlyMemory<byte> Body,
    DateTimeOffset Now)
{
    public string? Header(string name) => Request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? string.Join(',', values!) : null;

    /// <summary>The body as a JSON object; null when it isn't one.</summary>
    public JsonElement? ReadObject()
    {
        try
        {
            var root = JsonElement.Parse(Body.Span);
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (JsonException)
        {
            // what is not JSON is refused by the caller with its protocol's words
            return null;
        }
    }
}
