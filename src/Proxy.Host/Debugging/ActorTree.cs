using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Engine;

namespace Proxy.Host.Debugging;

/// <summary><c>GET /debug/actors</c>: what every actor says of itself, and nothing else.</summary>
internal static class ActorTree
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with the tree.</summary>
    public static async Task ServeAsync(HttpContext context, IProxyEngine engine)
    {
        var tree = await engine.DescribeAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, Indented))
        {
            tree.WriteTo(writer);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
