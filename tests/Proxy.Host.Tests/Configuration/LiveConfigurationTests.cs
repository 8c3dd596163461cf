using Proxy.Actors.Configuration;
using Proxy.Host.Configuration;

namespace Proxy.Host.Tests.Configuration;

/// <summary>What a reload says that it changed.</summary>
public sealed class LiveConfigurationTests
{
    private const string Text = """
        request-retry: 2
        claude-api-key:
          - api-key: made-up-key-1
            weight: 2
            max-concurrent: 3
            priority: 4
            request-retry: 5
            disable-cooling: false
            headers: { x-made-up: one }
            request-scoped-errors: [{ status: 400, match: [made up], action: stop }]
        models:
          - { id: gpt-9, name: Nine, created: 7, context: 1000, max-output: 100, aliases: [nine], plans: [pro], retired: true, successor: gpt-5.5, thinking: { levels: [low, high], min-budget: 0, max-budget: 5 } }
          - { id: mine, kind: compatible, thinking: false }
        """;

    [Theory]
    [InlineData("request-retry: 2", "request-retry: 3", "request-retry")]
    [InlineData("weight: 2", "weight: 3", "accounts by API key")]
    [InlineData("max-concurrent: 3", "max-concurrent: 4", "accounts by API key")]
    [InlineData("priority: 4", "priority: 5", "accounts by API key")]
    [InlineData("request-retry: 5", "request-retry: 6", "accounts by API key")]
    [InlineData("disable-cooling: false", "disable-cooling: true", "accounts by API key")]
    [InlineData("x-made-up: one", "x-made-up: two", "accounts by API key")]
    [InlineData("status: 400", "status: 403", "accounts by API key")]
    [InlineData("name: Nine", "name: Neun", "models")]
    [InlineData("created: 7", "created: 8", "models")]
    [InlineData("context: 1000", "context: 1001", "models")]
    [InlineData("max-output: 100", "max-output: 101", "models")]
    [InlineData("aliases: [nine]", "aliases: [neun]", "models")]
    [InlineData("plans: [pro]", "plans: [plus]", "models")]
    [InlineData("retired: true, ", "", "models")]
    [InlineData("successor: gpt-5.5", "successor: gpt-5.4", "models")]
    [InlineData("levels: [low, high]", "levels: [low]", "models")]
    [InlineData("max-budget: 5", "max-budget: 6", "models")]
    [InlineData("kind: compatible", "kind: claude", "models")]
    public void Edited_field_is_named_by_its_section(string before, string after, string named)
    {
        Text.ShouldContain(before);

        Changed(Text, Text.Replace(before, after, StringComparison.Ordinal)).ShouldBe([named]);
    }

    [Fact]
    public void Same_text_changes_nothing() => Changed(Text, Text).ShouldBeEmpty();

    [Fact]
    public void Printed_models_read_back_as_they_are()
    {
        var reading = Reading(Text);
        var printed = EffectiveConfiguration.Print(reading.Configuration!, reading.Report);
        var begin = printed.IndexOf("\nmodels:", StringComparison.Ordinal) + 1;
        var models = printed[begin..printed.IndexOf("# accounts by API key", StringComparison.Ordinal)];

        Changed(Text, Text[..Text.IndexOf("models:", StringComparison.Ordinal)] + models).ShouldBeEmpty();
    }

    private static IReadOnlyList<string> Changed(string before, string after) => new LiveConfiguration(Read(before)).Replace(Read(after)).Changed;

    private static ProxyConfiguration Read(string text)
    {
        var reading = Reading(text);
        reading.Report.Remarks.ShouldBeEmpty();
        return reading.Configuration.ShouldNotBeNull();
    }

    private static ConfigurationReading Reading(string text) => ConfigurationReader.Read(text, "/etc/proxy/config.yaml", new DefaultPlaces("/home/someone", "/auth", "/state"));
}
