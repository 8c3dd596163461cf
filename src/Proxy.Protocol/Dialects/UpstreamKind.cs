namespace Proxy.Protocol.Dialects;

/// <summary>What stands at the other end of an attempt; decides its dialect, its paths and its request rules.</summary>
public enum UpstreamKind
{
    /// <summary>Anthropic's API, by OAuth or key. Speaks <see cref="Dialect.AnthropicMessages"/>.</summary>
    Claude,

    /// <summary>The ChatGPT backend for Codex. Speaks a stateless, stream-only subset of <see cref="Dialect.OpenAIResponses"/>.</summary>
    Codex,

    /// <summary>Any server with <c>/chat/completions</c>. Speaks <see cref="Dialect.OpenAIChat"/>.</summary>
    Compatible,
}

/// <summary>Facts that follow from the kind of an upstream.</summary>
public static class UpstreamKinds
{
    /// <summary>The dialect that an upstream of this kind speaks.</summary>
    public static Dialect Dialect(this UpstreamKind kind) => kind switch
    {
        UpstreamKind.Claude => Dialects.Dialect.AnthropicMessages,
        UpstreamKind.Codex => Dialects.Dialect.OpenAIResponses,
        UpstreamKind.Compatible => Dialects.Dialect.OpenAIChat,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an upstream kind"),
    };
}
