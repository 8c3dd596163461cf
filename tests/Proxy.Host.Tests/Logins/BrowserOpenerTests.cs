using Proxy.Host.Logins;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Logins;

public sealed class BrowserOpenerTests
{
    private static readonly Uri Address = new("https://claude.ai/oauth/authorize?state=$(touch%20x)&scope=a%20b;c");

    [Fact]
    public void Address_is_one_argument_whatever_it_holds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the other systems' commands are one line each
        }

        var command = BrowserOpener.Command(Address, Environment(("DISPLAY", ":0"), ("PATH", "/a:/usr/bin:relative")), file => file == "/usr/bin/xdg-open").ShouldNotBeNull();
        command[^2..].ShouldBe(["/usr/bin/xdg-open", Address.AbsoluteUri]);
        command[2].ShouldNotContain("http");
    }

    [Fact]
    public void Without_a_screen_or_a_program_there_is_no_browser()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the other systems always have one
        }

        BrowserOpener.Command(Address, Environment(("PATH", "/usr/bin")), _ => true).ShouldBeNull();
        BrowserOpener.Command(Address, Environment(("WAYLAND_DISPLAY", "wayland-0"), ("PATH", "/usr/bin")), _ => false).ShouldBeNull();
        BrowserOpener.TryOpen(Address, _ => null).ShouldBeFalse();
    }

    [Fact]
    public async Task Program_gets_the_address_as_it_is_and_no_shell_reads_it()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the other systems start no shell
        }

        var place = Directory.CreateTempSubdirectory("cpa-browser-").FullName;
        try
        {
            var (program, seen) = (Path.Join(place, "xdg-open"), Path.Join(place, "seen"));
            await File.WriteAllTextAsync(program, $"#!/bin/sh\nprintf '%s|%s' \"$#\" \"$1\" > '{seen}.part' && mv '{seen}.part' '{seen}'\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            BrowserOpener.TryOpen(Address, Environment(("DISPLAY", ":0"), ("PATH", place))).ShouldBeTrue();

            using var deadline = new CancellationTokenSource(Deadline.Long, TimeProviders.Real);
            while (!File.Exists(seen))
            {
                deadline.IsCancellationRequested.ShouldBeFalse("the program never ran");
                await Task.Yield();
            }

            (await File.ReadAllTextAsync(seen)).ShouldBe($"1|{Address.AbsoluteUri}");
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) => name => variables.FirstOrDefault(v => v.Name == name).Value;
}
