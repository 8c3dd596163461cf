namespace Proxy.Sandbox.Faults;

/// <summary>What a request asks of the sandbox; faults can be limited to one.</summary>
public enum SandboxOperation
{
    /// <summary>Anything without an own word: unknown paths included.</summary>
    Other,

    /// <summary>POST /v1/messages.</summary>
    Messages,

    /// <summary>POST /v1/messages/count_tokens.</summary>
    CountTokens,

    /// <summary>POST /backend-api/codex/responses.</summary>
    Responses,

    /// <summary>POST /backend-api/codex/responses/compact.</summary>
    Compact,

    /// <summary>POST /v1/chat/completions.</summary>
    Chat,

    /// <summary>A call to a token endpoint.</summary>
    Token,

    /// <summary>GET of a model list.</summary>
    Models,

    /// <summary>GET /api/oauth/profile.</summary>
    Profile,

    /// <summary>A page of a login: /oauth/authorize, /oauth/consent, /codex/device.</summary>
    Authorize,

    /// <summary>POST /api/accounts/deviceauth/usercode and …/token.</summary>
    Device,

    /// <summary>GET /api/oauth/usage or /backend-api/wham/usage.</summary>
    Usage,

    /// <summary>A call to the simulated ampcode.com.</summary>
    Amp,
}
