namespace Proxy.Actors.Tests.Simulation;

/// <summary>One request of a session.</summary>
/// <param name="At">When it comes, after the beginning.</param>
/// <param name="Session">Whose it is, 0..19.</param>
/// <param name="Model">What it asks for.</param>
/// <param name="Size">What it costs of the windows, in their unit.</param>
/// <param name="Length">How long it streams.</param>
internal sealed record SimRequest(TimeSpan At, int Session, string Model, double Size, TimeSpan Length);

/// <summary>Twenty sessions at work for thirty days: the tables, and the list of requests that a seed makes of them.</summary>
internal static class Demand
{
    public const int Sessions = 20;

    public const string Sonnet = "claude-sonnet-4-5";

    public const string Opus = "claude-opus-4-5";

    /// <summary>Hours of the day at which a session of that kind works, and on which days (0 = the first, a Thursday).</summary>
    private static readonly (string Kind, int Sessions, (double From, double To)[] Hours, int[] Days)[] Shifts =
    [
        ("office", 9, [(8.5, 12), (13.25, 17.5)], [0, 1, 4, 5, 6]),
        ("late", 4, [(14, 18), (20.5, 23.5)], [0, 1, 4, 5, 6]),
        ("weekend", 3, [(10, 13), (16, 21)], [1, 2, 3]),
        ("nightly", 2, [(1, 4.5)], [0, 1, 2, 3, 4, 5, 6]),
        ("around the clock", 2, [(0, 1.5), (6, 8), (11, 14), (18, 20)], [0, 1, 2, 3, 4, 5, 6]),
    ];

    /// <summary>Some weeks are busier than others.</summary>
    private static readonly double[] WeekFactors = [1.0, 1.15, 0.8, 1.05, 1.0];

    /// <summary>Minutes from one turn to the next, and how often out of a hundred.</summary>
    private static readonly (double Minutes, int Share)[] Gaps = [(2, 30), (8, 35), (22, 23), (50, 12)];

    /// <summary>Sizes against each other, and how often.</summary>
    private static readonly (double Size, int Share)[] Sizes = [(1, 45), (2, 30), (5, 18), (14, 7)];

    /// <summary>Seconds that an answer streams, and how often.</summary>
    private static readonly (double Seconds, int Share)[] Lengths = [(4, 25), (12, 35), (35, 25), (90, 12), (240, 3)];

    /// <summary>Requests that a turn sends at once (subagents), and how often.</summary>
    private static readonly (double Count, int Share)[] Fans = [(1, 88), (2, 7), (4, 4), (6, 1)];

    /// <summary>Every fifth session asks for opus in six of ten turns.</summary>
    private const int OpusEvery = 5;
    private const double OpusTurns = 0.6;

    /// <summary>All requests in the order of their time, of <paramref name="total"/> size together.</summary>
    public static IReadOnlyList<SimRequest> Make(int seed, int days, double total)
    {
        var random = new Random(seed);
        var requests = new List<SimRequest>();
        var session = 0;
        foreach (var shift in Shifts)
        {
            for (var i = 0; i < shift.Sessions; i++, session++)
            {
                Work(session, shift.Hours, shift.Days, days, random, requests);
            }
        }

        session.ShouldBe(Sessions);
        var scale = total / requests.Sum(r => r.Size);
        return [.. requests.Select(r => r with { Size = r.Size * scale }).OrderBy(r => r.At).ThenBy(r => r.Session)];
    }

    private static void Work(int session, (double From, double To)[] hours, int[] workdays, int days, Random random, List<SimRequest> requests)
    {
        for (var day = 0; day < days; day++)
        {
            if (!workdays.Contains(day % 7))
            {
                continue;
            }

            foreach (var (from, to) in hours)
            {
                // Nobody sits down on the stroke of the hour.
                var at = from + (random.NextDouble() * 0.3);
                while ((at += Pick(Gaps, random) * (0.5 + random.NextDouble()) / WeekFactors[day / 7] / 60) < to)
                {
                    var model = session % OpusEvery == 0 && random.NextDouble() < OpusTurns ? Opus : Sonnet;
                    for (var fan = Pick(Fans, random); fan > 0; fan--)
                    {
                        var time = TimeSpan.FromDays(day) + TimeSpan.FromHours(at);
                        requests.Add(new SimRequest(time, session, model, Pick(Sizes, random) * (0.5 + random.NextDouble()), TimeSpan.FromSeconds(Pick(Lengths, random))));
                    }
                }
            }
        }
    }

    private static double Pick((double Value, int Share)[] table, Random random)
    {
        var roll = random.Next(table.Sum(t => t.Share));
        foreach (var (value, share) in table)
        {
            if ((roll -= share) < 0)
            {
                return value;
            }
        }

        throw new InvalidOperationException("the shares don't add up");
    }
}
