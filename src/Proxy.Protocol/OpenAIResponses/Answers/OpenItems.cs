using Proxy.Protocol.Answers;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>The items of one stream, and which of them an event means.</summary>
internal sealed class OpenItems
{
    private readonly List<OpenItem> _items = [];

    /// <summary>A call has been told.</summary>
    public bool HaveCalls => _items.Exists(item => item is OpenCall { HasSpoken: true });

    /// <summary>The model has refused in words.</summary>
    public bool HaveRefused => _items.Exists(item => item is OpenMessage { HasRefused: true });

    public void Add(OpenItem item) => _items.Add(item);

    /// <summary>Closes what is still open, in order.</summary>
    public void Close(ICollection<AnswerEvent> events)
    {
        foreach (var item in _items)
        {
            item.Close(events);
        }
    }

    /// <summary>Ids in the final output may differ from those of the events. A call is known by its call id; of anything else nothing more is told once its kind has spoken.</summary>
    public bool IsToldUnderAnotherId(ResponsesItem item) =>
        !(item.IsFunctionCall || item.IsCustomCall)
        && _items.Exists(told => told.HasSpoken && told switch
        {
            OpenMessage => item.IsMessage,
            OpenReasoning => item.IsReasoning,
            OpenSearch => item.IsSearch,
            OpenForeign => !item.IsMessage && !item.IsReasoning && !item.IsSearch,
            _ => false,
        });

    /// <summary>The item that a whole one tells more of: by id, by call id, by number; null when it is new.</summary>
    public OpenItem? Find(ResponsesItem item, long? outputIndex)
    {
        bool Fits(OpenItem open) => open switch
        {
            OpenMessage => item.IsMessage,
            OpenReasoning => item.IsReasoning,
            OpenCall => item.IsFunctionCall || item.IsCustomCall,
            OpenSearch => item.IsSearch,
            _ => !item.IsMessage && !item.IsReasoning && !item.IsFunctionCall && !item.IsCustomCall && !item.IsSearch,
        };

        bool IsSameCall(OpenItem open) => open is not OpenCall { CallId.IsPresent: true } call || !item.CallId.IsPresent || call.CallId == item.CallId;

        return (item.Id.IsPresent ? _items.Find(open => open.Id == item.Id && Fits(open)) : null)
            ?? (item.CallId.IsPresent ? _items.Find(open => open is OpenCall call && call.CallId == item.CallId) : null)
            ?? (outputIndex is not null ? _items.Find(open => open.OutputIndex == outputIndex && Fits(open) && IsSameCall(open)) : null);
    }

    /// <summary>By item id, then by output index, then by call id, then the one that is going on: some gateways send ids that fit nothing (E101, E144).</summary>
    public T? Locate<T>(in ResponsesFrame frame)
        where T : OpenItem
    {
        T? byIndex = null, byCall = null, current = null;
        for (var i = _items.Count - 1; i >= 0; i--)
        {
            if (_items[i] is not T item)
            {
                continue;
            }

            if (frame.ItemId.IsPresent && item.Id == frame.ItemId)
            {
                return item;
            }

            byIndex = byIndex is null && frame.OutputIndex is { } index && item.OutputIndex == index ? item : byIndex;
            byCall = byCall is null && frame.CallId.IsPresent && item is OpenCall call && call.CallId == frame.CallId ? item : byCall;
            current = current is null && !item.IsDone ? item : current;
        }

        return byIndex ?? byCall ?? (frame.OutputIndex is null || current?.OutputIndex is null ? current : null);
    }
}
