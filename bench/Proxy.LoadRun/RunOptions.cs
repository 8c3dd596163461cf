using System.Globalization;

namespace Proxy.LoadRun;

/// <summary>What is run: <c>[--host Proxy.Host.dll] [--seconds 3] [--concurrency 16] [--rounds 3] [--only name,name]</c>.</summary>
internal sealed record RunOptions(string Host, double Seconds, int Concurrency, int Rounds, IReadOnlyList<string> Only)
{
    public static RunOptions Parse(string[] args)
    {
        var options = new RunOptions(DefaultHost(), 3, 16, 3, []);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            options = args[i] switch
            {
                "--host" => options with { Host = Path.GetFullPath(args[i + 1]) },
                "--seconds" => options with { Seconds = double.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--concurrency" => options with { Concurrency = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--only" => options with { Only = args[i + 1].Split(',') },
                _ => throw new ArgumentException($"unknown option {args[i]}; known are --host, --seconds, --concurrency, --rounds, --only"),
            };
        }

        return options;
    }

    /// <summary>The host's build output of the same configuration as this program's.</summary>
    private static string DefaultHost()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = mine.Parent!.Name;
        var root = mine;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "CliProxyActors.sln")))
        {
            root = root.Parent;
        }

        return Path.Combine(root?.FullName ?? ".", "src", "Proxy.Host", "bin", configuration, mine.Name, "Proxy.Host.dll");
    }
}
