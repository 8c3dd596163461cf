namespace Proxy.Host.Configuration;

/// <summary>Finds what someone probably meant.</summary>
internal static class Nearest
{
    /// <summary>The candidate within a third of its length in edits; null when none is near.</summary>
    public static string? To(string written, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(candidate => (candidate, distance: Distance(written.Replace('_', '-').ToLowerInvariant(), candidate)))
            .MinBy(pair => pair.distance);
        return best.candidate is not null && best.distance <= Math.Max(2, best.candidate.Length / 3) ? best.candidate : null;
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
