using System.Text.Json;
using Proxy.Actors.Credentials;
using Proxy.Sandbox;
using Proxy.Sandbox.Faults;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>Twenty real <c>kill -9</c> of a process that refreshes without a pause; four accounts, each of a provider of its own, are worked on at once.</summary>
public sealed class Fault53KillTests : IDisposable
{
    private const int Accounts = 4;
    private const int Kills = 5;
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-kill-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Fault53_account_works_after_each_of_twenty_kills_with_at_most_one_more_call()
    {
        var kills = await Task.WhenAll(Enumerable.Range(1, Accounts).Select(i => Task.Run(() => KillAgainAndAgainAsync($"place-{i}"))));

        kills.Sum().ShouldBe(Accounts * Kills);
    }

    private async Task<int> KillAgainAndAgainAsync(string name)
    {
        const string account = "claude-1";
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { ClaudeAccounts = 1, ChatGptAccounts = 0 }, FailSafe.SystemClock);
        var place = Path.Combine(_root, name);
        var theirs = sandbox.Accounts[account];
        theirs.WriteAuthFile(Path.Combine(place, "auth"));
        var done = 0;
        for (; done < Kills; done++)
        {
            // Once an account is killed while its answer is on the way, else somewhere in the writes that follow an answer.
            var gate = done == 2 ? new SandboxGate() : null;
            var before = CallsOf(sandbox, account);
            if (gate is not null)
            {
                theirs.Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token));
            }

            using (var child = RefreshLoop.Start(place, sandbox.ClaudeTokenUrl))
            {
                try
                {
                    await (gate?.Reached.WaitAsync(FailSafe.Limit) ?? AnsweredAsync(sandbox, account, before + done + 1));
                    child.HasExited.ShouldBeFalse();
                }
                finally
                {
                    child.Kill(); // SIGKILL; also where the test has failed: its child holds our output open
                }

                await child.WaitForExitAsync(FailSafe.Token());
                child.ExitCode.ShouldNotBe(1);
            }

            await HeardAllAsync(sandbox);

            await RestartAsync(sandbox, theirs, place, $"{name}, kill {done + 1}");
        }

        return done;
    }

    private static async Task RestartAsync(SandboxServer sandbox, Sandbox.Accounts.SandboxAccount theirs, string place, string where)
    {
        await sandbox.Requests.WaitForAsync(r => r.Account == theirs.Name && r.Operation == SandboxOperation.Token, FailSafe.Token());
        var store = new CredentialStore(Path.Combine(place, "auth"), Path.Combine(place, "state"), FailSafe.SystemClock);
        RefreshLoop.FileOf(store); // whole
        var isOnDisk = Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories).Any(f => Holds(f, theirs.RefreshToken));
        var calls = CallsOf(sandbox, theirs.Name);

        var outcome = await RefreshLoop.RefreshAsync(place, sandbox.ClaudeTokenUrl);

        (CallsOf(sandbox, theirs.Name) - calls).ShouldBeLessThanOrEqualTo(1, where);
        if (isOnDisk)
        {
            outcome.ShouldBeOfType<RenewalOutcome.Renewed>(where);
            RefreshLoop.FileOf(store).Tokens.ShouldBe(new TokenPair(theirs.AccessToken, theirs.RefreshToken), where);
        }
        else
        {
            outcome.ShouldBeOfType<RenewalOutcome.Refused>(where); // the answer died with the process
            theirs.LogIn();
            theirs.WriteAuthFile(Path.Combine(place, "auth"));
            (await RefreshLoop.RefreshAsync(place, sandbox.ClaudeTokenUrl)).ShouldBeOfType<RenewalOutcome.Renewed>(where);
        }
    }

    // Those that the sandbox is done with: its answer is out, and the process is at its writes.
    private static async Task AnsweredAsync(SandboxServer sandbox, string account, int count)
    {
        var seen = 0;
        var last = await sandbox.Requests.WaitForAsync(r => r.Account == account && r.Operation == SandboxOperation.Token && ++seen == count, FailSafe.Token());
        await last.Completed.WaitAsync(FailSafe.Limit);
    }

    // The dead process may have sent what the sandbox has not read yet. Whoever connects after it is let in after it.
    private static async Task HeardAllAsync(SandboxServer sandbox)
    {
        using (var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }))
        {
            using var answer = await client.GetAsync(sandbox.ClaudeBaseUrl, FailSafe.Token());
        }

        var limit = FailSafe.Token();
        while (sandbox.Requests.OpenConnections > 0)
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static int CallsOf(SandboxServer sandbox, string account) =>
        sandbox.Requests.Of(SandboxOperation.Token).Count(r => r.Account == account);

    private static bool Holds(string path, string refreshToken)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.GetRawText().Contains($"\"{refreshToken}\"", StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
