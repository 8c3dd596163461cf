using System.Text.Json;

namespace Proxy.Sandbox.Scripts;

/// <summary>A tool that a request declares.</summary>
/// <param name="Name">Its name as declared.</param>
/// <param name="Schema">Its input schema; null for a custom tool.</param>
/// <param name="IsCustom">Free-text input (OpenAI custom tools).</param>
/// <param name="Namespace">The namespace that it is declared in; null: none.</param>
internal sealed record DeclaredTool(string Name, JsonElement? Schema, bool IsCustom = false, string? Namespace = null);

/// <summary>What the answer depends on, read by each protocol from its own request.</summary>
/// <param name="LastUserText">All text of the last user message.</param>
/// <param name="ToolResults">The texts of the tool results that end the conversation; empty when it doesn't end with any.</param>
/// <param name="Opening">System text and first user text: what a prompt cache would know.</param>
/// <param name="Tools">The declared tools.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="BodyLength">Bytes of the request body.</param>
internal sealed record Prompt(string LastUserText, IReadOnlyList<string> ToolResults, string Opening, IReadOnlyList<DeclaredTool> Tools, string Model, int BodyLength)
{
    /// <summary>The schema that the answer's text must fit; null: free text.</summary>
    public JsonElement? Format { get; init; }

    /// <summary>How many blocks of earlier thinking came along in a form that the provider can read again.</summary>
    public int Thoughts { get; init; }

    /// <summary>A note of the client's that only travels as a user's message, because the dialect has no other place for it.</summary>
    public static bool IsReminder(string text) =>
        text.StartsWith("<system-reminder>", StringComparison.Ordinal) && text.AsSpan().TrimEnd().EndsWith("</system-reminder>", StringComparison.Ordinal);
}
