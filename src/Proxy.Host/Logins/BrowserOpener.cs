using System.ComponentModel;
using System.Diagnostics;

namespace Proxy.Host.Logins;

/// <summary>Opens the person's own browser (RFC 8252 4.1). That there is none, or that it does not start, is no error: the address is on the terminal.</summary>
internal static class BrowserOpener
{
    private static readonly string[] LinuxPrograms = ["xdg-open", "x-www-browser", "www-browser", "firefox", "chromium", "google-chrome"];

    // The browser outlives Ctrl+C on the login, and keeps its own remarks off the terminal. The address is an argument, never shell text.
    private const string Quietly = "trap '' INT HUP; exec \"$0\" \"$@\" </dev/null >/dev/null 2>&1";

    /// <summary>Opens an address.</summary>
    /// <returns>False when no browser could be started.</returns>
    public static bool TryOpen(Uri address, Func<string, string?> environment)
    {
        try
        {
            if (Command(address, environment, File.Exists) is not { } command)
            {
                return false;
            }

            using var started = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false });
            return started is not null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    /// <summary>The program and its arguments; null where there is no browser to be seen.</summary>
    internal static string[]? Command(Uri address, Func<string, string?> environment, Func<string, bool> exists)
    {
        if (OperatingSystem.IsMacOS())
        {
            return ["/usr/bin/open", address.AbsoluteUri];
        }

        if (OperatingSystem.IsWindows())
        {
            return ["rundll32.exe", "url.dll,FileProtocolHandler", address.AbsoluteUri];
        }

        // Without a screen a text browser could come up in the middle of the login's own terminal.
        var hasScreen = environment("DISPLAY") is { Length: > 0 } || environment("WAYLAND_DISPLAY") is { Length: > 0 };
        return hasScreen && Find(environment("PATH"), exists) is { } program ? ["/bin/sh", "-c", Quietly, program, address.AbsoluteUri] : null;
    }

    private static string? Find(string? path, Func<string, bool> exists) =>
        (from program in LinuxPrograms
         from directory in (path ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries)
         where Path.IsPathRooted(directory)
         let file = Path.Join(directory, program)
         where exists(file)
         select file).FirstOrDefault();
}
