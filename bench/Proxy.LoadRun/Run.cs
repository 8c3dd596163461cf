using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Proxy.LoadRun;

/// <summary>
/// Starts sandbox, raw proxy and our proxy as processes of their own, sends the same load to both proxies in turn, and
/// prints ours as a ratio to the raw one. Absolute numbers drift with the machine; the ratios of one run do not.
/// </summary>
internal static class Run
{
    public static async Task<int> MainAsync(RunOptions options)
    {
        if (!File.Exists(options.Host))
        {
            await Console.Error.WriteLineAsync($"{options.Host} is missing: dotnet build src/Proxy.Host -c Release, or --host path/to/Proxy.Host.dll");
            return 2;
        }

        using var upstream = ChildProcess.StartRole("upstream");
        var target = JsonSerializer.Deserialize<UpstreamRole.Announcement>(upstream.ReadLine())!;
        using var raw = ChildProcess.StartRole("raw", target.ClaudeBaseUrl);
        var rawUrl = new Uri(raw.ReadLine());
        var folder = Directory.CreateTempSubdirectory("cliproxyactors-bench-");
        try
        {
            var port = FreePort();
            var config = Path.Combine(folder.FullName, "config.yaml");
            await File.WriteAllTextAsync(config, Configuration(port, target));
            foreach (var (name, content) in target.AuthFiles)
            {
                Directory.CreateDirectory(Path.Combine(folder.FullName, "auths"));
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, "auths", name), content);
            }

            using var ours = ChildProcess.Start("dotnet", options.Host, "--config", config);
            ours.DrainOutput();
            var oursUrl = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
            await WaitForAsync(ours, new Uri(oursUrl, "/healthz"));
            Print("scenario", "target", "req/s", "p50 ms", "p99 ms", "first p50", "first p99", "CPU us/req", "RSS MB", "errors");
            Print("---", "---", "---", "---", "---", "---", "---", "---", "---", "---");
            var rawHeaders = Headers(("authorization", $"Bearer {target.Token}"), ("anthropic-version", "2023-06-01"), ("anthropic-beta", "oauth-2025-04-20"));
            var errors = 0;
            foreach (var scenario in Scenario.All.Where(s => options.Only.Count == 0 || options.Only.Contains(s.Name)))
            {
                errors += await CompareAsync(options, scenario, (raw, new Uri(rawUrl, "/v1/messages"), rawHeaders), (ours, new Uri(oursUrl, scenario.Path), Headers(("x-api-key", "bench"))));
            }

            return errors == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> CompareAsync(RunOptions options, Scenario scenario, (ChildProcess Process, Uri Url, IReadOnlyList<KeyValuePair<string, string>> Headers) raw, (ChildProcess Process, Uri Url, IReadOnlyList<KeyValuePair<string, string>> Headers) ours)
    {
        await LoadGenerator.RunAsync(raw.Url, scenario.RawBody, scenario.Streams, raw.Headers, options.Concurrency, 1);
        await LoadGenerator.RunAsync(ours.Url, scenario.Body, scenario.Streams, ours.Headers, options.Concurrency, 2);
        var rawRows = new List<Row>();
        var ourRows = new List<Row>();
        for (var round = 0; round < options.Rounds; round++)
        {
            rawRows.Add(await MeasureAsync(options, raw.Process, raw.Url, scenario.RawBody, scenario.Streams, raw.Headers));
            ourRows.Add(await MeasureAsync(options, ours.Process, ours.Url, scenario.Body, scenario.Streams, ours.Headers));
        }

        var (r, o) = (Row.Median(rawRows), Row.Median(ourRows));
        r.Print(scenario.Name, "raw (YARP)");
        o.Print(scenario.Name, "ours");
        Print(scenario.Name, "**ours / raw**", Ratio(o.Rps, r.Rps), Ratio(o.P50, r.P50), Ratio(o.P99, r.P99), Ratio(o.First50, r.First50), Ratio(o.First99, r.First99), Ratio(o.Cpu, r.Cpu), Ratio(o.Rss, r.Rss), "");
        return ourRows.Sum(row => row.Errors);
    }

    private static async Task<Row> MeasureAsync(RunOptions options, ChildProcess process, Uri url, byte[] body, bool streams, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var before = process.Cpu;
        var sample = await LoadGenerator.RunAsync(url, body, streams, headers, options.Concurrency, options.Seconds);
        var cpu = (process.Cpu - before).TotalMicroseconds / Math.Max(1, sample.Totals.Count + sample.Errors);
        return new Row(
            sample.RequestsPerSecond,
            Sample.Percentile(sample.Totals, 0.5),
            Sample.Percentile(sample.Totals, 0.99),
            Sample.Percentile(sample.FirstBytes, 0.5),
            Sample.Percentile(sample.FirstBytes, 0.99),
            cpu,
            process.RssMegabytes,
            sample.Errors);
    }

    private static string Configuration(int port, UpstreamRole.Announcement target) => $"""
        port: {port.ToString(CultureInfo.InvariantCulture)}
        auth-dir: ./auths
        state-dir: ./state
        providers:
          claude:
            base-url: "{target.ClaudeBaseUrl}"
            token-url: "{target.ClaudeTokenUrl}"
        """;

    private static async Task WaitForAsync(ChildProcess process, Uri url)
    {
        using var client = new HttpClient();
        var started = Clock.Now;
        while (Clock.MillisecondsSince(started) < 30_000 && !process.HasExited)
        {
            try
            {
                using var response = await client.GetAsync(url);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // not listening yet
                await Task.Yield();
            }
        }

        throw new InvalidOperationException("the proxy did not start; run it by hand with the same configuration to see why");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Headers(params (string Name, string Value)[] headers) =>
        [.. headers.Select(h => KeyValuePair.Create(h.Name, h.Value))];

    private static string Ratio(double ours, double raw) => (ours / raw).ToString("0.00", CultureInfo.InvariantCulture) + "×";

    private static void Print(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    private sealed record Row(double Rps, double P50, double P99, double First50, double First99, double Cpu, double Rss, int Errors)
    {
        public static Row Median(IReadOnlyList<Row> rows) => new(
            Middle(rows, r => r.Rps), Middle(rows, r => r.P50), Middle(rows, r => r.P99), Middle(rows, r => r.First50),
            Middle(rows, r => r.First99), Middle(rows, r => r.Cpu), Middle(rows, r => r.Rss), rows.Sum(r => r.Errors));

        public void Print(string scenario, string target) => Run.Print(
            scenario, target, Number(Rps), Number(P50), Number(P99), Number(First50), Number(First99), Number(Cpu), Number(Rss),
            Errors.ToString(CultureInfo.InvariantCulture));

        private static double Middle(IReadOnlyList<Row> rows, Func<Row, double> of) => rows.Select(of).Order().ElementAt(rows.Count / 2);

        private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);
    }
}
