using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Serving;

/// <summary>A start that can't be says why in one line, with the key to mend, and an exit code.</summary>
public sealed class StartTroubleTests
{
    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        var options = new ProxyHostOptions
        {
            Configuration = new ProxyConfiguration { Server = new ServerOptions { Host = "192.0.2.7", ApiKeys = ["made-up-client-key"] } },
            Time = TimeProviders.Real,
            Logs = new LogLines(),
            StartEngine = (_, _, _, _) => throw new InvalidOperationException("the engine must not start"),
        };
        var refused = await Should.ThrowAsync<AddressRefusedException>(() => ProxyHost.StartAsync(options));
        refused.Message.ShouldStartWith("host: can't listen on 192.0.2.7 port 8317");
        (await Foreground.RunAsync(options, _ => { }, CancellationToken.None)).ShouldBe(ExitCodes.Configuration);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_named_with_its_key()
    {
        var place = Directory.CreateTempSubdirectory("cpa-start-").FullName;
        try
        {
            var file = Path.Join(place, "file");
            File.WriteAllText(file, string.Empty);
            var good = new ProxyConfiguration { AuthDirectory = Path.Join(place, "auths"), StateDirectory = Path.Join(place, "state") };
            PrivateDirectories.TryCreate(good with { AuthDirectory = Path.Join(file, "auths") }).ShouldNotBeNull().ShouldStartWith("auth-dir: ");
            PrivateDirectories.TryCreate(good with { StateDirectory = file }).ShouldNotBeNull().ShouldStartWith("state-dir: ");
            PrivateDirectories.TryCreate(good).ShouldBeNull();
            PrivateDirectories.IsOpenToOthers(good.AuthDirectory).ShouldBeFalse();
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(good.AuthDirectory, File.GetUnixFileMode(good.AuthDirectory) | UnixFileMode.OtherExecute);
                PrivateDirectories.IsOpenToOthers(good.AuthDirectory).ShouldBeTrue();
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }
}
