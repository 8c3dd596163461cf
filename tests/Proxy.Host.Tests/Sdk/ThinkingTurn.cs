namespace Proxy.Host.Tests.Sdk;

/// <summary>A question that is thought about, and one after it whose answer tells how much of that thinking came along.</summary>
internal static class ThinkingTurn
{
    public const string Ask = "[[think]] Why is the sky blue?";
    public const string Words = "Thinking about it step by step: Why is the sky blue?. Then I answer.";
    public const string AskAgain = "[[recall]] And at night?";
    public const string Recalled = "I recall 1 thoughts.";
}
