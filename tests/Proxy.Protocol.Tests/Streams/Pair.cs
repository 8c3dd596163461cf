using System.Collections.Concurrent;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Tests.Exchanges;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>An upstream's dialect and a client's, opened as the product opens them.</summary>
public sealed record Pair(Dialect Upstream, Dialect Client)
{
    private static readonly Dialect[] Dialects = [Dialect.AnthropicMessages, Dialect.OpenAIChat, Dialect.OpenAIResponses];

    private readonly ConcurrentDictionary<bool, Exchange> _exchanges = new();

    /// <summary>All nine.</summary>
    public static IReadOnlyList<Pair> All { get; } = [.. Dialects.SelectMany(upstream => Dialects.Select(client => new Pair(upstream, client)))];

    /// <summary>All nine, as rows of a theory.</summary>
    public static TheoryData<Dialect, Dialect> Rows
    {
        get
        {
            var rows = new TheoryData<Dialect, Dialect>();
            foreach (var pair in All)
            {
                rows.Add(pair.Upstream, pair.Client);
            }

            return rows;
        }
    }

    public bool IsPassThrough => Upstream == Client;

    /// <summary>The one of these two.</summary>
    public static Pair Of(Dialect upstream, Dialect client) => All.Single(pair => pair.Upstream == upstream && pair.Client == client);

    /// <summary>The way back of a new attempt: streamed, or gathered into one JSON where the upstream can only stream.</summary>
    public AnswerStream Open(bool streams = true) => Exchange(streams).OpenStream();

    /// <summary>The exchange of a request that is pretty-printed, as some clients' are.</summary>
    public Exchange Exchange(bool streams) => _exchanges.GetOrAdd(streams, Create);

    public override string ToString() => $"{Upstream} to {Client}";

    private Exchange Create(bool streams)
    {
        var stream = streams ? "true" : "false";
        var body = Client switch
        {
            Dialect.AnthropicMessages => $$"""
                {
                  "model": "asked-model", "max_tokens": 100, "stream": {{stream}},
                  "messages": [ { "role": "user", "content": "hi" } ]
                }
                """,
            Dialect.OpenAIChat => $$"""
                {
                  "model": "asked-model", "stream": {{stream}},{{(streams ? "\"stream_options\": { \"include_usage\": true }," : string.Empty)}}
                  "messages": [ { "role": "user", "content": "hi" } ]
                }
                """,
            _ => $$"""
                {
                  "model": "asked-model", "stream": {{stream}},
                  "input": [ { "type": "message", "role": "user", "content": "hi" } ],
                  "metadata": {
                    "a": "b"
                  },
                  "text": {
                    "format": { "type": "text" }
                  }
                }
                """,
        };
        var kind = Upstream switch
        {
            Dialect.AnthropicMessages => UpstreamKind.Claude,
            Dialect.OpenAIChat => UpstreamKind.Compatible,
            _ => UpstreamKind.Codex,
        };
        var exchange = Exchanging.Open(Exchanging.Request(Client, body), Exchanging.Target(kind, "up-model"));
        Exchanging.Write(exchange);
        return exchange;
    }
}
