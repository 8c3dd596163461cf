using Microsoft.AspNetCore.Http;

namespace Proxy.Sandbox.OAuth;

/// <summary>The token of an Authorization header.</summary>
internal static class Bearer
{
    public static string? Of(HttpRequest request)
    {
        var value = request.Headers.Authorization.ToString();
        return value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..].Trim() : null;
    }
}
