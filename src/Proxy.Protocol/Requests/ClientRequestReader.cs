using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Requests;

/// <summary>Reads the facts of a client's body in one pass of <c>Utf8JsonReader</c>, without building a DOM.</summary>
public static class ClientRequestReader
{
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads <paramref name="body"/>. On a problem the request is null.</summary>
    /// <param name="dialect">The dialect of the endpoint.</param>
    /// <param name="body">The decoded body.</param>
    /// <param name="headers">The client's protocol headers by lower-case name.</param>
    /// <param name="problem">Why the body can't be served: not JSON, no model, wrong types.</param>
    public static ClientRequest? Read(Dialect dialect, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers, out RequestProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (body.Span.StartsWith(ByteOrderMark))
        {
            body = body[ByteOrderMark.Length..];
        }

        var bodyDialect = dialect;
        var layout = Scan(dialect, body, out problem);
        if (layout is ChatLayout { IsResponsesShaped: true })
        {
            bodyDialect = Dialect.OpenAIResponses;
            layout = Scan(bodyDialect, body, out problem);
        }

        problem ??= layout?.Problem;
        return problem is not null || layout is null ? null : new ClientRequest
        {
            Dialect = dialect,
            BodyDialect = bodyDialect,
            Body = body,
            Model = layout.Model ?? string.Empty,
            Stream = layout.Stream,
            HasReasoning = layout.HasReasoning,
            Session = layout.Session.ToFacts(body),
            Headers = headers,
            Layout = layout,
        };
    }

    /// <summary>The layout of a request's body: the one that its reading made, unless the body is another one by now.</summary>
    internal static RequestLayout? LayoutOf(ClientRequest request, out RequestProblem? problem)
    {
        problem = null;
        return request.Layout is { } layout && layout.Body.Equals(request.Body) ? layout : Scan(request.BodyDialect, request.Body, out problem);
    }

    private static RequestLayout? Scan(Dialect dialect, ReadOnlyMemory<byte> body, out RequestProblem? problem)
    {
        RequestLayout layout = dialect switch
        {
            Dialect.AnthropicMessages => new AnthropicLayout(body),
            Dialect.OpenAIChat => new ChatLayout(body),
            Dialect.OpenAIResponses => new ResponsesLayout(body),
            _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "not a dialect"),
        };
        problem = null;
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            problem = new RequestProblem("the body is empty");
            return null;
        }

        try
        {
            layout.Scan();
            return layout;
        }
        catch (JsonException e)
        {
            problem = new RequestProblem($"the body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            // what the reader throws for a lone surrogate or bytes that are no UTF-8, when such a string is read
            problem = new RequestProblem("the body holds a string that is not valid UTF-8 or has an incomplete \\u escape");
        }

        return null;
    }
}
