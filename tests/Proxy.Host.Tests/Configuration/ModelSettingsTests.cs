using System.Text;
using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Payloads;

namespace Proxy.Host.Tests.Configuration;

/// <summary>The keys about models, aliases, fallbacks and payload rules: what they become, and what is said of mistakes.</summary>
public sealed class ModelSettingsTests
{
    private static ConfigurationReading Read(string text) => ConfigurationReader.Read(text, "/etc/proxy/config.yaml", new DefaultPlaces("/home/someone", "/auth", "/state"));

    private static ProxyConfiguration Good(string text)
    {
        var reading = Read(text);
        reading.Report.Remarks.ShouldBeEmpty();
        return reading.Configuration.ShouldNotBeNull();
    }

    [Fact]
    public void Defaults_switch_accounts_and_models_and_redirect_nothing()
    {
        var configuration = Good("debug: false");

        (configuration.Routing.SwitchAccounts, configuration.Routing.SwitchModels, configuration.RedirectRetiredModels).ShouldBe((true, true, false));
        configuration.ModelFallbacks.ShouldBeEmpty();
        configuration.Payload.IsEmpty.ShouldBeTrue();
        configuration.KnownModels.ShouldBeSameAs(Proxy.Protocol.Models.ModelCatalogue.Default);
    }

    [Theory]
    [InlineData("oauth-model-alias")]
    [InlineData("oauth-model-mappings")]
    public void Aliases_are_read_under_both_spellings(string key)
    {
        var aliases = Good($$"""
            {{key}}:
              claude:
                - name: claude-sonnet-4-5-20250929
                  alias: sonnet
                  fork: true
                  display-name: "Our Sonnet"
                  force-mapping: true
                - { name: "gpt-5.5(high)", alias: deep }
            """).ModelAliases["claude"];

        aliases.ShouldBe([
            new ModelAlias("claude-sonnet-4-5-20250929", "sonnet") { Fork = true, DisplayName = "Our Sonnet", ForceMapping = true },
            new ModelAlias("gpt-5.5(high)", "deep"),
        ]);
    }

    [Fact]
    public void Fallbacks_are_read_in_order_and_one_needs_no_list() =>
        Good("""
            model-fallbacks:
              "claude-opus-*": [claude-sonnet-4-5-20250929, "gpt-5.4(high)"]
              gpt-5.5: gpt-5.4
            quota-exceeded: { switch-project: false, switch-preview-model: false }
            """).ShouldSatisfyAllConditions(
            c => c.ModelFallbacks.ShouldBe([new ModelFallback("claude-opus-*", ["claude-sonnet-4-5-20250929", "gpt-5.4(high)"]), new ModelFallback("gpt-5.5", ["gpt-5.4"])]),
            c => c.Routing.SwitchAccounts.ShouldBeFalse(),
            c => c.Routing.SwitchModels.ShouldBeFalse());

    [Fact]
    public void Models_add_to_the_catalogue_and_keep_what_they_do_not_say()
    {
        var known = Good("""
            models:
              - id: gpt-5.5
                retired: true
                successor: gpt-9
              - id: gpt-9
                name: GPT-9
                created: 1790035200
                context: 300000
                max-output: 1000
                plans: [pro]
                aliases: [gpt-9-latest]
                thinking: { levels: [low, high], zero: true }
              - { id: mine, kind: compatible, thinking: false }
            """).KnownModels;

        var listed = known.Find("gpt-5.5").ShouldNotBeNull();
        (listed.IsRetired, listed.Successor, listed.ContextWindow, listed.Thinking!.Levels.Count).ShouldBe((true, "gpt-9", 272000, 4));
        known.SuccessorOf("gpt-5.5")!.Id.ShouldBe("gpt-9");
        var added = known.Find("gpt-9-latest").ShouldNotBeNull();
        (added.Id, added.Kind, added.DisplayName, added.Created, added.MaxOutput, added.Thinking!.ZeroAllowed).ShouldBe(("gpt-9", UpstreamKind.Codex, "GPT-9", 1790035200, 1000, true));
        added.Plans.ShouldBe(["pro"]);
        known.Find("mine")!.Kind.ShouldBe(UpstreamKind.Compatible);
        known.Resolve("gpt-9-high").Name.ShouldBe("gpt-9");
    }

    [Fact]
    public void Payload_rules_are_read_with_raw_values_and_conditions()
    {
        var rules = Good("""
            payload:
              filter:
                - models: [{ name: "*", protocol: openai }]
                  params: ["tools.#.strict"]
              override-raw:
                - models: [{ name: a }]
                  params: { "format": '{ "type" : 1.0 }' }
              default:
                - models:
                    - name: "gpt-*"
                      protocol: codex
                      from-protocol: responses
                      headers: { X-Tier: "team-*" }
                      match: [{ "metadata.client": codex }, { n: 1 }]
                      not-match: { "metadata.mode": dev }
                      exist: [tools]
                      not-exist: [metadata.off]
                  params:
                    "reasoning.effort": high
                    "temperature": 0.70
                    "quoted": "0.70"
                    "on": true
                    "nothing": null
                    "list": [1, two, { three: 3 }]
            """).Payload.Rules;

        rules.Select(r => r.Action).ShouldBe([PayloadAction.Default, PayloadAction.Override, PayloadAction.Filter]);
        rules[0].Changes.Select(c => (c.Path.Written, Encoding.UTF8.GetString(c.Value.Span))).ShouldBe([
            ("reasoning.effort", "\"high\""), ("temperature", "0.70"), ("quoted", "\"0.70\""), ("on", "true"), ("nothing", "null"), ("list", """[1,"two",{"three":3}]"""),
        ]);
        Encoding.UTF8.GetString(rules[1].Changes[0].Value.Span).ShouldBe("""{ "type" : 1.0 }""");
        var selector = rules[0].Selectors.ShouldHaveSingleItem();
        (selector.Model, selector.Protocol, selector.FromProtocol).ShouldBe(("gpt-*", UpstreamKind.Codex, Dialect.OpenAIResponses));
        selector.Headers.ShouldBe([KeyValuePair.Create("X-Tier", "team-*")]);
        selector.Match.Select(m => m.Path.Written).ShouldBe(["metadata.client", "n"]);
        selector.NotMatch.ShouldHaveSingleItem().Path.Written.ShouldBe("metadata.mode");
        selector.Exist.ShouldHaveSingleItem().Written.ShouldBe("tools");
        selector.NotExist.ShouldHaveSingleItem().Written.ShouldBe("metadata.off");
    }

    [Theory]
    [InlineData("retired-models: yes", 1, "retired-models", "\"yes\"", "off, redirect")]
    [InlineData("quota-exceeded:\n  switch-project: perhaps", 2, "quota-exceeded.switch-project", "perhaps", "true or false")]
    [InlineData("oauth-model-alias: [a]", 1, "oauth-model-alias", "map", "claude:")]
    [InlineData("oauth-model-alias:\n  claude:\n    - alias: x", 3, "oauth-model-alias.claude[0]", "no name", "name:")]
    [InlineData("oauth-model-alias:\n  claude:\n    - name: x", 3, "oauth-model-alias.claude[0]", "no alias", "alias:")]
    [InlineData("oauth-model-alias:\n  claude:\n    - { name: x, alias: y, fork: perhaps }", 3, "oauth-model-alias.claude[0].fork", "perhaps", "true or false")]
    [InlineData("model-fallbacks:\n  a: []", 2, "model-fallbacks.a", "no fallbacks", "list")]
    [InlineData("model-fallbacks:\n  a: [\"gpt-*\"]", 2, "model-fallbacks.a", "no fallbacks", "model names")]
    [InlineData("model-fallbacks:\n  a: [b,c,d,e,f,g,h,i,j]", 2, "model-fallbacks.a", "9 fallbacks", "at most 8")]
    [InlineData("models:\n  - name: x", 2, "models[0]", "no id", "id:")]
    [InlineData("models:\n  - id: nobody-knows", 2, "models[0]", "nobody-knows", "kind:")]
    [InlineData("models:\n  - { id: gpt-9, thinking: much }", 2, "models[0].thinking", "can't be used", "levels:")]
    [InlineData("models:\n  - { id: gpt-9, thinking: { min-budget: 9, max-budget: 3 } }", 2, "models[0].thinking", "9", "min-budget")]
    [InlineData("models: catalogue.json", 1, "models", "list", "dash")]
    [InlineData("payload: [a]", 1, "payload", "lists of rules", "override:")]
    [InlineData("payload:\n  override:\n    - params: { a: 1 }", 3, "payload.override[0]", "no models", "models:")]
    [InlineData("payload:\n  override:\n    - models: [{ protocol: codex }]\n      params: { a: 1 }", 3, "payload.override[0].models[0]", "no name", "gpt-*")]
    [InlineData("payload:\n  override:\n    - models: [{ name: a, protocol: martian }]\n      params: { a: 1 }", 3, "payload.override[0].models[0].protocol", "martian", "claude, codex or openai")]
    [InlineData("payload:\n  override:\n    - models: [{ name: a }]\n      params: { model: b }", 4, "payload.override[0].params", "model", "alias")]
    [InlineData("payload:\n  override:\n    - models: [{ name: a }]\n      params: { stream: true }", 4, "payload.override[0].params", "stream", "decides about")]
    [InlineData("payload:\n  default:\n    - models: [{ name: a }]\n      params: { \"a.*\": b }", 4, "payload.default[0].params", "'*'", "backslash")]
    [InlineData("payload:\n  override-raw:\n    - models: [{ name: a }]\n      params: { a: '{\"b\":' }", 4, "payload.override-raw[0].params.a", "no JSON", "text")]
    [InlineData("payload:\n  filter:\n    - models: [{ name: a }]\n      params: { a: 1 }", 4, "payload.filter[0].params", "list of paths", "dash")]
    [InlineData("claude-api-key:\n  - api-key: k\n    headers: { Connection: close }", 3, "claude-api-key[0].headers", "Connection", "belongs to the connection")]
    [InlineData("claude-api-key:\n  - api-key: k\n    headers: { Content-Length: \"5\" }", 3, "claude-api-key[0].headers", "Content-Length", "describes the body")]
    [InlineData("claude-api-key:\n  - api-key: k\n    headers: { X-Api-Key: other }", 3, "claude-api-key[0].headers", "X-Api-Key", "own credential")]
    [InlineData("claude-api-key:\n  - api-key: k\n    headers: { X-A: $Authorization }", 3, "claude-api-key[0].headers", "Authorization", "secret")]
    [InlineData("claude-api-key:\n  - api-key: k\n    proxy-url: \"ftp://user:made-up-password@127.0.0.1\"", 3, "claude-api-key[0].proxy-url", "its value", "socks5")]
    [InlineData("claude-api-key:\n  - api-key: k\n    proxy-url: socks4://127.0.0.1", 3, "claude-api-key[0].proxy-url", "socks4", "socks5")]
    public void A_mistake_names_line_key_value_and_fix(string text, int line, string key, string value, string fix)
    {
        var reading = Read(text);

        reading.Configuration.ShouldBeNull();
        var remark = reading.Report.Remarks.First(r => r.Severity == Severity.Error);
        remark.Line.ShouldBe(line);
        remark.Key.ShouldBe(key);
        remark.Message.ShouldContain(value);
        remark.Message.ShouldContain(fix);
        remark.Message.ShouldNotContain("made-up-password");
    }

    [Theory]
    [InlineData("oauth-model-alias:\n  claude:\n    - { name: x, alias: y, frok: true }", "oauth-model-alias.claude[0].frok", "fork")]
    [InlineData("oauth-model-alias:\n  gemini:\n    - { name: x, alias: y }", "oauth-model-alias.gemini", "not served here")]
    [InlineData("models:\n  - { id: gpt-9, succesor: gpt-5.5 }", "models[0].succesor", "successor")]
    [InlineData("models:\n  - { id: gpt-9, retired: true, successor: gpt-10 }", "models", "no such model")]
    [InlineData("payload:\n  overide: []", "payload.overide", "override")]
    [InlineData("payload:\n  override:\n    - models: [{ name: a, protocol: gemini }]\n      params: { a: 1 }", "payload.override[0].models[0].protocol", "gemini")]
    public void What_has_no_effect_warns(string text, string key, string said)
    {
        var reading = Read(text);

        reading.Configuration.ShouldNotBeNull();
        var remark = reading.Report.Remarks.ShouldHaveSingleItem();
        (remark.Severity, remark.Key).ShouldBe((Severity.Warning, key));
        remark.Message.ShouldContain(said);
    }

    [Fact]
    public void The_print_shows_all_of_it_and_reads_back()
    {
        const string Text = """
            retired-models: redirect
            quota-exceeded: { switch-project: false }
            model-fallbacks: { "claude-opus-*": [gpt-5.4] }
            oauth-model-alias: { codex: [{ name: gpt-5.5, alias: deep, force-mapping: true }] }
            models: [{ id: gpt-9, retired: true, successor: gpt-5.5 }]
            payload: { override: [{ models: [{ name: "gpt-*", protocol: codex }], params: { "text.verbosity": low } }] }
            """;
        var reading = Read(Text);

        var print = EffectiveConfiguration.Print(reading.Configuration.ShouldNotBeNull(), reading.Report);

        print.ShouldContain("override for gpt-* to codex: text.verbosity = \"low\"");
        print.ShouldContain("# config.yaml:3");
        var again = Read(print).Configuration.ShouldNotBeNull();
        (again.RedirectRetiredModels, again.Routing.SwitchAccounts).ShouldBe((true, false));
        again.ModelFallbacks.ShouldBe(reading.Configuration!.ModelFallbacks);
        again.ModelAliases["codex"].ShouldBe(reading.Configuration.ModelAliases["codex"]);
        again.KnownModels.SuccessorOf("gpt-9")!.Id.ShouldBe("gpt-5.5");
    }
}
