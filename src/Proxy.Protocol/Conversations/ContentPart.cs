using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>One part of a message or of a tool result.</summary>
public abstract record ContentPart
{
    /// <summary>Anthropic <c>cache_control</c>; absent otherwise.</summary>
    public JsonRaw CacheControl { get; init; }
}

/// <summary>Text.</summary>
public sealed record TextPart(JsonText Text) : ContentPart;

/// <summary>A refusal in an assistant's history (OpenAI).</summary>
public sealed record RefusalPart(JsonText Text) : ContentPart;

/// <summary>An image.</summary>
public sealed record ImagePart(MediaSource Source) : ContentPart
{
    /// <summary>OpenAI <c>detail</c>; absent when not told.</summary>
    public JsonText Detail { get; init; }
}

/// <summary>A document: PDF, text or another file.</summary>
public sealed record FilePart(MediaSource Source) : ContentPart
{
    /// <summary>File name or title; absent when not told.</summary>
    public JsonText Name { get; init; }
}

/// <summary>A part that only its own dialect knows, whole.</summary>
public sealed record ForeignPart(JsonText Type, JsonRaw Raw) : ContentPart;

/// <summary>Where the bytes of an image or a file are. Exactly one of the members is present.</summary>
/// <param name="MediaType">With <paramref name="Base64"/> or <paramref name="PlainText"/>: the media type, unquoted; null when not told.</param>
/// <param name="Base64">The data as base64 characters, without quotes: safe to splice into any JSON string.</param>
/// <param name="Url">An http(s) address.</param>
/// <param name="FileId">The provider's id of an uploaded file.</param>
/// <param name="PlainText">The text of a text document.</param>
public readonly record struct MediaSource(string? MediaType, ReadOnlyMemory<byte> Base64, JsonText Url, JsonText FileId, JsonText PlainText);
