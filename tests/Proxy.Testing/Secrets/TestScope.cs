using System.Collections.Concurrent;

namespace Proxy.Testing.Secrets;

/// <summary>
/// Collects what one test shows, and looks for secrets in it. <see cref="WatchedTestFramework"/> opens one for each test
/// and fails the test that leaked; what runs outside of a test (class fixtures, threads of the actor system) is collected
/// in <see cref="Shared"/> and fails the next test that ends.
/// </summary>
public sealed class TestScope
{
    private static readonly AsyncLocal<TestScope?> Ambient = new();

    private readonly Canaries _canaries = new();
    private readonly ConcurrentQueue<Leak> _leaks = new();
    private readonly ConcurrentQueue<(TextWriter Writer, ShownIn Where)> _writers = new();

    /// <summary>What belongs to no test.</summary>
    public static TestScope Shared { get; } = new();

    /// <summary>The test that this code runs for.</summary>
    public static TestScope Current => Ambient.Value ?? Shared;

    /// <summary>Makes a value that carries no marker a canary of this test. Values under 12 characters are none.</summary>
    public void Register(string value, CanaryKind kind = CanaryKind.Credential) => _canaries.Add(value, kind);

    /// <summary>Looks at a text that others may read.</summary>
    public void Show(ReadOnlySpan<char> text, ShownIn where)
    {
        if (_canaries.Find(text, where) is { } leak)
        {
            _leaks.Enqueue(leak);
        }
    }

    /// <summary>Looks at all that is in the writer when the test ends.</summary>
    public void Watch(TextWriter writer, ShownIn where) => _writers.Enqueue((writer, where));

    /// <summary>What was found; empties the scope.</summary>
    public IReadOnlyList<Leak> Finish()
    {
        while (_writers.TryDequeue(out var written))
        {
            Show(written.Writer.ToString(), written.Where);
        }

        var found = new List<Leak>();
        while (_leaks.TryDequeue(out var leak))
        {
            found.Add(leak);
        }

        return found;
    }

    /// <summary>Code behind this call, and what it starts, belongs to the scope.</summary>
    internal static TestScope Enter() => Ambient.Value = new TestScope();
}
