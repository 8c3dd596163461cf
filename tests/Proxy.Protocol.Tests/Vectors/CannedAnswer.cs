using System.Net;
using System.Net.Http.Headers;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Stands where an SDK's connection would be and answers with what a case made. There is no socket.</summary>
internal sealed class CannedAnswer(VectorOutput output) : HttpMessageHandler
{
    public static HttpClient ClientFor(VectorOutput output) => new(new CannedAnswer(output));

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(output.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue(output.IsStream ? "text/event-stream" : "application/json");
        return new HttpResponseMessage((HttpStatusCode)output.Status) { Content = content, RequestMessage = request };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));
}
