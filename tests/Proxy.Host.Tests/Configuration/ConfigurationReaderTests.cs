using Proxy.Host.Configuration;
using Proxy.Protocol.Dialects;
using Shouldly;
using Xunit;

namespace Proxy.Host.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    private static readonly DefaultPlaces Places = new("/home/ann", "/home/ann/.cli-proxy-api", "/home/ann/.local/state/cliproxyactors");

    internal static ConfigurationReading Read(string text) => ConfigurationReader.Read(text, "/etc/proxy/config.yaml", Places);

    [Fact]
    public void Empty_file_is_all_defaults()
    {
        var reading = Read("# nothing\n");
        var configuration = reading.Configuration.ShouldNotBeNull();
        configuration.Server.Port.ShouldBe(8317);
        configuration.AuthDirectory.ShouldBe("/home/ann/.cli-proxy-api");
        configuration.Routing.RequestRetry.ShouldBe(3);
        reading.Report.Remarks.ShouldBeEmpty();
    }

    [Fact]
    public void Keys_of_the_product_brief_are_read()
    {
        var reading = Read("""
            port: 8400
            auth-dir: "~/logins"
            debug: true
            logging-to-file: true
            remote-management:
              allow-remote: false
              secret-key: ""
            amp-upstream-url: "https://ampcode.com"
            amp-restrict-management-to-localhost: true
            request-retry: 5
            quota-exceeded:
              switch-project: true
              switch-preview-model: true
            """);
        var configuration = reading.Configuration.ShouldNotBeNull();
        configuration.Server.Port.ShouldBe(8400);
        configuration.AuthDirectory.ShouldBe("/home/ann/logins");
        configuration.Debug.ShouldBeTrue();
        configuration.Routing.RequestRetry.ShouldBe(5);
        reading.Report.Remarks.ShouldAllBe(r => r.Severity == Severity.Debug);
    }

    [Theory]
    [InlineData("proxy-url: \"ftp://user:made-up-password@host\"")]
    [InlineData("providers: { claude: { base-url: \"https://user:made-up-password@host\" } }")]
    [InlineData("claude-api-key: [{ api-key: k, proxy-url: \"htp://user:made-up-password@host\" }]")]
    [InlineData("api-keys: made-up-password")]
    [InlineData("claude-api-key: [{ api-key: \"made-up-password\\nsecond line\" }]")]
    [InlineData("openai-compatibility: [{ name: lab, base-url: \"https://x.example\", api-keys: [\"made-up-password\\u00e9\"] }]")]
    [InlineData("claude-api-key: [{ api-key: k, headers: { X-A: \"made-up-password\\r\\nX-B: 1\" } }]")]
    public void A_value_that_may_be_secret_is_refused_without_being_quoted(string text)
    {
        var reading = Read(text);
        reading.Configuration.ShouldBeNull();
        string.Join(' ', reading.Report.Remarks).ShouldNotContain("made-up-password");
    }

    [Theory]
    [InlineData("port: 8317\napi-keys: [made-up-key\nfoo")]
    [InlineData("port: \"8317")]
    [InlineData("a: [")]
    [InlineData("a: {b: [c, {")]
    [InlineData("? [")]
    [InlineData("\u0000\u0001\u0002")]
    [InlineData("a: *nowhere")]
    [InlineData("%YAML 9.9\n---")]
    [InlineData("a: !!binary [")]
    public void A_file_that_is_no_yaml_is_refused_with_a_remark_and_never_throws(string text) =>
        Read(text).Report.Remarks.ShouldContain(r => r.Severity == Severity.Error || r.Severity == Severity.Warning);

    [Fact]
    public void Relative_paths_count_from_the_file() =>
        Read("auth-dir: ./auths\nstate-dir: state\n").Configuration.ShouldNotBeNull().ShouldSatisfyAllConditions(
            c => c.AuthDirectory.ShouldBe("/etc/proxy/auths"),
            c => c.StateDirectory.ShouldBe("/etc/proxy/state"));

    [Fact]
    public void Sections_and_units_are_read()
    {
        var configuration = Read("""
            max-retry-interval: 45
            proxy-url: "socks5://127.0.0.1:1080"
            providers:
              claude:
                base-url: "http://127.0.0.1:9000/"
              codex:
                token-url: "https://login.example.com/token"
            routing:
              session-affinity: false
              session-affinity-ttl: 2h
            timeouts:
              connect: 250ms
              gap: 1m
            limits:
              request-body: 8MiB
              concurrent-requests: 7
            oauth-excluded-models:
              claude: ["claude-3-*"]
            """).Configuration.ShouldNotBeNull();
        configuration.Routing.MaxRetryInterval.ShouldBe(TimeSpan.FromSeconds(45));
        configuration.ProxyUrl.ShouldBe(new Uri("socks5://127.0.0.1:1080"));
        configuration.Claude.BaseUrl.ShouldBe(new Uri("http://127.0.0.1:9000"));
        configuration.Codex.TokenUrl.ShouldBe(new Uri("https://login.example.com/token"));
        configuration.Routing.SessionAffinity.ShouldBeFalse();
        configuration.Routing.SessionAffinityTtl.ShouldBe(TimeSpan.FromHours(2));
        configuration.Relay.Connect.ShouldBe(TimeSpan.FromMilliseconds(250));
        configuration.Relay.Gap.ShouldBe(TimeSpan.FromMinutes(1));
        configuration.Server.MaxRequestBody.ShouldBe(8 * 1024 * 1024);
        configuration.Server.MaxConcurrentRequests.ShouldBe(7);
        configuration.ExcludedModels["CLAUDE"].ShouldBe(["claude-3-*"]);
    }

    [Fact]
    public void Accounts_by_key_are_read_and_their_names_are_stable()
    {
        const string Text = """
            providers: { claude: { base-url: "https://gateway.example.com" } }
            claude-api-key:
              - api-key: "made-up-claude-key"
                prefix: "/work/"
                proxy-url: direct
                priority: 2
                weight: 3
                max-concurrent: 4
                headers: { X-Team: blue }
                models:
                  - { name: claude-sonnet-4-5-20250929, alias: sonnet }
              - api-key: "made-up-claude-key"
            codex-api-key:
              - api-key: "made-up-codex-key"
                base-url: "http://127.0.0.1:9100"
            openai-compatibility:
              - name: lab
                base-url: "https://lab.example.com/v1"
                weight: 5
                api-key-entries:
                  - api-key: one
                  - { api-key: two, proxy-url: "http://127.0.0.1:3128", weight: 0, max-concurrent: 1 }
                models:
                  - name: tiny
            """;
        var accounts = Read(Text).Configuration.ShouldNotBeNull().ApiKeyAccounts;
        accounts.Count.ShouldBe(5);
        accounts[0].BaseUrl.ShouldBe(new Uri("https://gateway.example.com"));
        accounts[0].Prefix.ShouldBe("work");
        accounts[0].NoProxy.ShouldBeTrue();
        accounts[0].Priority.ShouldBe(2);
        accounts.Select(a => (a.Weight, a.MaxConcurrent)).ShouldBe([(3, 4), (1, null), (1, null), (5, null), (0, 1)]);
        accounts[0].Headers.ShouldBe([KeyValuePair.Create("X-Team", "blue")]);
        accounts[0].Models[0].Alias.ShouldBe("sonnet");
        accounts[2].Kind.ShouldBe(UpstreamKind.Codex);
        accounts[4].ApiKey.ShouldBe("two");
        accounts[4].Provider.ShouldBe("lab");
        accounts[4].ProxyUrl.ShouldBe(new Uri("http://127.0.0.1:3128"));
        accounts[4].Models[0].ShouldBe(new Actors.Configuration.ModelAlias("tiny", "tiny"));
        accounts.Select(a => a.EntryKey).Distinct().Count().ShouldBe(5);
        accounts.ShouldAllBe(a => !a.EntryKey.Contains("made-up", StringComparison.Ordinal));
        Read("debug: true\n" + Text).Configuration.ShouldNotBeNull().ApiKeyAccounts.Select(a => a.EntryKey).ShouldBe(accounts.Select(a => a.EntryKey));
    }

    [Theory]
    [InlineData("port: eighty", 1, "port", "\"eighty\"", "8317")]
    [InlineData("debug: true\nport: 0", 2, "port", "\"0\"", "1 to 65535")]
    [InlineData("debug: maybe", 1, "debug", "\"maybe\"", "true or false")]
    [InlineData("\n\nrouting:\n  strategy: dice", 4, "routing.strategy", "\"dice\"", "round-robin")]
    [InlineData("routing:\n  strategy: random", 2, "routing.strategy", "\"random\"", "one of round-robin, fill-first, weighted-round-robin, soonest-reset")]
    [InlineData("routing:\n  max-concurrent: -1", 2, "routing.max-concurrent", "\"-1\"", "from 0")]
    [InlineData("routing:\n  pressure-limit: 101", 2, "routing.pressure-limit", "\"101\"", "0 to 100")]
    [InlineData("claude-api-key:\n  - api-key: k\n    weight: 1000001", 3, "claude-api-key[0].weight", "\"1000001\"", "1000000")]
    [InlineData("routing: fast", 1, "routing", "fast", "below it")]
    [InlineData("timeouts:\n  connect: soon", 2, "timeouts.connect", "\"soon\"", "250ms")]
    [InlineData("limits:\n  request-body: 1 barrel", 2, "limits.request-body", "barrel", "64MiB")]
    [InlineData("api-keys: lab-key", 1, "api-keys", "its value", "dash")]
    [InlineData("api-keys: [\"\"]", 1, "api-keys", "blank", "Remove")]
    [InlineData("api-keys: [your-api-key-1]", 1, "api-keys", "sample", "openssl")]
    [InlineData("debug: true\nhost: 0.0.0.0", 2, "host", "0.0.0.0", "api-keys")]
    [InlineData("host: my-laptop", 1, "host", "my-laptop", "127.0.0.1")]
    [InlineData("auth-dir: ./a\nstate-dir: ./a/state", 2, "state-dir", "/etc/proxy/a/state", "outside")]
    [InlineData("proxy-url: \"ftp://127.0.0.1\"", 1, "proxy-url", "ftp", "socks5")]
    [InlineData("providers:\n  claude:\n    base-url: http://gateway.example.com", 3, "providers.claude.base-url", "gateway", "https")]
    [InlineData("claude-api-key:\n  - prefix: x", 2, "claude-api-key[0]", "no api-key", "api-key:")]
    [InlineData("codex-api-key:\n  - api-key: k", 2, "codex-api-key[0]", "no base-url", "https")]
    [InlineData("openai-compatibility:\n  - name: codex\n    base-url: https://x.example.com", 2, "openai-compatibility[0].name", "codex", "letters")]
    [InlineData("openai-compatibility:\n  - name: lab", 2, "openai-compatibility[0]", "no base-url", "https")]
    [InlineData("claude-api-key:\n  - api-key: k\n    prefix: a/b", 2, "claude-api-key[0].prefix", "a/b", "one word")]
    [InlineData("claude-api-key:\n  - api-key: k\n    headers:\n      \"Bad Name\": v", 4, "claude-api-key[0].headers", "Bad Name", "header")]
    [InlineData("oauth-excluded-models: [a]", 1, "oauth-excluded-models", "map", "claude:")]
    [InlineData("- port", 1, "", "not a list of keys", "port: 8317")]
    public void A_mistake_names_line_key_value_and_fix(string text, int line, string key, string value, string fix)
    {
        var reading = Read(text);
        reading.Configuration.ShouldBeNull();
        var remark = reading.Report.Remarks.First(r => r.Severity == Severity.Error);
        remark.Line.ShouldBe(line);
        remark.Key.ShouldBe(key);
        remark.ToString().ShouldStartWith($"config.yaml:{line}:");
        remark.Message.ShouldContain(value);
        remark.Message.ShouldContain(fix);
    }

    [Theory]
    [InlineData("port: 8317\n  debug: : true")]
    [InlineData("api-keys: [\"a\"")]
    [InlineData("port: 1\nport: 2")]
    [InlineData("routing:\n\tstrategy: round-robin")]
    public void Broken_yaml_names_a_line(string text)
    {
        var reading = Read(text);
        reading.Configuration.ShouldBeNull();
        reading.Report.Remarks.ShouldHaveSingleItem().ToString().ShouldMatch(@"^config\.yaml:\d+: ");
    }

    [Theory]
    [InlineData("prot: 1", "port")]
    [InlineData("auth_dir: x", "auth-dir")]
    [InlineData("routing:\n  sticky-wiat: 1", "routing.sticky-wait")]
    [InlineData("api-key: [a]", "api-keys")]
    public void An_unknown_key_warns_with_the_nearest_known_one(string text, string meant)
    {
        var reading = Read(text);
        reading.Configuration.ShouldNotBeNull();
        var remark = reading.Report.Remarks.ShouldHaveSingleItem();
        remark.Severity.ShouldBe(Severity.Warning);
        remark.Message.ShouldContain($"Did you mean {meant}?");
    }

    [Fact]
    public void A_secret_never_shows_in_a_message_or_in_the_print()
    {
        Read("api-keys: made-up-secret-value").Report.Remarks.ShouldAllBe(r => !r.Message.Contains("made-up", StringComparison.Ordinal));
        var reading = Read("""
            api-keys: ["made-up-secret-value"]
            proxy-url: "http://user:made-up-pass@127.0.0.1:3128"
            claude-api-key:
              - api-key: "made-up-secret-value"
                headers: { X-Secret: "made-up-secret-value" }
            """);
        var print = EffectiveConfiguration.Print(reading.Configuration.ShouldNotBeNull(), reading.Report);
        print.ShouldNotContain("secret-value");
        print.ShouldNotContain("made-up-pass");
        print.ShouldContain("made…ue");
    }

    [Fact]
    public void The_print_names_origins_and_can_be_read_again()
    {
        var reading = Read("debug: true\n\ntimeouts:\n  gap: 90s\n");
        var print = EffectiveConfiguration.Print(reading.Configuration.ShouldNotBeNull(), reading.Report);
        print.Split('\n').ShouldContain(l => l.StartsWith("debug: true", StringComparison.Ordinal) && l.EndsWith("# config.yaml:1", StringComparison.Ordinal));
        print.Split('\n').ShouldContain(l => l.StartsWith("  gap: 90s", StringComparison.Ordinal) && l.EndsWith("# config.yaml:4", StringComparison.Ordinal));
        print.Split('\n').ShouldContain(l => l.StartsWith("port: 8317", StringComparison.Ordinal) && l.EndsWith("# default", StringComparison.Ordinal));
        var again = Read(print);
        again.Report.Remarks.ShouldBeEmpty();
        EffectiveConfiguration.Print(again.Configuration.ShouldNotBeNull(), reading.Report).ShouldBe(print);
    }

    [Fact]
    public void The_example_file_is_valid_and_names_every_key()
    {
        var text = File.ReadAllText(Path.Join(AppContext.BaseDirectory, "config.yaml.example"));
        var reading = ConfigurationReader.Read(text, "/etc/proxy/config.yaml", Places);
        reading.Report.Remarks.Where(r => r.Severity > Severity.Debug).ShouldBeEmpty();
        var uncommented = string.Join('\n', text.Split('\n').Where(l => l != "#" && !(l.StartsWith("# ", StringComparison.Ordinal) && l[2] != ' ')).Select(l => l.TrimStart('#')));
        var full = ConfigurationReader.Read(uncommented, "/etc/proxy/config.yaml", Places);
        full.Report.Remarks.Where(r => r.Severity > Severity.Debug).ShouldBeEmpty();
        Settings.All.Settings.Select(s => s.Key).Concat(Settings.Structured).Except(full.Report.Lines.Keys).ShouldBeEmpty();
    }
}
