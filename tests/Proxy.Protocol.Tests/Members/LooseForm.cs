using System.Text;
using System.Text.Json.Nodes;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Members;

/// <summary>
/// A conversation as lines, free of what a dialect may form as it likes: where messages end inside a turn, how texts
/// are cut, whether instructions stand in front or between the turns, the ids of calls. Only facts whose kind is kept
/// are told, so that a trip can be judged by what its pairs carry.
/// </summary>
internal sealed class LooseForm(Func<string, bool> keeps)
{
    private readonly List<string> _turns = [];
    private readonly List<string> _run = [];
    private readonly Dictionary<string, int> _calls = new(StringComparer.Ordinal);
    private Role _speaker;

    /// <summary>The facts that stand beside the conversation; an upstream may be told more than that.</summary>
    public List<string> Settings { get; } = [];

    /// <summary>Who said what, in order.</summary>
    public IReadOnlyList<string> Turns => _turns;

    public static LooseForm Of(Conversation conversation, Func<string, bool> keeps)
    {
        var form = new LooseForm(keeps);
        form.Tell(conversation);
        return form;
    }

    private void Tell(Conversation conversation)
    {
        Say("stream", conversation.Stream ? "yes" : null);
        Say("limit", conversation.MaxOutputTokens?.ToString());
        Say("temperature", Raw(conversation.Temperature));
        Say("top_p", Raw(conversation.TopP));
        Say("stops", conversation.StopSequences.Count == 0 ? null : string.Join('|', conversation.StopSequences));
        Say("schema", conversation.OutputFormat is { Kind: OutputFormatKind.JsonSchema } format ? Raw(format.Schema) : null);
        Say("json", conversation.OutputFormat is { Kind: OutputFormatKind.JsonObject } ? "yes" : null);
        Say("verbosity", conversation.Verbosity.IsPresent ? conversation.Verbosity.ToString() : null);
        Say("priority", conversation.Priority ? "yes" : null);
        Say("effort", conversation.Thinking?.Level);
        Say("parallel", conversation.ParallelToolCalls == false ? "no" : null);
        // auto is what no word means
        Say("choice", conversation.ToolChoice is { Mode: not ToolChoiceMode.Auto } choice ? (choice.Mode == ToolChoiceMode.Named ? choice.Name.ToString() : choice.Mode.ToString()) : null);
        foreach (var tool in conversation.Tools)
        {
            Tool(tool);
        }

        Say("instructions", Joined(conversation.Items.OfType<MessageItem>().Where(m => m.Role is Role.System or Role.Developer).SelectMany(m => m.Parts)));
        foreach (var item in conversation.Items.Where(item => item is not MessageItem { Role: Role.System or Role.Developer }))
        {
            Item(item);
        }

        EndRun();
    }

    private void Tool(ToolDeclaration tool)
    {
        switch (tool.Kind)
        {
            case ToolKind.WebSearch:
                Say("search", "yes");
                Say("domains", Raw(tool.AllowedDomains));
                Say("place", Raw(tool.UserLocation));
                break;
            default:
                Say("tool", $"{tool.Name} {tool.Description}");
                Say("grammar", tool.Kind == ToolKind.Custom ? $"{tool.Name} {Raw(tool.Format)}" : null);
                Say("parameters", tool.Kind == ToolKind.Function ? $"{tool.Name} {Raw(tool.Schema)}" : null);
                Say("strict", tool.Strict == true ? tool.Name.ToString() : null);
                break;
        }
    }

    private void Item(ConversationItem item)
    {
        switch (item)
        {
            case MessageItem message:
                Speak(message.Role);
                foreach (var part in message.Parts)
                {
                    Part(part);
                }

                break;
            case ToolCallItem call:
                EndRun();
                _calls[call.CallId.ToString()] = _calls.Count;
                _turns.Add($"call #{_calls.Count - 1} {call.Name} {Input(call)}");
                break;
            case ToolResultItem result:
                EndRun();
                var number = _calls.GetValueOrDefault(result.CallId.ToString(), -1);
                var text = Joined(result.Parts) ?? string.Empty;
                _turns.Add($"result #{number} {(result.IsError ? Failed(result, text) : text)}");
                _turns.AddRange(result.Parts.OfType<ImagePart>().Where(_ => keeps("result image")).Select(image => $"result #{number} image {ExactForm.Of(image.Source)}"));
                break;
        }
    }

    /// <summary>Where there are no custom tools, their text is the one argument of a function.</summary>
    private static string Input(ToolCallItem call)
    {
        var input = ExactForm.Input(call.Input);
        if (call.IsCustom || !input.StartsWith("{\"input\":", StringComparison.Ordinal))
        {
            return input;
        }

        return JsonNode.Parse(input)!["input"]!.GetValue<string>();
    }

    /// <summary>A dialect without a flag says it in the text: in front of the only one, or as one of its own.</summary>
    private static string Failed(ToolResultItem result, string text) => result.Parts.Any(p => p is ImagePart) ? $"Error:\n\n{text}" : $"Error: {text}";

    private void Part(ContentPart part)
    {
        switch (part)
        {
            case TextPart text:
                _run.Add(text.Text.ToString());
                break;
            case ImagePart image when keeps(image.Source.Url.IsPresent ? "image url" : "image data"):
                EndRun();
                _turns.Add($"{_speaker} image {ExactForm.Of(image.Source)} {(keeps("detail") ? image.Detail.ToString() : "")}");
                break;
            case FilePart file when keeps(file.Source.Url.IsPresent ? "file url" : "file data"):
                EndRun();
                _turns.Add($"{_speaker} file {ExactForm.Of(file.Source)} {(keeps("file name") && !file.Source.Url.IsPresent ? file.Name.ToString() : "")}");
                break;
        }
    }

    private void Speak(Role speaker)
    {
        if (speaker != _speaker)
        {
            EndRun();
            _speaker = speaker;
        }
    }

    private void EndRun()
    {
        if (_run.Count > 0)
        {
            _turns.Add($"{_speaker} text {string.Join("\n\n", _run)}");
            _run.Clear();
        }
    }

    private void Say(string kind, string? value)
    {
        if (value is not null && keeps(kind))
        {
            Settings.Add($"{kind}: {value}");
        }
    }

    private static string? Joined(IEnumerable<ContentPart> parts)
    {
        var texts = parts.OfType<TextPart>().Select(p => p.Text.ToString()).ToList();
        return texts.Count == 0 ? null : string.Join("\n\n", texts);
    }

    private static string? Raw(JsonRaw raw) => raw.IsPresent ? Encoding.UTF8.GetString(raw.Utf8.Span) : null;
}
