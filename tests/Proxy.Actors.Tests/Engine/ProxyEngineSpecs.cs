using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Actors.Configuration;
using Proxy.Actors.Engine;
using Proxy.Protocol.Dialects;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Actors.Tests.Engine;

public sealed class ProxyEngineSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("proxy-engine-").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private ProxyConfiguration Configuration => new()
    {
        AuthDirectory = Path.Combine(_root, "auth"),
        StateDirectory = Path.Combine(_root, "state"),
    };

    private static string Hocon
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "config.hocon")))
            {
                folder = folder.Parent!;
            }

            return File.ReadAllText(Path.Combine(folder.FullName, "config.hocon"));
        }
    }

    private Task<ProxyEngine> StartAsync() => ProxyEngine.StartAsync(Configuration, new EngineServices(Hocon, _time, NullLoggerFactory.Instance), CancellationToken.None);

    [Fact]
    public async Task Started_engine_describes_every_actor()
    {
        await using var engine = await StartAsync();

        var tree = await engine.DescribeAsync(CancellationToken.None);

        tree.ContainsKey("accounts").ShouldBeTrue();
        tree["router"]!["parked"]!.GetValue<int>().ShouldBe(0);
        tree["ledger"]!["written"]!.GetValue<long>().ShouldBe(0);
    }

    [Fact]
    public async Task Account_of_the_configuration_is_known_to_the_table_and_the_tree_when_the_engine_has_started()
    {
        var configuration = Configuration with
        {
            ApiKeyAccounts =
            [
                new ApiKeyAccount
                {
                    Provider = "lab", Kind = UpstreamKind.Compatible, ApiKey = "sandbox-key-1", BaseUrl = new Uri("http://127.0.0.1:9"),
                    EntryKey = "lab/1", Models = [new ModelAlias("upstream-name", "lab-model")],
                },
            ],
        };
        await using var engine = await ProxyEngine.StartAsync(configuration, new EngineServices(Hocon, _time, NullLoggerFactory.Instance), CancellationToken.None);

        engine.Table.Serves("lab-model").ShouldBeTrue();
        var tree = (await engine.DescribeAsync(CancellationToken.None)).ToJsonString();
        TestScope.Current.Show(tree, ShownIn.Debug);
        tree.ShouldContain(engine.Table.Accounts.ShouldHaveSingleItem().Id.Value);
        tree.ShouldNotContain("sandbox-key-1");
    }

    [Fact]
    public async Task Second_engine_on_the_same_state_directory_is_refused_until_the_first_is_gone()
    {
        await using (await StartAsync())
        {
            var refused = await Should.ThrowAsync<EngineStartException>(StartAsync);
            refused.Message.ShouldContain("in use");
        }

        await using var again = await StartAsync();
        if (!OperatingSystem.IsWindows())
        {
            new DirectoryInfo(Configuration.StateDirectory).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
