using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>A made-up request, the same for the same seed, in the words of one dialect: as its clients write it, not as our writers do.</summary>
internal sealed class GeneratedConversation
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string Place = """{"type":"approximate","city":"Bonn","country":"DE"}""";

    private static readonly string[] Texts =
    [
        "Hello", "two\nlines", "quote \" and \\ slash", "Grüße, 你好 🎉", "  blanks around  ", "<b>&amp;</b>", "tab\there", "a", "/path/to/file.cs", "null",
    ];

    private static readonly string[] Arguments =
    [
        "{}", """{"p":1}""", """{"p":1.0,"q":1e5,"r":-0.10}""", """{"text":"Grüße 🎉"}""", """{"text":"\u00e9\n\"x\""}""", """{ "a" : [ 1 , 2 ], "b" : null }""",
        """{"n":12345678901234567890}""", """{"nested":{"deep":{"er":[{"x":true}]}},"s":"</script>"}""",
    ];

    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{}}""", """{"type":"object","properties":{"p":{"type":"string","description":"Grüße"}},"required":["p"]}""",
        """{"type":"object","properties":{"n":{"type":"number","minimum":0.50}},"additionalProperties":false}""",
        """{"type":"object","properties":{"l":{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"null"}]}}}}""",
    ];

    private readonly Random _random;
    private readonly Dialect _dialect;
    private readonly List<(string Name, bool IsCustom)> _tools = [];
    private readonly List<string> _inputs = [];
    private int _number;

    private GeneratedConversation(Dialect dialect, int seed)
    {
        _dialect = dialect;
        _random = new Random(seed);
    }

    /// <summary>Words that stand in it once each, so that their loss is seen without any reader.</summary>
    public List<string> Marks { get; } = [];

    /// <summary>The body.</summary>
    public string Json { get; private set; } = string.Empty;

    public static GeneratedConversation Of(Dialect dialect, int seed)
    {
        var made = new GeneratedConversation(dialect, seed);
        made.Json = made.WithInputs(dialect switch
        {
            Dialect.AnthropicMessages => made.Anthropic(),
            Dialect.OpenAIChat => made.Chat(),
            _ => made.Responses(),
        });
        return made;
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Pick(string[] from) => from[_random.Next(from.Length)];

    private string Text()
    {
        var mark = $"m{_number++}k";
        Marks.Add(mark);
        return $"{Pick(Texts)} {mark}";
    }

    private static JsonNode Parse(string json) => JsonNode.Parse(json)!;

    // ---------------------------------------------------------------- the three dialects

    private JsonObject Anthropic()
    {
        var body = new JsonObject { ["model"] = "m", ["max_tokens"] = _random.Next(1, 4000) };
        Add(body, "system", 60, () => Chance(50) ? Text() : new JsonArray([.. Some(1, 3, () => GeneratedForms.TextBlock("text", Text()))]));
        Add(body, "tools", 70, () => Declare(isCustomKnown: false));
        Add(body, "tool_choice", _tools.Count > 0 ? 60 : 0, () => _random.Next(4) switch
        {
            0 => Parse("""{"type":"any"}"""),
            1 => Parse("""{"type":"none"}"""),
            2 => Parse("""{"type":"auto","disable_parallel_tool_use":true}"""),
            _ => new JsonObject { ["type"] = "tool", ["name"] = AnyTool().Name },
        });
        Add(body, Chance(50) ? "temperature" : "top_p", 30, () => Parse("0.50"));
        Add(body, "stop_sequences", 30, () => new JsonArray("END", "\nHuman:"));
        Add(body, "speed", 20, () => "fast");
        Add(body, "output_config", 30, () => new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = Parse(Pick(Schemas)) } });
        Add(body, "stream", 50, () => true);
        var messages = new JsonArray();
        foreach (var turn in Turns())
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = new JsonArray([.. turn.Results.Select(AnthropicResult), .. turn.User.Select(GeneratedForms.AnthropicPart)]) });
            if (turn.Assistant.Count + turn.Calls.Count > 0)
            {
                messages.Add((JsonNode)new JsonObject
                {
                    ["role"] = "assistant",
                    ["content"] = new JsonArray([.. turn.Assistant.Select(t => GeneratedForms.TextBlock("text", t)), .. turn.Calls.Select(c => new JsonObject { ["type"] = "tool_use", ["id"] = c.Id, ["name"] = c.Name, ["input"] = Raw(c.Input) })]),
                });
            }
        }

        body["messages"] = messages;
        return body;
    }

    private JsonObject Chat()
    {
        var body = new JsonObject { ["model"] = "m" };
        Add(body, Chance(50) ? "max_tokens" : "max_completion_tokens", 60, () => _random.Next(1, 4000));
        Add(body, "tools", 70, () => Declare(isCustomKnown: true));
        Add(body, "tool_choice", _tools.Count > 0 ? 60 : 0, () => _random.Next(3) switch
        {
            0 => "required",
            1 => "none",
            _ => Choice(isNested: true),
        });
        AddSampling(body, "reasoning_effort", "high");
        Add(body, "stop", 30, () => Chance(50) ? "END" : new JsonArray("END", "X"));
        Add(body, "service_tier", 20, () => "priority");
        Add(body, "verbosity", 20, () => "low");
        Add(body, "response_format", 40, () => Chance(30) ? Parse("""{"type":"json_object"}""")
            : new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "n", ["strict"] = true, ["schema"] = Parse(Pick(Schemas)) } });
        Add(body, "stream", 50, () => true);
        var messages = new JsonArray();
        foreach (var system in Some(0, 2, Text))
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = Chance(50) ? "system" : "developer", ["content"] = system });
        }

        foreach (var turn in Turns())
        {
            foreach (var result in turn.Results)
            {
                JsonNode content = result.Image is null && Chance(50) ? result.Text : new JsonArray([GeneratedForms.TextBlock("text", result.Text), .. result.Image is null ? [] : new[] { GeneratedForms.ChatPart(result.Image) }]);
                messages.Add((JsonNode)new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.Id, ["content"] = content });
            }

            messages.Add((JsonNode)new JsonObject { ["role"] = "user", ["content"] = turn.User is [{ Text: { } only }] && Chance(50) ? only : new JsonArray([.. turn.User.Select(GeneratedForms.ChatPart)]) });
            if (turn.Assistant.Count + turn.Calls.Count > 0)
            {
                var message = new JsonObject { ["role"] = "assistant", ["content"] = turn.Assistant.Count == 0 ? null : string.Join("\n\n", turn.Assistant) };
                if (turn.Calls.Count > 0)
                {
                    message["tool_calls"] = new JsonArray([.. turn.Calls.Select(c => c.IsCustom
                        ? new JsonObject { ["id"] = c.Id, ["type"] = "custom", ["custom"] = new JsonObject { ["name"] = c.Name, ["input"] = c.Input } }
                        : new JsonObject { ["id"] = c.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = c.Name, ["arguments"] = c.Input } })]);
                }

                messages.Add((JsonNode)message);
            }
        }

        body["messages"] = messages;
        return body;
    }

    private JsonObject Responses()
    {
        var body = new JsonObject { ["model"] = "m" };
        Add(body, "instructions", 50, () => Text());
        Add(body, "max_output_tokens", 50, () => _random.Next(1, 4000));
        Add(body, "tools", 70, () => Declare(isCustomKnown: true));
        Add(body, "tool_choice", _tools.Count > 0 ? 60 : 0, () => _random.Next(3) switch
        {
            0 => "required",
            1 => "none",
            _ => Choice(isNested: false),
        });
        AddSampling(body, "reasoning", Parse("""{"effort":"high"}"""));
        Add(body, "service_tier", 20, () => "priority");
        Add(body, "text", 40, () => Chance(30) ? Parse("""{"verbosity":"low","format":{"type":"json_object"}}""")
            : new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["name"] = "n", ["strict"] = true, ["schema"] = Parse(Pick(Schemas)) } });
        Add(body, "stream", 50, () => true);
        var input = new JsonArray();
        foreach (var turn in Turns())
        {
            foreach (var result in turn.Results)
            {
                JsonNode output = result.Image is null && Chance(50) ? result.Text : new JsonArray([GeneratedForms.TextBlock("input_text", result.Text), .. result.Image is null ? [] : new[] { GeneratedForms.ResponsesPart(result.Image) }]);
                input.Add((JsonNode)new JsonObject { ["type"] = result.IsCustom ? "custom_tool_call_output" : "function_call_output", ["call_id"] = result.Id, ["output"] = output });
            }

            input.Add((JsonNode)new JsonObject { ["type"] = "message", ["role"] = "user", ["content"] = new JsonArray([.. turn.User.Select(GeneratedForms.ResponsesPart)]) });
            if (turn.Assistant.Count > 0)
            {
                input.Add((JsonNode)new JsonObject { ["type"] = "message", ["role"] = "assistant", ["content"] = new JsonArray([.. turn.Assistant.Select(t => GeneratedForms.TextBlock("output_text", t))]) });
            }

            foreach (var call in turn.Calls)
            {
                input.Add((JsonNode)new JsonObject { ["type"] = call.IsCustom ? "custom_tool_call" : "function_call", ["call_id"] = call.Id, ["name"] = call.Name, [call.IsCustom ? "input" : "arguments"] = call.Input });
            }
        }

        body["input"] = input;
        return body;
    }

    // ---------------------------------------------------------------- what they have in common

    private List<GeneratedTurn> Turns()
    {
        var turns = new List<GeneratedTurn>();
        List<GeneratedCall> open = [];
        var count = _random.Next(1, 5);
        for (var i = 0; i < count; i++)
        {
            var isLast = i == count - 1;
            var results = open.Select(c => new GeneratedResult(c.Id, c.IsCustom, Text(), Chance(20) ? new GeneratedPart(ImageData: Base64()) : null, Chance(20))).ToList();
            List<GeneratedPart> user = [.. Some(0, 3, AnyPart), new GeneratedPart(Text()), .. Some(0, 2, AnyPart)];
            var assistant = isLast ? [] : Some(_tools.Count > 0 ? 0 : 1, 3, Text).ToList();
            open = isLast || _tools.Count == 0 ? [] : [.. Some(assistant.Count == 0 ? 1 : 0, 4, AnyCall)];
            turns.Add(new GeneratedTurn(results, user, assistant, open));
        }

        return turns;
    }

    private GeneratedPart AnyPart() => _random.Next(10) switch
    {
        0 => new GeneratedPart(ImageData: Base64(), IsDetailed: Chance(50)),
        1 => new GeneratedPart(ImageUrl: $"https://example.com/{_number++}.png?a=1&b=2", IsDetailed: Chance(50)),
        2 => new GeneratedPart(FileData: Base64(), FileName: $"f{_number++}.pdf"),
        3 => new GeneratedPart(FileUrl: $"https://example.com/{_number++}.pdf"),
        _ => new GeneratedPart(Text()),
    };

    private string Base64() => Convert.ToBase64String([.. Enumerable.Range(0, _random.Next(1, 20)).Select(_ => (byte)_random.Next(256))]);

    private (string Name, bool IsCustom) AnyTool() => _tools[_random.Next(_tools.Count)];

    private JsonObject Choice(bool isNested)
    {
        var (name, isCustom) = AnyTool();
        var kind = isCustom ? "custom" : "function";
        return isNested ? new JsonObject { ["type"] = kind, [kind] = new JsonObject { ["name"] = name } } : new JsonObject { ["type"] = kind, ["name"] = name };
    }

    private GeneratedCall AnyCall()
    {
        var (name, isCustom) = AnyTool();
        return new GeneratedCall($"call_{_number++}", name, isCustom, isCustom ? Text() : Pick(Arguments));
    }

    private JsonArray Declare(bool isCustomKnown)
    {
        var tools = new JsonArray();
        foreach (var _ in Enumerable.Range(0, _random.Next(1, 4)))
        {
            var name = $"tool_{_number++}";
            var isCustom = isCustomKnown && Chance(25);
            _tools.Add((name, isCustom));
            tools.Add((JsonNode)(isCustom ? GeneratedForms.Custom(_dialect, name) : GeneratedForms.Function(_dialect, name, Text(), Parse(Pick(Schemas)))));
        }

        if (Chance(20) && _dialect != Dialect.OpenAIChat)
        {
            tools.Add((JsonNode)(_dialect == Dialect.AnthropicMessages
                ? new JsonObject { ["type"] = "web_search_20250305", ["name"] = "web_search", ["allowed_domains"] = new JsonArray("example.com"), ["user_location"] = Parse(Place) }
                : new JsonObject { ["type"] = "web_search", ["filters"] = new JsonObject { ["allowed_domains"] = new JsonArray("example.com") }, ["user_location"] = Parse(Place) }));
        }

        return tools;
    }

    private JsonNode AnthropicResult(GeneratedResult result)
    {
        var block = new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = result.Id };
        block["content"] = result.Image is null && Chance(50) ? result.Text : new JsonArray([GeneratedForms.TextBlock("text", result.Text), .. result.Image is null ? [] : new[] { GeneratedForms.AnthropicPart(result.Image) }]);
        if (result.IsError)
        {
            block["is_error"] = true;
        }

        return block;
    }

    /// <summary>Stands for JSON whose blanks and escapes a node would not keep.</summary>
    private JsonNode Raw(string json)
    {
        _inputs.Add(json);
        return $"@{_inputs.Count - 1}@";
    }

    private string WithInputs(JsonObject body)
    {
        var json = body.ToJsonString(Relaxed);
        for (var i = 0; i < _inputs.Count; i++)
        {
            json = json.Replace($"\"@{i}@\"", _inputs[i], StringComparison.Ordinal);
        }

        return json;
    }

    private void Add(JsonObject body, string name, int percent, Func<JsonNode> value)
    {
        if (Chance(percent))
        {
            body[name] = value();
        }
    }

    /// <summary>What Claude can't have together is not asked for together: a temperature or thinking or a choice, one call at a time or none.</summary>
    private void AddSampling(JsonObject body, string effort, JsonNode value)
    {
        var isChosen = body.ContainsKey("tool_choice");
        Add(body, "parallel_tool_calls", _tools.Count > 0 && body["tool_choice"]?.ToString() != "none" ? 40 : 0, () => false);
        Add(body, effort, isChosen ? 0 : 40, () => value);
        Add(body, Chance(50) ? "temperature" : "top_p", body.ContainsKey(effort) ? 0 : 40, () => Parse("0.50"));
    }

    private IEnumerable<T> Some<T>(int least, int below, Func<T> make)
    {
        var count = _random.Next(least, below);
        for (var i = 0; i < count; i++)
        {
            yield return make();
        }
    }
}
