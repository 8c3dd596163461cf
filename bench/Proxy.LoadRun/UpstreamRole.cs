using System.Text.Json;
using Proxy.Sandbox;

namespace Proxy.LoadRun;

/// <summary>The sandbox in a process of its own, with quotas that no load uses up and nothing recorded.</summary>
internal static class UpstreamRole
{
    public static async Task<int> RunAsync()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { SharePerRequest = 0, KeepRequests = 0, WaitsForSocket = false }, Clock.System);
        var account = sandbox.Accounts["claude-1"];
        var folder = Directory.CreateTempSubdirectory("cliproxyactors-bench-auths-");
        account.WriteAuthFile(folder.FullName);
        var files = folder.GetFiles("*.json").ToDictionary(f => f.Name, f => File.ReadAllText(f.FullName), StringComparer.Ordinal);
        folder.Delete(recursive: true);
        Console.WriteLine(JsonSerializer.Serialize(new Announcement(sandbox.ClaudeBaseUrl.ToString(), sandbox.ClaudeTokenUrl.ToString(), account.AccessToken, files)));
        await Task.Run(Console.In.ReadToEnd);
        return 0;
    }

    /// <summary>What the run must know, on one line of standard output. The tokens are the sandbox's own made-up ones.</summary>
    internal sealed record Announcement(string ClaudeBaseUrl, string ClaudeTokenUrl, string Token, IReadOnlyDictionary<string, string> AuthFiles);
}
