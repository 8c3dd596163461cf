using System.Buffers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>
/// <c>item_reference</c> items of a Responses input: they name items of earlier answers, which no upstream here has
/// stored. They are replaced by the items themselves before anything else looks at the body (spec/clients.md 2.10).
/// </summary>
public static class ItemReferences
{
    /// <summary>In bytes, of a body with its references replaced: one item may be named a thousand times.</summary>
    public const int LargestBody = 64 * 1024 * 1024;

    /// <summary>The answer to a reference that can't be followed.</summary>
    public static RequestProblem Unknown(string id) => new($"input item '{id}' is not known here: send the item itself", "input");

    /// <summary>The request with the items in their references' places.</summary>
    /// <param name="request">A request with references.</param>
    /// <param name="find">The JSON of the item with that id; empty when it is not known.</param>
    /// <param name="problem">Why that can't be done; with it the result is null.</param>
    public static ClientRequest? Expand(ClientRequest request, Func<string, ReadOnlyMemory<byte>> find, out RequestProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(find);
        var edits = new JsonEdits();
        var length = (long)request.Body.Length;
        foreach (var (span, id) in In(request))
        {
            var item = find(id.ToString());
            length += item.Length - span.Length;
            problem = item.IsEmpty ? Unknown(id.ToString())
                : length > LargestBody ? new RequestProblem($"the items that the input refers to amount to more than {LargestBody >> 20} MiB", "input")
                : null;
            if (problem is not null)
            {
                return null;
            }

            edits.Replace(span, item);
        }

        var body = new ArrayBufferWriter<byte>((int)length);
        edits.Apply(request.Body.Span, body);
        return ClientRequestReader.Read(request.Dialect, body.WrittenMemory, request.Headers, out problem);
    }

    /// <summary>Where they lie, and what they name.</summary>
    internal static IReadOnlyList<ResponsesInput.Reference> In(ClientRequest request) =>
        request.Layout is ResponsesLayout layout ? layout.Input.References : [];
}
