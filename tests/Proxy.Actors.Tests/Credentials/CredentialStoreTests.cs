using System.Runtime.InteropServices;
using Proxy.Actors.Credentials;
using Proxy.Actors.Tests.Accounts;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>The store over a real directory.</summary>
public sealed class CredentialStoreTests : IDisposable
{
    private const string Name = "claude-a.json";
    private readonly string _root = Directory.CreateTempSubdirectory("cpa-store-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly CredentialStore _store;

    public CredentialStoreTests()
    {
        _store = Store("state");
        _store.MakeDirectories();
    }

    private string Auth => Path.Combine(_root, "auth");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Pipe_device_and_directory_under_an_auth_files_name_are_neither_waited_for_nor_read()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        mkfifo(Path.Combine(Auth, "claude-pipe.json"), 0x180).ShouldBe(0);
        File.CreateSymbolicLink(Path.Combine(Auth, "claude-endless.json"), "/dev/zero");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(Auth, "claude-sock.json")));
        Directory.CreateDirectory(Path.Combine(Auth, "claude-dir.json"));
        File.CreateSymbolicLink(Path.Combine(Auth, "claude-gone.json"), Path.Combine(_root, "nowhere"));
        File.WriteAllText(Path.Combine(Auth, Name), """{"type":"claude","access_token":"made-up-access"}""");

        // On a thread of its own: a store that waits for the pipe must fail this test, not hang it.
        var look = await Task.Run(() => new AuthDirectoryScanner(_store, _time).Look()).WaitAsync(AccountsWorld.FailSafe);

        look.Fault.ShouldBeNull();
        var faults = look.Files!.ToDictionary(f => f.FileName, f => (f.Reading as AuthFileReading.Faulty)?.Fault);
        faults.ShouldBe(new Dictionary<string, AuthFileFault?>
        {
            [Name] = null,
            ["claude-endless.json"] = AuthFileFault.Empty, // it says that it has no bytes, and is believed
            ["claude-pipe.json"] = AuthFileFault.NotAFile,
            ["claude-sock.json"] = AuthFileFault.NotAFile,
        }, ignoreOrder: true);
    }

    [Fact]
    public void File_that_others_could_read_is_shut_by_the_first_write()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var path = Path.Combine(Auth, Name);
        File.WriteAllText(path, "{}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        _store.Replace(Name, "{\"a\":1}"u8).ShouldBeTrue();

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(path).ShouldBe("{\"a\":1}");
        File.GetUnixFileMode(Auth).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Linked_auth_file_stays_a_link_and_its_target_is_replaced()
    {
        var target = Path.Combine(_root, "elsewhere.json");
        File.WriteAllText(target, "{}");
        File.CreateSymbolicLink(Path.Combine(Auth, Name), target);

        _store.Replace(Name, "{\"a\":1}"u8).ShouldBeTrue();

        new FileInfo(Path.Combine(Auth, Name)).LinkTarget.ShouldBe(target);
        File.ReadAllText(target).ShouldBe("{\"a\":1}");
    }

    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    [InlineData("fsync")]
    [InlineData("rename")]
    public void Write_that_fails_leaves_the_old_content_and_nothing_beside_it(string at)
    {
        var path = Path.Combine(Auth, Name);
        File.WriteAllText(path, "{\"old\":1}");
        var store = new CredentialStore(Auth, Path.Combine(_root, "state"), _time) { Steps = new FailingSteps(_ => true, () => new IOException("no space left on device"), at) };

        Should.Throw<IOException>(() => store.Replace(Name, "{\"new\":1}"u8));

        File.ReadAllText(path).ShouldBe("{\"old\":1}");
        Directory.GetFiles(Auth).ShouldBe([path]);
    }

    [Fact]
    public async Task Two_proxies_with_state_directories_of_their_own_share_an_accounts_lock()
    {
        var other = Store("other");
        var held = (await _store.LockAsync("claude-1", Name, TimeSpan.Zero, CancellationToken.None)).ShouldNotBeNull();

        (await other.LockAsync("claude-1", Name, TimeSpan.Zero, CancellationToken.None)).ShouldBeNull();
        using (await other.LockAsync("claude-2", "claude-b.json", TimeSpan.Zero, CancellationToken.None))
        {
            // another account's is free
        }

        var waiting = other.LockAsync("claude-1", Name, TimeSpan.FromSeconds(1), CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();
        held.Dispose();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        using var second = (await waiting.WaitAsync(AccountsWorld.FailSafe)).ShouldNotBeNull();
        Directory.GetFiles(Auth).ShouldBeEmpty(); // it lies in a directory of its own, under a name that is no account's
        _store.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task Auth_directory_that_cant_hold_a_lock_leaves_the_one_of_the_state_directory()
    {
        File.WriteAllText(Path.Combine(Auth, ".locks"), "no directory");

        using var held = (await _store.LockAsync("claude-1", Name, TimeSpan.Zero, CancellationToken.None)).ShouldNotBeNull();

        (await _store.LockAsync("claude-1", Name, TimeSpan.Zero, CancellationToken.None)).ShouldBeNull();
    }

    private CredentialStore Store(string state) => new(Auth, Path.Combine(_root, state), _time);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
