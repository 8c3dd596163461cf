using Proxy.Host.Logins;

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

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) => name => variables.FirstOrDefault(v => v.Name == name).Value;
}
