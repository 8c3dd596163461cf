using System.Text.Json;
using System.Text.Json.Serialization;

namespace Proxy.Actors.Credentials;

/// <summary>
/// What must outlive a crash in the middle of a refresh (<c>&lt;state-dir&gt;/tokens/&lt;id&gt;</c>): providers rotate the
/// refresh token with each call, so a lost answer may be a lost login (spec/faults.md, "OAuth and secrets").
/// </summary>
internal sealed record RefreshJournal
{
    /// <summary>Fingerprint of the refresh token that was sent and whose answer is not known yet; null when none is open.</summary>
    public string? Open { get; init; }

    /// <summary>When it was sent first.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>How often it was sent without an answer.</summary>
    public int Lost { get; init; }

    /// <summary>An answer that could not be written to the auth file (disk full, read-only). Secret.</summary>
    public RefreshedTokens? Pending { get; init; }

    /// <summary>Fingerprint of the refresh token that <see cref="Pending"/> replaces.</summary>
    public string? PendingFor { get; init; }

    /// <summary>The pair before the current one. Secret.</summary>
    public PreviousTokens? Previous { get; init; }

    /// <summary>Reads it from its JSON; an unreadable one counts as empty: it only ever helps.</summary>
    public static RefreshJournal Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RefreshJournalJson.Default.RefreshJournal) ?? new RefreshJournal();
        }
        catch (JsonException)
        {
            return new RefreshJournal();
        }
    }

    /// <summary>Its JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RefreshJournalJson.Default.RefreshJournal);

    /// <inheritdoc />
    public override string ToString() => $"RefreshJournal {{ Open = {Open}, Lost = {Lost} }}";
}

/// <summary>A pair that was replaced, and when. Secret.</summary>
internal sealed record PreviousTokens(string? Access, string? Refresh, DateTimeOffset ReplacedAt)
{
    /// <inheritdoc />
    public override string ToString() => "***";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RefreshJournal))]
internal sealed partial class RefreshJournalJson : JsonSerializerContext;
