namespace Proxy.Actors.Ledger;

/// <summary>One attempt, as the ledger kept it. What an older version of the file did not hold is null.</summary>
public sealed record UsageEntry
{
    /// <summary>When it ended.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>1 for the request's first attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>The account's id.</summary>
    public required string Account { get; init; }

    /// <summary>The upstream's model name.</summary>
    public required string Model { get; init; }

    /// <summary>What it was for, by the names of <see cref="Accounts.Purpose"/>.</summary>
    public string? Purpose { get; init; }

    /// <summary>Salted digest of client key and session.</summary>
    public string? Session { get; init; }

    /// <summary>Salted digest of the client's key.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The client program.</summary>
    public string? Client { get; init; }

    /// <summary>How it failed, by the names of <see cref="Protocol.Failures.FailureClass"/>; null when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The client left, or it never began.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>Its tokens.</summary>
    public required Protocol.Answers.Usage Usage { get; init; }

    /// <summary>Milliseconds to the first content; null when there was none.</summary>
    public long? FirstByte { get; init; }

    /// <summary>Milliseconds of the whole.</summary>
    public required long Total { get; init; }
}
