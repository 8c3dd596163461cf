using System.Globalization;
using System.Text.Json;

namespace Proxy.Actors.Credentials;

/// <summary>What an OAuth endpoint answered, read within a bound. Secret where it holds tokens: it prints its status alone.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, where it is a JSON object that could be written into an auth file; null for anything else.</param>
/// <param name="RetryAfter">How long the endpoint asks to be left alone; null when it does not say.</param>
internal sealed record OAuthAnswer(int Status, JsonElement? Json, TimeSpan? RetryAfter)
{
    private const int MaxBytes = 256 * 1024;

    /// <summary>
    /// The error's code: <c>{"error":"invalid_grant"}</c> (RFC 6749 5.2), <c>{"error":{"code":…}}</c>, <c>{"error":{"type":…}}</c> or
    /// <c>{"code":…}</c>; null without one.
    /// </summary>
    public string? ErrorCode => Json is { } answer ? Code(answer) : null;

    /// <summary>Reads an answer to its end, or to its bound.</summary>
    /// <exception cref="HttpRequestException">The connection broke.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<OAuthAnswer> ReadAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellation)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while (buffer.Length < MaxBytes && (read = await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0)
        {
            buffer.Write(chunk, 0, read);
        }

        return new OAuthAnswer((int)response.StatusCode, Parse(buffer.ToArray()), RetryAfterOf(response, time));
    }

    /// <summary>A member of the answer; null when it is missing, empty or no text.</summary>
    public string? Text(string name) => Json is { } answer ? Text(answer, name) : null;

    /// <summary>A member of a member; null when it is missing, empty or no text.</summary>
    public string? Text(string owner, string name) =>
        Json is { } answer && answer.TryGetProperty(owner, out var inner) ? Text(inner, name) : null;

    /// <summary>When the access token of this answer ends (<c>expires_in</c>, else the token's own word); null when not told.</summary>
    public DateTimeOffset? Expires(string access, TimeProvider time) =>
        Json is { } answer && answer.TryGetProperty("expires_in", out var e) && e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out var seconds) && seconds is > 0 and < 1e9
            ? time.GetUtcNow() + TimeSpan.FromSeconds(seconds)
            : JwtClaims.Read(access)?.Expires;

    /// <inheritdoc />
    public override string ToString() => $"OAuthAnswer {{ {Status} }}";

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            _ = AuthFileJson.Copy(document.RootElement); // throws for what could not be written into the file
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Code(JsonElement answer)
    {
        if (!answer.TryGetProperty("error", out var error))
        {
            return Known(Text(answer, "code"));
        }

        return error.ValueKind == JsonValueKind.String ? Known(error.GetString())
            : error.ValueKind == JsonValueKind.Object ? Known(Text(error, "code") ?? Text(error, "type"))
            : null;
    }

    // A code is shown in logs and in the debug tree: only words may pass.
    private static string? Known(string? code) =>
        code is { Length: > 0 and <= 64 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? code : null;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static TimeSpan? RetryAfterOf(HttpResponseMessage response, TimeProvider time)
    {
        if (response.Headers.TryGetValues("Retry-After-Ms", out var values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 1e12)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        return response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
    }
}
