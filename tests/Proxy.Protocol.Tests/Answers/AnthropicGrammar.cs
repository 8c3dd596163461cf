using System.Text;
using System.Text.Json;
using static Proxy.Protocol.Tests.Answers.Grammar;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>A strict reader of Messages streams and Messages, by spec/wire-protocols.md 1.3 and 1.4, on a JSON DOM.</summary>
internal sealed class AnthropicGrammar
{
    private readonly AnswerDigest _digest = new();
    private readonly HashSet<string> _ids = [];
    private readonly HashSet<string> _searches = [];
    private readonly StringBuilder _words = new();
    private readonly Liberty _liberty;
    private Phase _phase = Phase.Nothing;
    private string _kind = string.Empty;
    private string _name = string.Empty;
    private int _open = -1;
    private int _next;
    private bool _isSigned;

    private AnthropicGrammar(Liberty liberty) => _liberty = liberty;

    private enum Phase
    {
        Nothing,
        Started,
        Told,
        Over,
    }

    /// <summary>Reads a stream or the beginning of one; whether it came to an end is in the digest.</summary>
    public static AnswerDigest Check(IReadOnlyList<(string Name, string Data)> frames, Liberty liberty = Liberty.None)
    {
        var grammar = new AnthropicGrammar(liberty);
        foreach (var (name, data) in frames)
        {
            grammar.Read(name, Object(data));
        }

        return grammar._digest;
    }

    /// <summary>Reads a whole Message.</summary>
    public static AnswerDigest CheckSingle(JsonElement message, Liberty liberty = Liberty.None)
    {
        var grammar = new AnthropicGrammar(liberty);
        grammar.ReadHead(message);
        foreach (var block in message.ArrayOf("content").EnumerateArray())
        {
            grammar.ReadWhole(block);
        }

        grammar.ReadEnding(message);
        CheckUsage(message.ObjectOf("usage"), isWhole: true);
        grammar._digest.IsComplete = true;
        return grammar._digest;
    }

    private bool IsProviders => _liberty.HasFlag(Liberty.Provider);

    private void Read(string name, JsonElement json)
    {
        Demand(json.TextOf("type") == name, $"event: {name}, but type: {json.TextOf("type")}");
        Demand(_phase != Phase.Over, "nothing follows the end, but " + name);
        switch (name)
        {
            case "message_start":
                json.Only("type", "message");
                Demand(_phase == Phase.Nothing, "message_start comes first, and once");
                _phase = Phase.Started;
                OnStart(json.ObjectOf("message"));
                break;
            case "content_block_start":
                json.Only("type", "index", "content_block");
                Demand(_phase == Phase.Started, "a block outside of the content");
                Demand(_open < 0, "blocks never interleave");
                Demand(json.CountOf("index") == _next, "the index is the block's place in the content");
                _open = _next++;
                Open(json.ObjectOf("content_block"));
                break;
            case "content_block_delta":
                json.Only("type", "index", "delta");
                Demand(_open >= 0 && json.CountOf("index") == _open, "a delta of a block that is not open");
                Take(json.ObjectOf("delta"));
                break;
            case "content_block_stop":
                json.Only("type", "index");
                Demand(_open >= 0 && json.CountOf("index") == _open, "the stop of a block that is not open");
                _open = -1;
                Close();
                break;
            case "message_delta":
                Demand(_phase == Phase.Started || (IsProviders && _phase == Phase.Told), "message_delta comes once, after the content");
                Demand(_open < 0, "a block is still open");
                _phase = Phase.Told;
                ReadEnding(json.ObjectOf("delta"));
                CheckUsage(json.ObjectOf("usage"), isWhole: false);
                break;
            case "message_stop":
                Demand(_phase == Phase.Told, "message_stop without message_delta");
                _phase = Phase.Over;
                _digest.IsComplete = true;
                break;
            case "error":
                json.Only("type", "error", "request_id");
                json.ObjectOf("error").SomeTextOf("type");
                json.ObjectOf("error").SomeTextOf("message");
                _phase = Phase.Over;
                _digest.HasFailed = true;
                break;
            case "ping":
                Demand(_phase != Phase.Nothing || IsProviders, "a ping before the start");
                break;
            default:
                Demand(IsProviders, "an unknown event: " + name);
                break;
        }
    }

    private void ReadHead(JsonElement message)
    {
        message.SomeTextOf("id");
        Demand(message.TextOf("type") == "message", "type is message");
        Demand(message.TextOf("role") == "assistant", "role is assistant");
        message.SomeTextOf("model");
        message.Only("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "container", "usage");
    }

    private void OnStart(JsonElement message)
    {
        ReadHead(message);
        Demand(message.ArrayOf("content").GetArrayLength() == 0, "the content is empty at the start");
        message.NullOf("stop_reason");
        message.NullOf("stop_sequence");
        CheckUsage(message.ObjectOf("usage"), isWhole: true);
    }

    private void Open(JsonElement block)
    {
        _kind = block.SomeTextOf("type");
        _words.Clear();
        _isSigned = false;
        switch (_kind)
        {
            case "text":
                Demand(block.TextOf("text").Length == 0, "text comes in deltas");
                break;
            case "thinking":
                block.Only("type", "thinking", "signature");
                Demand(block.TextOf("thinking").Length == 0 && block.TextOf("signature").Length == 0, "thinking comes in deltas");
                break;
            case "tool_use" or "server_tool_use":
                OpenCall(block);
                Demand(block.ObjectOf("input").EnumerateObject().Any() is false, "input comes in deltas");
                break;
            default:
                OpenWhole(block);
                break;
        }
    }

    private void OpenCall(JsonElement block)
    {
        var id = block.SomeTextOf("id");
        foreach (var letter in id)
        {
            Demand(char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-', "a tool id that would be refused when it comes back: " + id);
        }

        _name = block.SomeTextOf("name");
        Demand(_ids.Add(id) || _liberty.HasFlag(Liberty.Broken), "two calls of one id");
        if (_kind == "server_tool_use")
        {
            _searches.Add(id);
        }
    }

    /// <summary>Blocks that carry all they have in their start.</summary>
    private void OpenWhole(JsonElement block)
    {
        switch (_kind)
        {
            case "redacted_thinking":
                block.Only("type", "data");
                _digest.Redacted.Add(block.TextOf("data"));
                break;
            case "web_search_tool_result":
                Demand(_searches.Contains(block.SomeTextOf("tool_use_id")), "a result of no search");
                CheckResults(block.Member("content"));
                break;
            default:
                Demand(IsProviders, "an unknown block: " + _kind);
                break;
        }
    }

    private static void CheckResults(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.Object)
        {
            Demand(content.TextOf("type") == "web_search_tool_result_error", "a result that is neither pages nor an error");
            content.SomeTextOf("error_code");
            return;
        }

        Demand(content.ValueKind == JsonValueKind.Array, "results are a list");
        foreach (var page in content.EnumerateArray())
        {
            page.Only("type", "title", "url", "encrypted_content", "page_age");
            Demand(page.TextOf("type") == "web_search_result", "a result that is no page");
            page.TextOf("title");
            page.SomeTextOf("url");
            page.TextOf("encrypted_content");
            page.MayBeText("page_age");
        }
    }

    private void Take(JsonElement delta)
    {
        Demand(!_isSigned, "the signature is the last delta, and comes once");
        var type = delta.TextOf("type");
        switch (type, _kind)
        {
            case ("text_delta", "text"):
                delta.Only("type", "text");
                _words.Append(delta.TextOf("text"));
                break;
            case ("citations_delta", "text"):
                delta.Only("type", "citation");
                delta.ObjectOf("citation").SomeTextOf("type");
                break;
            case ("thinking_delta", "thinking"):
                delta.Only("type", "thinking");
                _words.Append(delta.TextOf("thinking"));
                break;
            case ("signature_delta", "thinking"):
                delta.Only("type", "signature");
                _digest.Signatures.Add(delta.SomeTextOf("signature"));
                _isSigned = true;
                break;
            case ("input_json_delta", "tool_use" or "server_tool_use"):
                delta.Only("type", "partial_json");
                _words.Append(delta.TextOf("partial_json"));
                break;
            default:
                throw new GrammarException($"a {type} in a {_kind} block");
        }
    }

    private void Close()
    {
        switch (_kind)
        {
            case "text":
                Demand(_words.Length > 0 || IsProviders, "an empty text block would be refused when it comes back");
                _digest.Text.Append(_words);
                break;
            case "thinking":
                _digest.Reasoning.Append(_words);
                break;
            case "tool_use":
                _digest.Calls.Add((_name, _words.ToString()));
                break;
            case "server_tool_use":
                _digest.Searches.Add(Object(_words.Length == 0 ? "{}" : _words.ToString()).Find("query", out var query) ? Text(query) : string.Empty);
                break;
        }
    }

    private void ReadWhole(JsonElement block)
    {
        _kind = block.SomeTextOf("type");
        switch (_kind)
        {
            case "text":
                _digest.Text.Append(block.SomeTextOf("text"));
                break;
            case "thinking":
                _digest.Reasoning.Append(block.TextOf("thinking"));
                if (block.TextOf("signature") is { Length: > 0 } signature)
                {
                    _digest.Signatures.Add(signature);
                }

                break;
            case "tool_use" or "server_tool_use":
                OpenCall(block);
                if (_kind == "tool_use")
                {
                    _digest.Calls.Add((_name, block.ObjectOf("input").GetRawText()));
                }
                else
                {
                    _digest.Searches.Add(block.ObjectOf("input").Find("query", out var query) ? Text(query) : string.Empty);
                }

                break;
            default:
                OpenWhole(block);
                break;
        }
    }

    private void ReadEnding(JsonElement delta)
    {
        _digest.Stop = delta.TextOf("stop_reason");
        OneOf(_digest.Stop, "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded");
        delta.MayBeText("stop_sequence");
        Demand(_digest.Stop != "tool_use" || _digest.Calls.Count > 0, "tool_use needs a tool_use block");
    }

    /// <summary>A message_delta may leave the input out; where it is told, it is a count.</summary>
    private static void CheckUsage(JsonElement usage, bool isWhole)
    {
        usage.CountOf("output_tokens");
        if (isWhole)
        {
            usage.CountOf("input_tokens");
        }

        usage.MayCount("input_tokens");
        usage.MayCount("cache_creation_input_tokens");
        usage.MayCount("cache_read_input_tokens");
        if (usage.Find("output_tokens_details", out var details) && details.ValueKind != JsonValueKind.Null)
        {
            details.CountOf("thinking_tokens");
        }
    }
}
