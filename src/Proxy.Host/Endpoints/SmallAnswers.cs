using System.Text;
using Microsoft.AspNetCore.Http;
using Proxy.Host.Routes;

namespace Proxy.Host.Endpoints;

/// <summary>Answers that never change.</summary>
internal static class SmallAnswers
{
    private static readonly byte[] Health = """{"status":"ok"}"""u8.ToArray();

    private static readonly byte[] Root = Encoding.UTF8.GetBytes(
        $$"""{"message":"CliProxyActors","endpoints":[{{string.Join(',', RouteTable.All.Where(r => !r.Value.LoopbackOnly).Select(r => $"\"{r.Value.Allow.Split(',')[0]} {r.Key}\""))}}]}""");

    /// <summary>Answers with the fixed bytes of <paramref name="kind"/>.</summary>
    public static async Task ServeAsync(HttpContext context, RouteKind kind)
    {
        var bytes = kind == RouteKind.Root ? Root : Health;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
