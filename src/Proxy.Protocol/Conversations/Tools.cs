using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>What kind of tool is declared.</summary>
public enum ToolKind
{
    /// <summary>A function with a JSON schema.</summary>
    Function,

    /// <summary>A free-form tool (OpenAI <c>custom</c>).</summary>
    Custom,

    /// <summary>Web search that the provider runs.</summary>
    WebSearch,

    /// <summary>Another built-in tool of its dialect; only <see cref="ToolDeclaration.Raw"/> says what.</summary>
    Foreign,
}

/// <summary>A tool that the client declared.</summary>
public sealed record ToolDeclaration
{
    /// <summary>Its kind.</summary>
    public required ToolKind Kind { get; init; }

    /// <summary>Its name; absent for built-in tools without one.</summary>
    public JsonText Name { get; init; }

    /// <summary>Its description; absent when not told.</summary>
    public JsonText Description { get; init; }

    /// <summary>The JSON schema of its input, as written; absent when not told.</summary>
    public JsonRaw Schema { get; init; }

    /// <summary>OpenAI <c>strict</c>; null when not told.</summary>
    public bool? Strict { get; init; }

    /// <summary>The format of a custom tool's input, in Responses form; absent when not told.</summary>
    public JsonRaw Format { get; init; }

    /// <summary>Responses: the namespace it was declared in; absent otherwise.</summary>
    public JsonText Namespace { get; init; }

    /// <summary>Web search: the list of domains it is kept to; absent when not told or empty.</summary>
    public JsonRaw AllowedDomains { get; init; }

    /// <summary>Web search: where the user is; absent when not told.</summary>
    public JsonRaw UserLocation { get; init; }

    /// <summary>Web search (OpenAI): <c>low</c>, <c>medium</c>, <c>high</c>; absent when not told.</summary>
    public JsonText ContextSize { get; init; }

    /// <summary>Anthropic <c>cache_control</c>; absent otherwise.</summary>
    public JsonRaw CacheControl { get; init; }

    /// <summary>The whole declaration in its own dialect.</summary>
    public JsonRaw Raw { get; init; }
}

/// <summary>Which tool the model may or must use.</summary>
public enum ToolChoiceMode
{
    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>No tool.</summary>
    None,

    /// <summary>Some tool.</summary>
    Required,

    /// <summary>The named tool.</summary>
    Named,

    /// <summary>A form that only its own dialect knows; see <see cref="ToolChoice.Raw"/>.</summary>
    Foreign,
}

/// <summary>The client's tool choice.</summary>
public sealed record ToolChoice(ToolChoiceMode Mode, JsonText Name = default, bool IsCustom = false, JsonRaw Raw = default)
{
    /// <summary>OpenAI <c>allowed_tools</c>: the only tools that may be used, with <see cref="Mode"/> Auto or Required; null when all may.</summary>
    public IReadOnlyList<ToolChoice>? Allowed { get; init; }

    /// <summary>Responses: the namespace of the named tool; absent otherwise.</summary>
    public JsonText Namespace { get; init; }

    /// <summary>With <see cref="ToolChoiceMode.Foreign"/>: the provider's web search is meant, which all dialects but Chat can name.</summary>
    public bool IsWebSearch { get; init; }

    /// <summary>The choice of a built-in tool by its type.</summary>
    internal static ToolChoice OfBuiltIn(JsonText type, JsonRaw raw) =>
        new(ToolChoiceMode.Foreign, Raw: raw) { IsWebSearch = type.Escaped.StartsWith("web_search"u8) };

    /// <summary>The choice that both OpenAI dialects say in a word; null for another word.</summary>
    internal static ToolChoice? FromWord(JsonText word) =>
        word.ValueEquals("auto"u8) ? new ToolChoice(ToolChoiceMode.Auto)
        : word.ValueEquals("none"u8) ? new ToolChoice(ToolChoiceMode.None)
        : word.ValueEquals("required"u8) ? new ToolChoice(ToolChoiceMode.Required)
        : null;
}

/// <summary>The kind of text that the client wants back.</summary>
public enum OutputFormatKind
{
    /// <summary>Plain text.</summary>
    Text,

    /// <summary>Any JSON object.</summary>
    JsonObject,

    /// <summary>JSON by a schema.</summary>
    JsonSchema,
}

/// <summary>Structured output.</summary>
public sealed record OutputFormat(OutputFormatKind Kind, JsonText Name = default, JsonText Description = default, JsonRaw Schema = default, bool? Strict = null)
{
    /// <summary>The format by the <c>type</c> that both OpenAI dialects give it; null for another type.</summary>
    internal static OutputFormat? Of(JsonText type, JsonText name, JsonText description, JsonRaw schema, bool? strict) =>
        type.ValueEquals("json_schema"u8) ? new OutputFormat(OutputFormatKind.JsonSchema, name, description, schema, strict)
        : type.ValueEquals("json_object"u8) ? new OutputFormat(OutputFormatKind.JsonObject)
        : type.ValueEquals("text"u8) ? new OutputFormat(OutputFormatKind.Text)
        : null;
}
