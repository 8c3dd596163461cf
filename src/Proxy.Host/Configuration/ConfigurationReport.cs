using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>How much a remark about the configuration matters.</summary>
internal enum Severity
{
    /// <summary>A known key of a part that is not there yet.</summary>
    Debug,

    /// <summary>The file is accepted, but says something that has no effect.</summary>
    Warning,

    /// <summary>The file is refused.</summary>
    Error,
}

/// <summary>One remark about the configuration: where, what, and how to mend it.</summary>
internal sealed record ConfigurationRemark(Severity Severity, string File, long Line, string Key, string Message)
{
    /// <inheritdoc />
    public override string ToString() => Key.Length == 0 ? $"{File}:{Line}: {Message}" : $"{File}:{Line}: {Key}: {Message}";
}

/// <summary>Where a file is read from, and what is said about it.</summary>
internal sealed class ConfigurationReport(string file, string baseDirectory, string home)
{
    private readonly List<ConfigurationRemark> _remarks = [];
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    /// <summary>The file's name as messages show it.</summary>
    public string File { get; } = file;

    /// <summary>What was said, in order.</summary>
    public IReadOnlyList<ConfigurationRemark> Remarks => _remarks;

    /// <summary>The line of each key that the file sets.</summary>
    public IReadOnlyDictionary<string, long> Lines => _lines;

    /// <summary>True when the file must be refused.</summary>
    public bool HasErrors => _remarks.Exists(r => r.Severity == Severity.Error);

    /// <summary>Notes that <paramref name="key"/> is set by the file.</summary>
    public void Seen(string key, YamlNode at) => _lines[key] = at.Start.Line;

    /// <summary>The line that set <paramref name="key"/>; 1 when the file does not.</summary>
    public long LineOf(string key) => _lines.GetValueOrDefault(key, 1);

    /// <summary>Adds an error at <paramref name="at"/>.</summary>
    public void Error(string key, Mark at, string message) => Add(Severity.Error, key, at.Line, message);

    /// <summary>Adds a remark.</summary>
    public void Add(Severity severity, string key, long line, string message) =>
        _remarks.Add(new ConfigurationRemark(severity, File, line, key, message));

    /// <summary>A path as the file means it: <c>~</c> is the home directory, relative paths count from the file.</summary>
    public string PathOf(string written)
    {
        if (written == "~" || written.StartsWith("~/", StringComparison.Ordinal) || written.StartsWith("~\\", StringComparison.Ordinal))
        {
            return Path.GetFullPath(Path.Join(home, written[1..]));
        }

        return Path.GetFullPath(written, baseDirectory);
    }
}
