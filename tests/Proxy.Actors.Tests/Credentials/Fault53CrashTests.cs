using System.Text.Json;
using Proxy.Actors.Credentials;
using Proxy.Actors.Tests.Accounts;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>What stands on disk when a refresh begins.</summary>
public enum OnDisk
{
    /// <summary>The file holds the pair in use.</summary>
    FileIsCurrent,

    /// <summary>The file holds the pair before it; the newer one waits in the journal, for it could not be written.</summary>
    JournalIsNewer,

    /// <summary>The file holds a newer pair than the one in use: another process has refreshed.</summary>
    FileIsNewer,

    /// <summary>As <see cref="FileIsCurrent"/>, but the auth directory can't be written: the new pair goes to the journal.</summary>
    FileCantBeWritten,
}

/// <summary>
/// The machine dies between any two steps of a refresh, in every order of generations that a disk can hold. After the
/// restart the store finds the newest whole pair; a login is asked for only where no copy of an answer reached the disk.
/// </summary>
public sealed class Fault53CrashTests : IDisposable
{
    private const string Name = "claude-a.json";
    private const string Id = "claude-00000000";
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-crash-").FullName;
    private readonly ManualTimeProvider _time = new();

    public static TheoryData<OnDisk, FirstCall, Death> Cases()
    {
        var cases = new TheoryData<OnDisk, FirstCall, Death>();
        foreach (var disk in Enum.GetValues<OnDisk>())
        {
            foreach (var call in Enum.GetValues<FirstCall>())
            {
                foreach (var death in Enum.GetValues<Death>())
                {
                    cases.Add(disk, call, death);
                }
            }
        }

        return cases;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Fault53_restart_after_a_crash_at_any_step_finds_the_newest_whole_pair(OnDisk disk, FirstCall call, Death death)
    {
        for (var diesAt = 0; ; diesAt++)
        {
            var place = Path.Combine(_root, $"{diesAt}");
            var steps = new DyingSteps(diesAt, death);
            var provider = new RotatingProvider(call, disk is OnDisk.JournalIsNewer or OnDisk.FileIsNewer ? 2 : 1);
            Prepare(place, disk);
            var died = await DiesAsync(place, steps, provider, disk == OnDisk.FileCantBeWritten);

            await RestartAsync(place, provider, $"{disk}, {call}, {death} after [{string.Join(", ", steps.Names)}]");

            if (!died)
            {
                diesAt.ShouldBe(steps.Taken);
                break;
            }
        }
    }

    [Theory]
    [InlineData(Death.Killed, new[] { 5, 6 })] // before the open, and in the middle of the write
    [InlineData(Death.PowerCut, new[] { 5, 6, 7 })] // and before the fsync
    public async Task Fault53_login_is_asked_for_only_when_the_answer_never_became_a_file(Death death, int[] lost)
    {
        var asked = new List<int>();
        for (var diesAt = 0; diesAt < 15; diesAt++)
        {
            var place = Path.Combine(_root, $"{diesAt}");
            var provider = new RotatingProvider(FirstCall.Answered, 1);
            Prepare(place, OnDisk.FileIsCurrent);
            (await DiesAsync(place, new DyingSteps(diesAt, death), provider, cantWrite: false)).ShouldBeTrue();

            if (await RenewAsync(Store(place), provider, Pair(place)) is RenewalOutcome.Refused)
            {
                asked.Add(diesAt);
            }
        }

        asked.ShouldBe(lost); // of three writes with five steps each: the mark, the file, the mark again
    }

    private static CredentialStore Store(string place, FileSteps? steps = null) =>
        new(Path.Combine(place, "auth"), Path.Combine(place, "state"), new ManualTimeProvider()) { Steps = steps ?? new HastySteps() };

    private static TokenPair Pair(int generation) => new(RotatingProvider.Access(generation), RotatingProvider.Refresh(generation));

    private static TokenPair Pair(string place) => Store(place).Read(Name).Reading.ShouldBeOfType<AuthFileReading.Loaded>().File.Tokens;

    private static void Prepare(string place, OnDisk disk)
    {
        var store = Store(place);
        store.MakeDirectories();
        var inFile = disk == OnDisk.FileIsNewer ? 2 : 1;
        File.WriteAllText(Path.Combine(place, "auth", Name), $$"""{"type":"claude","access_token":"{{RotatingProvider.Access(inFile)}}","refresh_token":"{{RotatingProvider.Refresh(inFile)}}","expired":"2026-01-01T00:00:00Z"}""");
        if (disk == OnDisk.JournalIsNewer)
        {
            store.WriteJournal(Id, new RefreshJournal { Pending = new RefreshedTokens { Access = RotatingProvider.Access(2), Refresh = RotatingProvider.Refresh(2) }, PendingFor = Pair(1).Fingerprint });
        }
    }

    private async Task<bool> DiesAsync(string place, DyingSteps steps, RotatingProvider provider, bool cantWrite)
    {
        try
        {
            await RenewAsync(Store(place, cantWrite ? new ReadOnly(Path.Combine(place, "auth"), steps) : steps), provider, Pair(1));
            return false;
        }
        catch (DeathException)
        {
            steps.AfterDeath();
            return true;
        }
    }

    private async Task RestartAsync(string place, RotatingProvider provider, string where)
    {
        var store = Store(place);
        var calls = provider.Calls;
        var wasMarked = store.ReadJournal(Id).Open is not null;
        RenewalOutcome outcome;
        var tries = 0;
        do
        {
            // As the account does it: what is lost, or fails for the moment, is tried again.
            outcome = await RenewAsync(store, provider, Pair(place));
        }
        while (outcome is RenewalOutcome.Lost or RenewalOutcome.Temporary && ++tries < 4);

        (provider.Calls - calls).ShouldBeLessThanOrEqualTo(2, where);
        if (outcome is RenewalOutcome.Refused && wasMarked && provider.Calls == calls + 1 && provider.WasLost)
        {
            return; // nobody knows what became of two calls in a row: as good as a lost answer
        }

        if (IsSomewhere(place, provider.Generation))
        {
            var file = outcome.ShouldBeOfType<RenewalOutcome.Renewed>(where).File;
            file.Tokens.ShouldBe(Pair(provider.Generation), where);
            Pair(place).ShouldBe(file.Tokens, where);
            store.ReadJournal(Id).ShouldSatisfyAllConditions(where, j => j.Open.ShouldBeNull(), j => j.Pending.ShouldBeNull());
            Directory.GetFiles(Path.Combine(place, "auth")).ShouldBe([Path.Combine(place, "auth", Name)], where);
        }
        else
        {
            outcome.ShouldBeOfType<RenewalOutcome.Refused>(where);
        }
    }

    // The oracle looks at nothing but bytes: is there a whole JSON file anywhere with that refresh token?
    private static bool IsSomewhere(string place, int generation) =>
        Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories).Any(f => IsWhole(f) && File.ReadAllText(f).Contains($"\"{RotatingProvider.Refresh(generation)}\"", StringComparison.Ordinal));

    private static bool IsWhole(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private Task<RenewalOutcome> RenewAsync(CredentialStore store, RotatingProvider provider, TokenPair known) =>
        new TokenRenewal(store, new TokenRefresher(provider, _time), _time).RenewAsync(
            new RenewalRequest { AccountId = Id, FileName = Name, Known = known, Endpoint = new TokenEndpoint(UpstreamKind.Claude, new Uri("https://platform.example/token"), "client"), IsUrgent = true },
            CancellationToken.None).WaitAsync(AccountsWorld.FailSafe);

    /// <summary>Refuses to open files of the directory; everything else goes to the dying steps.</summary>
    private sealed class ReadOnly(string directory, DyingSteps steps) : FileSteps
    {
        public override FileStream Open(string path) => Path.GetDirectoryName(path) == directory ? throw new UnauthorizedAccessException("made up") : steps.Open(path);

        public override void Write(FileStream file, ReadOnlySpan<byte> content) => steps.Write(file, content);

        public override void Flush(FileStream file) => steps.Flush(file);

        public override void Rename(string from, string to) => steps.Rename(from, to);

        public override void FlushDirectory(string path) => steps.FlushDirectory(path);

        public override void Delete(string path) => steps.Delete(path);
    }
}
