using System.Text;

namespace Proxy.Sandbox.Json;

/// <summary>Server-sent events as bytes.</summary>
internal static class SseText
{
    public static byte[] Event(string name, string json) => Encoding.UTF8.GetBytes($"event: {name}\ndata: {json}\n\n");

    public static byte[] Data(string json) => Encoding.UTF8.GetBytes($"data: {json}\n\n");
}
