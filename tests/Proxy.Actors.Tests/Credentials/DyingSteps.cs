using Proxy.Actors.Credentials;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>How the machine goes down.</summary>
public enum Death
{
    /// <summary>The process is killed: what it told the system stands.</summary>
    Killed,

    /// <summary>The power goes: what was not brought to the disk is lost, content and renames alike.</summary>
    PowerCut,
}

/// <summary>Nothing after it happens. No kind of exception that the product handles.</summary>
internal sealed class DeathException : Exception;

/// <summary>The real steps, until the one with that number: there the machine dies. A write is cut off in its middle.</summary>
internal sealed class DyingSteps(int diesAt, Death death) : FileSteps
{
    private readonly HashSet<string> _unflushed = new(StringComparer.Ordinal);
    private readonly List<(string From, string To, byte[]? Before)> _renamed = [];
    private bool _isDead;

    /// <summary>Steps taken so far.</summary>
    public int Taken { get; private set; }

    /// <summary>Names of the steps taken, for words of a failed test.</summary>
    public List<string> Names { get; } = [];

    public override FileStream Open(string path)
    {
        Step("open", path);
        _unflushed.Add(path);
        return OfSystem.Open(path);
    }

    public override void Write(FileStream file, ReadOnlySpan<byte> content)
    {
        if (Taken == diesAt)
        {
            OfSystem.Write(file, content[..(content.Length / 2)]);
        }

        Step("write", file.Name);
        OfSystem.Write(file, content);
    }

    public override void Flush(FileStream file)
    {
        Step("fsync", file.Name); // durability is modelled here: hundreds of real ones would take half a minute
        _unflushed.Remove(file.Name);
    }

    public override void Rename(string from, string to)
    {
        Step("rename", to);
        _renamed.Add((from, to, File.Exists(to) ? File.ReadAllBytes(to) : null));
        OfSystem.Rename(from, to);
        if (_unflushed.Remove(from))
        {
            _unflushed.Add(to);
        }
    }

    public override void FlushDirectory(string path)
    {
        Step("fsync of the directory", path);
        _renamed.RemoveAll(r => Path.GetDirectoryName(r.To) == path);
    }

    public override void Delete(string path)
    {
        ThrowIfDead();
        OfSystem.Delete(path);
    }

    private void Step(string name, string path)
    {
        ThrowIfDead();
        if (Taken == diesAt)
        {
            _isDead = true;
            throw new DeathException();
        }

        Taken++;
        Names.Add($"{name} {Path.GetFileName(path)}");
    }

    private void ThrowIfDead()
    {
        if (_isDead)
        {
            throw new DeathException();
        }
    }

    /// <summary>Makes the files what the next start finds.</summary>
    public void AfterDeath()
    {
        if (death != Death.PowerCut)
        {
            return;
        }

        foreach (var path in _unflushed.Where(File.Exists))
        {
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..(int)(new FileInfo(path).Length / 3)]);
        }

        foreach (var (from, to, before) in Enumerable.Reverse(_renamed))
        {
            File.Move(to, from, overwrite: true);
            if (before is not null)
            {
                File.WriteAllBytes(to, before);
            }
        }
    }
}

/// <summary>The real steps without the waits for the disk.</summary>
internal class HastySteps : FileSteps
{
    public override FileStream Open(string path) => OfSystem.Open(path);

    public override void Write(FileStream file, ReadOnlySpan<byte> content) => OfSystem.Write(file, content);

    public override void Flush(FileStream file)
    {
    }

    public override void Rename(string from, string to) => OfSystem.Rename(from, to);

    public override void FlushDirectory(string path)
    {
    }

    public override void Delete(string path) => OfSystem.Delete(path);
}

/// <summary>Steps that fail for some files, as a full or read-only disk does.</summary>
internal sealed class FailingSteps(Func<string, bool> fails, Func<Exception> fault, string at = "open") : HastySteps
{
    private volatile bool _isMended;

    /// <summary>The disk is well again.</summary>
    public void Mend() => _isMended = true;

    public override FileStream Open(string path)
    {
        FailIf("open", path);
        return base.Open(path);
    }

    public override void Write(FileStream file, ReadOnlySpan<byte> content)
    {
        if (IsFailing("write", file.Name))
        {
            base.Write(file, content[..(content.Length / 2)]); // what there was room for
            throw fault();
        }

        base.Write(file, content);
    }

    public override void Flush(FileStream file) => FailIf("fsync", file.Name);

    public override void Rename(string from, string to)
    {
        FailIf("rename", to);
        base.Rename(from, to);
    }

    private bool IsFailing(string step, string path) => !_isMended && step == at && fails(path);

    private void FailIf(string step, string path)
    {
        if (IsFailing(step, path))
        {
            throw fault();
        }
    }
}
