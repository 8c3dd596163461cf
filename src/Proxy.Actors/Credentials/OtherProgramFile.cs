using System.Text.Json;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>A login that another program owns, as its file holds it. Secret: it prints its kind alone.</summary>
public sealed record OtherProgramLogin
{
    /// <summary>Claude: Claude Code's. Codex: Codex's.</summary>
    public required UpstreamKind Kind { get; init; }

    /// <summary>The tokens, the refresh token included. Secret.</summary>
    public required TokenPair Tokens { get; init; }

    /// <summary>Codex: the id token. Secret.</summary>
    public string? IdToken { get; init; }

    /// <summary>When the access token ends; null when neither file nor token says.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When the other program made it; null when it does not say.</summary>
    public DateTimeOffset? LastRefresh { get; init; }

    /// <summary>The e-mail; null when it is not known.</summary>
    public string? Email { get; init; }

    /// <summary>The plan; null when it is not known.</summary>
    public string? Plan { get; init; }

    /// <summary>Codex: the ChatGPT account id.</summary>
    public string? ChatGptAccountId { get; init; }

    /// <inheritdoc />
    public override string ToString() => $"OtherProgramLogin {{ {Kind} }}";
}

/// <summary>What reading another program's file gave.</summary>
public abstract record OtherProgramReading
{
    private OtherProgramReading()
    {
    }

    /// <summary>A login.</summary>
    public sealed record Loaded(OtherProgramLogin Login) : OtherProgramReading;

    /// <summary>None.</summary>
    /// <param name="Fault">Which way.</param>
    /// <param name="Reason">In words, free of the file's content.</param>
    public sealed record Faulty(AuthFileFault Fault, string Reason) : OtherProgramReading;
}

/// <summary>
/// Reads <c>~/.claude/.credentials.json</c> (<c>claudeAiOauth</c>: accessToken, refreshToken, expiresAt in milliseconds,
/// subscriptionType) and <c>~/.codex/auth.json</c> (<c>tokens</c>: id_token, access_token, refresh_token, account_id;
/// <c>last_refresh</c>, <c>OPENAI_API_KEY</c>).
/// </summary>
public static class OtherProgramFile
{
    /// <summary>Reads the file. Blocking I/O; never throws for what it may find.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="kind">Whose it must be; null for either's.</param>
    public static OtherProgramReading Read(string path, UpstreamKind? kind = null) => Read(path, kind, out _);

    internal static OtherProgramReading Read(string path, UpstreamKind? kind, out byte[] content)
    {
        content = [];
        try
        {
            if (PlainFile.Read(path, AuthFileReader.MaxBytes + 1) is not { } read)
            {
                return new OtherProgramReading.Faulty(AuthFileFault.NotAFile, "it is a pipe, a socket or a device, not a file");
            }

            content = read;
            return Parse(read, kind);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.Missing, "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.Unreadable, e is UnauthorizedAccessException ? "the file may not be read" : "the file can't be read");
        }
    }

    /// <summary>Reads its bytes.</summary>
    internal static OtherProgramReading Parse(ReadOnlyMemory<byte> content, UpstreamKind? kind)
    {
        if (content.Length > AuthFileReader.MaxBytes)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.Corrupt, "the file is larger than 1 MiB");
        }

        if (AuthFileJson.Trim(content.Span).IsEmpty)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.Empty, "the file is empty");
        }

        try
        {
            using var document = AuthFileJson.Parse(content.Span);
            var root = document.RootElement;
            return kind is null or UpstreamKind.Claude && Member(root, "claudeAiOauth") is { } oauth ? Claude(oauth)
                : kind is null or UpstreamKind.Codex && (Member(root, "tokens") is not null || Text(root, "OPENAI_API_KEY") is not null) ? Codex(root)
                : new OtherProgramReading.Faulty(AuthFileFault.Foreign, kind is null ? "it holds no login of Claude Code or Codex" : $"it holds no login of {OtherPrograms.NameOf(kind.Value)}");
        }
        catch (JsonException)
        {
            return AuthFileJson.IsTorn(content.Span)
                ? new OtherProgramReading.Faulty(AuthFileFault.Torn, "the file ends in the middle of its JSON")
                : new OtherProgramReading.Faulty(AuthFileFault.Corrupt, "the file is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.Corrupt, "the file holds text that is not valid Unicode");
        }
    }

    private static OtherProgramReading Claude(JsonElement oauth)
    {
        if (Token(oauth, "accessToken") is not { } access)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.NoToken, "Claude Code is not logged in with a subscription: the file holds no access token");
        }

        return new OtherProgramReading.Loaded(new OtherProgramLogin
        {
            Kind = UpstreamKind.Claude,
            Tokens = new TokenPair(access, Token(oauth, "refreshToken")),
            Expires = AuthFileTimes.Read(oauth, "expiresAt"),
            Plan = Text(oauth, "subscriptionType"),
        });
    }

    private static OtherProgramReading Codex(JsonElement root)
    {
        if (Member(root, "tokens") is not { } tokens || Token(tokens, "access_token") is not { } access)
        {
            return new OtherProgramReading.Faulty(AuthFileFault.NoToken, Text(root, "OPENAI_API_KEY") is null
                ? "Codex is not logged in: the file holds no access token"
                : "Codex is logged in with an API key, not with a ChatGPT plan. A key needs no import: put it under codex-api-key in config.yaml");
        }

        var idToken = Token(tokens, "id_token");
        var (id, inAccess) = (JwtClaims.Read(idToken), JwtClaims.Read(access));
        return new OtherProgramReading.Loaded(new OtherProgramLogin
        {
            Kind = UpstreamKind.Codex,
            Tokens = new TokenPair(access, Token(tokens, "refresh_token")),
            IdToken = idToken,
            Expires = inAccess?.Expires,
            LastRefresh = AuthFileTimes.Read(root, "last_refresh"),
            Email = id?.Email,
            Plan = id?.Plan ?? inAccess?.Plan,
            ChatGptAccountId = Token(tokens, "account_id") ?? id?.ChatGptAccountId ?? inAccess?.ChatGptAccountId,
        });
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    // What can't go into a header is no token.
    private static string? Token(JsonElement element, string name) => Text(element, name) is { } text && AuthFileReader.IsSendable(text) ? text : null;
}
