using System.Diagnostics;

namespace Proxy.LoadRun;

/// <summary>A process of the run: its CPU time and memory are what is measured. It ends when its standard input closes, or is killed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var child = new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"could not start {program}"));
        child.DrainErrors();
        return child;
    }

    public static ChildProcess StartRole(params string[] role) => Start(Environment.ProcessPath!, ["--role", .. role]);

    public bool HasExited => _process.HasExited;

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double RssMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    public string ReadLine() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the process ended before it said where it listens");

    /// <summary>Keeps the pipe from filling up.</summary>
    public void DrainOutput()
    {
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
    }

    private void DrainErrors()
    {
        // the log of the proxy: written for real, shown to nobody
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(5000);
        }

        _process.Dispose();
    }
}
