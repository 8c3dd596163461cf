using System.Text;

namespace Proxy.Protocol.Tests.Answers;

/// <summary>What a client makes of a stream: the words, calls and ending, whatever the dialect.</summary>
internal sealed class AnswerDigest
{
    public StringBuilder Text { get; } = new();

    public StringBuilder Refusal { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<string> Redacted { get; } = [];

    public List<string> Signatures { get; } = [];

    public List<(string Name, string Input)> Calls { get; } = [];

    /// <summary>The queries of the provider's own searches.</summary>
    public List<string> Searches { get; } = [];

    public string Stop { get; set; } = string.Empty;

    /// <summary>The stream came to its clean end.</summary>
    public bool IsComplete { get; set; }

    /// <summary>The stream ended with the dialect's error.</summary>
    public bool HasFailed { get; set; }
}
