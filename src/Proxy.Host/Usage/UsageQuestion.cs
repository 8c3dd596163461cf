namespace Proxy.Host.Usage;

/// <summary>What a table has a line for.</summary>
internal enum UsageBy
{
    /// <summary>Each day of the owner's time zone.</summary>
    Day,

    /// <summary>Each account.</summary>
    Account,

    /// <summary>Each upstream model.</summary>
    Model,

    /// <summary>Each conversation.</summary>
    Session,

    /// <summary>Each client program and key.</summary>
    Client,
}

/// <summary>What a person wants to know of the ledger.</summary>
internal sealed record UsageQuestion
{
    /// <summary>From when on.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Until before when.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The tables, in this order.</summary>
    public IReadOnlyList<UsageBy> By { get; init; } = [UsageBy.Day, UsageBy.Account, UsageBy.Model];

    /// <summary>Only accounts with this id, or this text in their label; null for all.</summary>
    public string? Account { get; init; }

    /// <summary>Only models with this text in their name; null for all.</summary>
    public string? Model { get; init; }

    /// <summary>Whose days are counted.</summary>
    public required TimeZoneInfo Zone { get; init; }
}
