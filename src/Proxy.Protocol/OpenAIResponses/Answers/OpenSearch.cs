using Proxy.Protocol.Answers;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.OpenAIResponses.Answers;

/// <summary>A <c>web_search_call</c>: told when it is done, once, and only if it says what was searched or found (spec/protocols.md 3.5, E89, E146).</summary>
internal sealed class OpenSearch(Func<int> nextBlock) : OpenItem(nextBlock)
{
    private bool _hasSpoken;

    public override bool HasSpoken => _hasSpoken;

    public override void Hydrate(in ResponsesItem item, ICollection<AnswerEvent> events)
    {
        JsonText query = default;
        var sources = new List<SearchSource>();
        if (item.Action.IsObject)
        {
            var cursor = new JsonCursor(item.Action.Utf8);
            for (var inside = cursor.EnterObject(); inside && cursor.NextMember();)
            {
                if (cursor.NameIs("query"u8))
                {
                    query = cursor.Text();
                }
                else if (cursor.NameIs("sources"u8))
                {
                    ReadSources(ref cursor, sources);
                }
            }
        }

        ReadResults(item.Results, sources);
        if (!query.IsEmpty || sources.Count > 0)
        {
            _hasSpoken = true;
            events.Add(new SearchTold(NextBlock(), item.Id, query, sources));
        }
    }

    protected override void CloseBlocks(ICollection<AnswerEvent> events)
    {
    }

    private static void ReadResults(JsonRaw results, List<SearchSource> sources)
    {
        if (results.IsArray)
        {
            var cursor = new JsonCursor(results.Utf8);
            ReadSources(ref cursor, sources);
        }
    }

    private static void ReadSources(ref JsonCursor cursor, List<SearchSource> sources)
    {
        for (var inside = cursor.EnterArray(); inside && cursor.NextElement();)
        {
            JsonText url = default, title = default;
            for (var isObject = cursor.EnterObject(); isObject && cursor.NextMember();)
            {
                if (cursor.NameIs("url"u8))
                {
                    url = cursor.Text();
                }
                else if (cursor.NameIs("title"u8))
                {
                    title = cursor.Text();
                }
            }

            if (!url.IsEmpty && !sources.Exists(s => s.Url == url))
            {
                sources.Add(new SearchSource(url, title));
            }
        }
    }
}
