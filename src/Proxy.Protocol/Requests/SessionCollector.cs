using System.Security.Cryptography;
using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Requests;

/// <summary>Collects, during the one pass over a body, what identifies its conversation.</summary>
internal sealed class SessionCollector
{
    /// <summary>How much of the system text, and of the first user text, goes into the digest.</summary>
    private const int OpeningLength = 4096;

    /// <summary>A first line of some clients' system text that may change with each request (spec/protocols.md 1.10).</summary>
    private static ReadOnlySpan<byte> BillingHeader => "x-anthropic-billing-header:"u8;

    private readonly List<JsonSpan> _system = [];
    private readonly List<JsonSpan> _user = [];
    private int _pending;

    /// <summary>The session part of <c>metadata.user_id</c>.</summary>
    public string? UserSession { get; private set; }

    /// <summary>A <c>metadata.user_id</c> without a session part: salts the digest.</summary>
    public string? UserId { get; private set; }

    /// <summary>The client's <c>prompt_cache_key</c>.</summary>
    public string? PromptCacheKey { get; set; }

    /// <summary>The client's conversation id.</summary>
    public string? ConversationId { get; set; }

    /// <summary>True until the first user message has been taken: there is still something to collect.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Takes a piece of system text (between its quotes).</summary>
    public void AddSystem(JsonSpan inside) => _system.Add(inside);

    /// <summary>Takes a piece of text of a message whose role may not be known yet.</summary>
    public void AddPending(JsonSpan inside)
    {
        _user.Add(inside);
        _pending++;
    }

    /// <summary>The message is over: its role says what its texts were.</summary>
    public void EndMessage(MessageRole role)
    {
        if (role == MessageRole.User)
        {
            IsOpen = IsOpen && _pending == 0;
        }
        else
        {
            if (role == MessageRole.System)
            {
                _system.AddRange(_user[^_pending..]);
            }

            _user.RemoveRange(_user.Count - _pending, _pending);
        }

        _pending = 0;
    }

    /// <summary>Reads <c>metadata</c>; the reader stands on its value.</summary>
    public void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (JsonWalk.NextMember(ref reader, out var name, out _))
        {
            if (name == "user_id" && reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } id)
            {
                UserSession = SessionPart(id);
                UserId = UserSession is null ? id : null;
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>The facts; the digest is made when someone asks for it, while the body is still there.</summary>
    public SessionFacts ToFacts(ReadOnlyMemory<byte> body) => new(new Lazy<string?>(() => Digest(body.Span), LazyThreadSafetyMode.PublicationOnly))
    {
        UserSession = UserSession,
        PromptCacheKey = PromptCacheKey,
        ConversationId = ConversationId,
    };

    /// <summary>Both forms of design 10: <c>…_session_&lt;id&gt;</c>, and JSON with <c>session_id</c>.</summary>
    private static string? SessionPart(string userId)
    {
        const string Marker = "_session_";
        var at = userId.LastIndexOf(Marker, StringComparison.Ordinal);
        if (at >= 0)
        {
            return userId.Length > at + Marker.Length ? userId[(at + Marker.Length)..] : null;
        }

        if (!userId.AsSpan().TrimStart().StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(userId);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("session_id", out var id)
                && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } session
                ? session
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string? Digest(ReadOnlySpan<byte> body)
    {
        if (_system.Count == 0 && _user.Count == 0)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(UserId ?? string.Empty));
        hash.AppendData([0]);
        Append(hash, body, _system);
        hash.AppendData([0]);
        Append(hash, body, _user);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> body, List<JsonSpan> pieces)
    {
        var left = OpeningLength;
        foreach (var piece in pieces)
        {
            var bytes = piece.In(body);
            if (bytes.StartsWith(BillingHeader))
            {
                continue;
            }

            bytes = bytes[..Math.Min(left, bytes.Length)];
            hash.AppendData(bytes);
            left -= bytes.Length;
            if (left == 0)
            {
                return;
            }
        }
    }
}

/// <summary>Whose message it is, as far as the opening is concerned.</summary>
internal enum MessageRole
{
    /// <summary>Assistant, tool, or unknown.</summary>
    Other,

    /// <summary>System or developer.</summary>
    System,

    /// <summary>The user.</summary>
    User,
}
