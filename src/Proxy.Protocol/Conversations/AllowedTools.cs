namespace Proxy.Protocol.Conversations;

/// <summary>OpenAI's <c>allowed_tools</c>, for targets that know no such choice: the other tools are simply not declared.</summary>
internal static class AllowedTools
{
    /// <summary>True when <paramref name="tool"/> may be used.</summary>
    public static bool Has(IReadOnlyList<ToolChoice>? allowed, ToolDeclaration tool)
    {
        if (allowed is null)
        {
            return true;
        }

        foreach (var one in allowed)
        {
            if (one.Mode == ToolChoiceMode.Named ? one.Name == tool.Name : one.IsWebSearch && tool.Kind == ToolKind.WebSearch)
            {
                return true;
            }
        }

        return false;
    }
}
