namespace Proxy.Sandbox.Json;

/// <summary>Why a request is not served: what an error answer is made of, in any protocol.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Anthropic or OpenAI error type; null: the bare <c>{"detail":…}</c> form of the ChatGPT backend.</param>
/// <param name="Message">The text.</param>
/// <param name="Code">OpenAI code.</param>
/// <param name="Param">OpenAI param.</param>
internal sealed record Refusal(int Status, string? Type, string Message, string? Code = null, string? Param = null);
