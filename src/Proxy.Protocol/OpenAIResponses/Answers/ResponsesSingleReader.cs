using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>Reads a response object (spec/wire-protocols.md 3.2).</summary>
public sealed class ResponsesSingleReader : SingleAnswerReader
{
    /// <inheritdoc />
    protected override void ReadBody(ReadOnlyMemory<byte> body, ICollection<AnswerEvent> events)
    {
        var response = ResponsesObject.Read(body);
        if (response.HasFailed || !response.Output.IsArray)
        {
            events.Add(new AnswerFailed(response.HasFailed ? UpstreamErrorReader.Read(body) : UpstreamErrorReader.Unreadable(body)));
            return;
        }

        var told = new List<AnswerEvent> { new AnswerStarted(response.Id, response.Model, response.CreatedAt, response.Usage ?? Usage.Unknown) };
        var next = 0;
        bool hasCalls = false, hasRefused = false;
        var cursor = new JsonCursor(response.Output.Utf8);
        for (var inside = cursor.EnterArray(); inside && cursor.NextElement();)
        {
            var item = ResponsesItem.Read(cursor.Raw());
            var open = OpenItem.For(item, () => next++);
            open.Complete(item, told);
            hasCalls |= open is OpenCall { HasSpoken: true };
            hasRefused |= open is OpenMessage { HasRefused: true };
        }

        told.Add(response.Ending(isIncomplete: false, hasCalls, hasRefused));
        foreach (var @event in told)
        {
            events.Add(@event);
        }
    }
}
