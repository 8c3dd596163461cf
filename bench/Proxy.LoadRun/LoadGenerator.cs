using System.Net;
using System.Net.Http.Headers;

namespace Proxy.LoadRun;

/// <summary>A closed loop of clients: each sends its next request when the last answer is complete.</summary>
internal static class LoadGenerator
{
    public static async Task<Sample> RunAsync(Uri target, byte[] body, bool streams, IReadOnlyList<KeyValuePair<string, string>> headers, int concurrency, double seconds)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = concurrency, UseCookies = false });
        var started = Clock.Now;
        var clients = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => LoopAsync(client, target, body, streams, headers, started, seconds)));
        var wall = Clock.MillisecondsSince(started) / 1000;
        return new Sample(
            wall,
            [.. clients.SelectMany(c => c.Totals).Order()],
            [.. clients.SelectMany(c => c.FirstBytes).Order()],
            clients.Sum(c => c.Errors));
    }

    private static async Task<Loop> LoopAsync(HttpMessageInvoker client, Uri target, byte[] body, bool streams, IReadOnlyList<KeyValuePair<string, string>> headers, long started, double seconds)
    {
        var loop = new Loop([], [], 0);
        var buffer = new byte[64 * 1024];
        while (Clock.MillisecondsSince(started) < seconds * 1000)
        {
            var begin = Clock.Now;
            using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body), Version = HttpVersion.Version11 };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            try
            {
                using var response = await client.SendAsync(request, CancellationToken.None);
                await using var stream = await response.Content.ReadAsStreamAsync();
                double? first = null;
                var tail = 0;
                int read;
                while ((read = await stream.ReadAsync(buffer)) > 0)
                {
                    first ??= Clock.MillisecondsSince(begin);
                    tail = read;
                }

                var isWhole = response.StatusCode == HttpStatusCode.OK && tail > 0 && (!streams || EndsWell(buffer.AsSpan(0, tail)));
                if (!isWhole)
                {
                    loop = loop with { Errors = loop.Errors + 1 };
                    continue;
                }

                loop.FirstBytes.Add(first ?? 0);
                loop.Totals.Add(Clock.MillisecondsSince(begin));
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                loop = loop with { Errors = loop.Errors + 1 };
            }
        }

        return loop;
    }

    private static bool EndsWell(ReadOnlySpan<byte> tail) =>
        tail.IndexOf("message_stop"u8) >= 0 || tail.IndexOf("[DONE]"u8) >= 0 || tail.IndexOf("response.completed"u8) >= 0;

    private sealed record Loop(List<double> Totals, List<double> FirstBytes, int Errors);
}

/// <summary>What one run of one scenario against one target showed. Times in milliseconds, sorted.</summary>
internal sealed record Sample(double WallSeconds, IReadOnlyList<double> Totals, IReadOnlyList<double> FirstBytes, int Errors)
{
    public double RequestsPerSecond => Totals.Count / WallSeconds;

    public static double Percentile(IReadOnlyList<double> sorted, double p) => sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * p))];
}
