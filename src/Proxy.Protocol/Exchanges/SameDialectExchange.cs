using System.Buffers;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;
using Proxy.Protocol.Requests;

namespace Proxy.Protocol.Exchanges;

/// <summary>
/// An exchange between a client and an upstream of one dialect: the client's bytes with a list of edits
/// (docs/architecture.md, "Same dialect, same bytes"). An empty list forwards the same bytes.
/// </summary>
internal abstract class SameDialectExchange : Exchange
{
    private readonly RequestProblem? _problem;
    private readonly RequestLayout? _layout;
    private List<string>? _losses;

    private protected SameDialectExchange(ClientRequest request, UpstreamTarget target)
    {
        Request = request;
        Target = target;
        _layout = ClientRequestReader.LayoutOf(request, out _problem);
        _problem ??= _layout?.Problem;
    }

    /// <inheritdoc />
    public override IReadOnlyList<KeyValuePair<string, string>> Headers => HeaderList;

    /// <inheritdoc />
    public override IReadOnlyList<string> Losses => _losses ?? (IReadOnlyList<string>)[];

    private protected ClientRequest Request { get; }

    private protected UpstreamTarget Target { get; }

    private protected RequestLayout? Layout => _layout;

    private protected List<KeyValuePair<string, string>> HeaderList { get; } = [];

    /// <inheritdoc />
    public override RequestProblem? WriteRequest(IBufferWriter<byte> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if ((_problem ?? Refuse()) is { } problem)
        {
            return problem;
        }

        Edits().Apply(Request.Body.Span, body);
        return null;
    }

    /// <summary>The edits that make the client's body the upstream's; also fills the headers.</summary>
    internal JsonEdits Edits()
    {
        var edits = new JsonEdits();
        HeaderList.Clear();
        _losses?.Clear();
        if (Target.Model != Request.Model)
        {
            var name = JsonText.FromString(Target.Model).Quoted;
            foreach (var member in _layout!.Members)
            {
                if (member.Name == "model")
                {
                    edits.Replace(member.Value, name);
                }
            }
        }

        Edit(edits);
        return edits;
    }

    /// <summary>Why a body that can be read can't be asked of this upstream; null when it can.</summary>
    private protected virtual RequestProblem? Refuse() => null;

    /// <summary>Adds the edits beside the model's name, and the headers.</summary>
    private protected abstract void Edit(JsonEdits edits);

    /// <summary>Notes what this upstream can't be asked for; null for nothing.</summary>
    private protected void Lose(string? what)
    {
        if (what is not null)
        {
            (_losses ??= []).Add(what);
        }
    }

    /// <summary>Passes a single JSON on, byte for byte but for a model's name that is not to be shown.</summary>
    private protected SingleResult PassSingle(ReadOnlyMemory<byte> body, bool inputIncludesCache, IBufferWriter<byte> output)
    {
        if (SingleAnswer.Read(body.Span, inputIncludesCache) is not { } usage)
        {
            return new SingleResult(Usage.Unknown, UpstreamErrorReader.TryRead(body) ?? UpstreamErrorReader.Unreadable(body));
        }

        ModelNames.Write(body.Span, container: null, ModelNames.Quoted(Target.ShownModel), output);
        return new SingleResult(usage, null);
    }
}
