using System.Buffers;
using System.Text;
using System.Text.Json;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Exchanges;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Models;
using Proxy.Protocol.Requests;
using Proxy.Protocol.Sse;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Plays one case: the client's body goes in at the exchange, the upstream's answer comes back through it.</summary>
internal sealed class VectorRun(VectorCase @case)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
    private readonly List<string> _differences = [];
    private readonly List<VectorOutput> _outputs = [];
    private bool _hasFailed;

    private Dialect Client { get; } = @case.Client switch
    {
        "anthropic" => Dialect.AnthropicMessages,
        "chat" or "completions" => Dialect.OpenAIChat,
        "responses" => Dialect.OpenAIResponses,
        var other => throw new InvalidDataException($"no client \"{other}\""),
    };

    private UpstreamKind Upstream { get; } = @case.Upstream switch
    {
        "claude" => UpstreamKind.Claude,
        "codex" => UpstreamKind.Codex,
        "compatible" => UpstreamKind.Compatible,
        var other => throw new InvalidDataException($"no upstream \"{other}\""),
    };

    /// <summary>After <see cref="Play"/>: what the client got of all that the case expects.</summary>
    public IReadOnlyList<VectorOutput> Outputs => _outputs;

    /// <summary>What was not as expected; empty when all was.</summary>
    public IReadOnlyList<string> Play()
    {
        if (Read(out var problem) is not { } request)
        {
            Refused(problem);
            return _differences;
        }

        var resolved = ModelCatalogue.Default.Resolve(request.Model);
        var name = @case.Model ?? resolved.Name;
        var exchange = ExchangeFactory.Create(
            request,
            new UpstreamTarget
            {
                Kind = Upstream,
                Model = name,
                Info = @case.TakesNoImages ? new ModelInfo { Id = name, Kind = Upstream, TakesImages = false } : ModelCatalogue.Default.Resolve(name).Info,
                Thinking = resolved.Thinking,
                IsOAuth = Upstream != UpstreamKind.Compatible && !@case.ApiKey,
                StripReasoning = @case.StripReasoning,
            },
            @case.Operation == "count_tokens" && Upstream == UpstreamKind.Claude ? Operation.CountTokens : Operation.Generate,
            Now.ToUnixTimeSeconds(),
            "req-1");
        Count(request);
        Send(exchange);
        Answer(exchange);
        Fail();
        Expect(_hasFailed || (@case.Class is null && @case.Error is null), "class, error: nothing failed");
        return _differences;
    }

    private ClientRequest? Read(out RequestProblem? problem)
    {
        var body = Encoding.UTF8.GetBytes(@case.RequestText ?? @case.Request?.GetRawText() ?? Small());
        problem = null;
        if (@case.Client == "completions")
        {
            return CompletionsRequest.Read(body, @case.Headers, out problem);
        }

        return ClientRequestReader.Read(Client, body, @case.Headers, out problem);
    }

    private string Small()
    {
        var model = Upstream switch { UpstreamKind.Claude => "claude-sonnet-4-5-20250929", UpstreamKind.Codex => "gpt-5.5", _ => "some-model" };
        var stream = @case.Stream is not null && @case.Answers is null ? "true" : "false";
        return @case.Client switch
        {
            "anthropic" => $$"""{"model":"{{model}}","max_tokens":1000,"stream":{{stream}},"messages":[{"role":"user","content":"hi"}]}""",
            "chat" => $$"""{"model":"{{model}}","stream":{{stream}},"messages":[{"role":"user","content":"hi"}]}""",
            "responses" => $$"""{"model":"{{model}}","stream":{{stream}},"store":false,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]}""",
            _ => $$"""{"model":"{{model}}","stream":{{stream}},"prompt":"hi"}""",
        };
    }

    private void Count(ClientRequest request)
    {
        if (@case.Counts is [var from, var to])
        {
            var counted = TokenEstimate.Count(request.Body, RoughTokens.Instance, out var problem);
            Expect(problem is null && counted >= from && counted <= to, $"counts: expected {from} to {to}, found {counted} {problem?.Message}");
        }
    }

    private void Send(Exchange exchange)
    {
        var output = new ArrayBufferWriter<byte>();
        if (exchange.WriteRequest(output) is { } problem)
        {
            Refused(problem);
            return;
        }

        Expect(@case.Refuses is null, "refuses: the request was not refused");
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        if (@case.SendsText is { } exact)
        {
            Expect(text == exact, $"sendsText: found {text}");
        }

        if (@case.Sends is { } sends)
        {
            Compare("sends", sends, text);
        }

        foreach (var (header, value) in @case.SendsHeaders)
        {
            var found = exchange.Headers.FirstOrDefault(h => h.Key.Equals(header, StringComparison.OrdinalIgnoreCase)).Value;
            Expect(value == "<any>" ? found is not null : found == (value == "<absent>" ? null : value), $"sendsHeaders: {header} is \"{found}\"");
        }
    }

    private void Answer(Exchange exchange)
    {
        var output = new ArrayBufferWriter<byte>();
        if (@case.Single is { } single)
        {
            var result = exchange.WriteSingle(Encoding.UTF8.GetBytes(single.ValueKind == JsonValueKind.String ? single.GetString()! : single.GetRawText()), output);
            if (result.Error is { } error)
            {
                Failed(new UpstreamError { Kind = Upstream, InStream = error });
            }
        }
        else if (@case.Stream is not null)
        {
            var stream = exchange.OpenStream();
            var failure = Run(stream, output) ?? (stream.Complete(output) ? null : new UpstreamError { Kind = Upstream, IsTruncated = true });
            if (failure is not null)
            {
                var classified = Failed(failure);
                if (@case.Gets is not null)
                {
                    stream.WriteFailure(classified, output);
                }
            }
        }
        else
        {
            return;
        }

        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        foreach (var words in @case.GetsNot)
        {
            Expect(!text.Contains(words, StringComparison.Ordinal), $"getsNot: found \"{words}\" in {text}");
        }

        if (@case.Gets is { } gets)
        {
            Compare("gets", gets, Frames(output.WrittenSpan));
            _outputs.Add(new VectorOutput(Client, IsStream: true, 200, output.WrittenSpan.ToArray()));
        }

        if (@case.Answers is { } answers)
        {
            Compare("answers", answers, text);
            _outputs.Add(new VectorOutput(Client, IsStream: false, 200, output.WrittenSpan.ToArray()));
        }
    }

    private UpstreamError? Run(AnswerStream stream, IBufferWriter<byte> output)
    {
        var framer = new SseFramer();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Wire()));
        while (framer.TryRead(ref buffer, out var frame))
        {
            if (stream.Read(frame, output) == FrameKind.Error)
            {
                return new UpstreamError { Kind = Upstream, InStream = stream.Error };
            }
        }

        return null;
    }

    private string Wire()
    {
        var text = new StringBuilder();
        foreach (var part in @case.Stream!)
        {
            if (part.ValueKind == JsonValueKind.String)
            {
                text.Append(part.GetString());
            }
            else
            {
                text.Append(Upstream == UpstreamKind.Compatible ? string.Empty : $"event: {part.GetProperty("type").GetString()}\n").Append("data: ").Append(OneLine(part)).Append("\n\n");
            }
        }

        return text.ToString();
    }

    private void Fail()
    {
        if (@case.Fails is { } fails)
        {
            var body = fails.TryGetProperty("body", out var b) ? b : default;
            Failed(new UpstreamError
            {
                Kind = Upstream,
                Status = fails.GetProperty("status").GetInt32(),
                Headers = fails.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase) : [],
                Body = Encoding.UTF8.GetBytes(body.ValueKind switch { JsonValueKind.Undefined => string.Empty, JsonValueKind.String => body.GetString()!, _ => OneLine(body) }),
                IsOAuth = Upstream != UpstreamKind.Compatible && !@case.ApiKey,
            });
        }
    }

    private Failure Failed(UpstreamError error)
    {
        var failure = FailureClassifier.Classify(error, Now);
        _hasFailed = true;
        Expect(@case.Class is not null || @case.Error is not null || @case.Gets is not null, $"failed with {failure.Class}: {failure.Message}");
        Expect(@case.Class is null || @case.Class == failure.Class.ToString(), $"class: found {failure.Class} ({failure.Message})");
        if (@case.Error is { } expected)
        {
            var told = ErrorBody.For(failure, Client);
            var output = new ArrayBufferWriter<byte>();
            ErrorBody.WriteJson(Client, told, null, output);
            _outputs.Add(new VectorOutput(Client, IsStream: false, told.Status, output.WrittenSpan.ToArray()));
            var until = failure.Until is { } at ? $",\"retryAfter\":{(long)(at - Now).TotalSeconds}" : string.Empty;
            Compare("error", expected, $$"""{"status":{{told.Status}},"body":{{Encoding.UTF8.GetString(output.WrittenSpan)}}{{until}}}""");
        }

        return failure;
    }

    private void Refused(RequestProblem? problem)
    {
        if (@case.Refuses is { } refuses)
        {
            Compare("refuses", refuses, JsonSerializer.Serialize(new { message = problem!.Message, parameter = problem.Parameter, code = problem.Code }));
        }
        else
        {
            Expect(false, $"refused: {problem?.Message} ({problem?.Parameter})");
        }
    }

    private void Compare(string what, JsonElement expected, string found)
    {
        try
        {
            using var document = JsonDocument.Parse(found);
            _differences.AddRange(Pattern.Differences(expected, document.RootElement).Select(d => $"{what} {d}"));
        }
        catch (JsonException e)
        {
            _differences.Add($"{what}: no JSON ({e.Message}): {found}");
        }
    }

    private void Expect(bool isAsExpected, string difference)
    {
        if (!isAsExpected)
        {
            _differences.Add(difference);
        }
    }

    /// <summary>The data of all frames as one JSON array. Frames must be whole, named like their type, with one line of data.</summary>
    private string Frames(ReadOnlySpan<byte> stream)
    {
        var data = new List<string>();
        foreach (var (name, text) in Answers.Frames.Parse(stream))
        {
            var isJson = text.StartsWith('{');
            data.Add(isJson ? text : JsonSerializer.Serialize(text));
            if (Client != Dialect.OpenAIChat && isJson)
            {
                using var document = JsonDocument.Parse(text);
                Expect(document.RootElement.GetProperty("type").ValueEquals(name), $"gets: the frame is called \"{name}\", its data {text}");
            }
        }

        return $"[{string.Join(',', data)}]";
    }

    private static string OneLine(JsonElement element)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
