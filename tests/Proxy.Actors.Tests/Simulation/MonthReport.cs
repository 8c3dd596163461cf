using System.Globalization;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>What a month came to.</summary>
internal sealed class MonthReport(string strategy)
{
    private ulong _digest = 14695981039346656037;

    public string Strategy => strategy;

    public int Requests { get; set; }

    public int Served { get; set; }

    /// <summary>Requests that no account could have served: by the provider's truth.</summary>
    public int AllOut { get; set; }

    public int Attempts { get; set; }

    public int Refusals { get; set; }

    public int Probes { get; set; }

    public int Refreshes { get; set; }

    /// <summary>Turns whose session had an account that could serve, and how often a session changed accounts.</summary>
    public int StickyTurns { get; set; }

    public int Moves { get; set; }

    public double Unused { get; set; }

    public double Held { get; set; }

    /// <summary>What must not happen, in words.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Of everything that happened, in its order.</summary>
    public string Digest => _digest.ToString("x16", CultureInfo.InvariantCulture);

    public void Violate(DateTimeOffset now, string words)
    {
        if (Violations.Count < 20)
        {
            Violations.Add($"{now:MM-dd HH:mm:ss} {words}");
        }
    }

    /// <summary>Takes one thing that happened into the digest (FNV-1a).</summary>
    public void Note(DateTimeOffset now, int what, int who, int where)
    {
        Mix((ulong)now.UtcTicks);
        Mix((ulong)what);
        Mix((ulong)who);
        Mix((ulong)where);

        void Mix(ulong value) => _digest = (_digest ^ value) * 1099511628211;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"simulation: {strategy,-20} {Requests} requests, {Served} served, {AllOut} when all were out, {Attempts} attempts, {Refusals} refusals, {Probes} probes, "
        + $"{Refreshes} refreshes, {StickyTurns} sticky turns, {Moves} moves, unused at resets {Unused:0} of {Held:0} ({Unused / Held:P1}), digest {Digest}");
}
