namespace Proxy.Actors.Diagnostics;

/// <summary>
/// Asked of every actor; answered to the sender with its redacted state: a record of plain properties (or a JsonNode)
/// that System.Text.Json can write. Immutable, free of secrets: the debug endpoint shows it as it is.
/// </summary>
public sealed record GetState
{
    private GetState()
    {
    }

    /// <summary>The one message.</summary>
    public static GetState Instance { get; } = new();
}
