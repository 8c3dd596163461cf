using System.Text;
using Proxy.Protocol.Conversations;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Tests.Members;

/// <summary>A conversation as lines, one per fact, whatever dialect it was read from. Defaults that say nothing are no facts.</summary>
internal static class ExactForm
{
    public static List<string> Of(Conversation conversation)
    {
        var lines = new List<string>();
        Say(lines, "model", conversation.Model);
        Say(lines, "stream", conversation.Stream ? "yes" : null);
        Say(lines, "limit", conversation.MaxOutputTokens);
        Say(lines, "temperature", Of(conversation.Temperature));
        Say(lines, "top_p", Of(conversation.TopP));
        Say(lines, "top_k", Of(conversation.TopK));
        Say(lines, "stop", conversation.StopSequences.Count == 0 ? null : string.Join('|', conversation.StopSequences));
        Say(lines, "format", conversation.OutputFormat is { } f ? $"{f.Kind} {f.Name} {f.Description} {Of(f.Schema)} {f.Strict == true}" : null);
        Say(lines, "verbosity", Of(conversation.Verbosity));
        Say(lines, "priority", conversation.Priority ? "yes" : null);
        Say(lines, "cache key", Of(conversation.PromptCacheKey));
        Say(lines, "user", Of(conversation.EndUser));
        Say(lines, "parallel", conversation.ParallelToolCalls == false ? "no" : null);
        Say(lines, "thinking", conversation.Thinking is { } t ? $"{t.Mode} {t.Level} {t.Budget}" : null);
        Say(lines, "visibility", conversation.ReasoningVisibility is ReasoningVisibility.Unspecified or ReasoningVisibility.Auto ? null : conversation.ReasoningVisibility);
        Say(lines, "choice", conversation.ToolChoice is { } choice ? Of(choice) : null);
        lines.AddRange(conversation.Tools.Select(tool =>
            $"tool {tool.Kind} {(tool.Kind == ToolKind.WebSearch ? "" : tool.Name)} {tool.Namespace} {tool.Description} {Of(tool.Schema)} {Of(tool.Format)} {tool.Strict == true} {Of(tool.AllowedDomains)} {Of(tool.UserLocation)} {Of(tool.ContextSize)}{Breakpoint(tool.CacheControl)}"));
        lines.AddRange(conversation.Items.SelectMany(Of));
        return lines;
    }

    private static void Say(List<string> lines, string fact, object? value)
    {
        if (value is not null)
        {
            lines.Add($"{fact}: {value}");
        }
    }

    /// <summary>A message is its parts: where one ends and the next of its speaker begins is no fact.</summary>
    private static IEnumerable<string> Of(ConversationItem item) => item switch
    {
        MessageItem message => message.Parts.Select(part => $"{message.Role}: {Of(part)}"),
        ReasoningItem reasoning => [$"reasoning: {string.Join('|', reasoning.Texts)} {reasoning.Signature} {reasoning.Redacted}"],
        ToolCallItem call => [$"call {call.CallId} {call.Namespace} {call.Name} {call.IsCustom}: {Input(call.Input)}"],
        ToolResultItem result => [$"result {result.CallId} {result.IsError}: {string.Join(' ', result.Parts.Select(Of))}"],
        ForeignItem foreign => [$"{foreign.Type}: {Of(foreign.Raw)}"],
        _ => throw new InvalidOperationException("an unknown kind of item"),
    };

    private static string Of(ContentPart part) => part switch
    {
        TextPart text => $"text {text.Text}",
        RefusalPart refusal => $"refusal {refusal.Text}",
        ImagePart image => $"image {Of(image.Source)} {image.Detail}",
        FilePart file => $"file {Of(file.Source)} {file.Name}",
        ForeignPart foreign => $"{foreign.Type} {Of(foreign.Raw)}",
        _ => throw new InvalidOperationException("an unknown kind of part"),
    } + Breakpoint(part.CacheControl);

    private static string Of(ToolChoice choice) =>
        $"{choice.Mode} {choice.Namespace} {choice.Name} {choice.IsCustom} {(choice.Mode == ToolChoiceMode.Foreign ? Of(choice.Raw) : "")} {string.Join('|', (choice.Allowed ?? []).Select(Of))}";

    /// <summary>A breakpoint that says no more than that it is one is set by the writers themselves where it helps.</summary>
    private static string Breakpoint(JsonRaw raw) => Of(raw) is { } text and not """{"type":"ephemeral"}""" ? " " + text : "";

    /// <summary>Where the bytes are, in a word that all dialects have.</summary>
    public static string Of(in MediaSource source) =>
        $"{source.MediaType} {Encoding.ASCII.GetString(source.Base64.Span)}{source.Url}{source.FileId}{source.PlainText}";

    /// <summary>Arguments as text, byte for byte, in whichever form they came.</summary>
    public static string Input(ToolInput input) => input.Text.IsPresent ? input.Text.ToString() : Of(input.Value) ?? "{}";

    private static string? Of(JsonText text) => text.IsPresent ? text.ToString() : null;

    private static string? Of(JsonRaw raw) => raw.IsPresent ? Encoding.UTF8.GetString(raw.Utf8.Span) : null;
}
