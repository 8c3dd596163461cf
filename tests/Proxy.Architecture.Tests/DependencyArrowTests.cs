namespace Proxy.Architecture.Tests;

/// <summary>The arrows of docs/architecture.md, "Projects": they point down only.</summary>
public sealed class DependencyArrowTests
{
    [Fact]
    public void Protocol_stands_on_the_base_class_library_alone()
    {
        var references = BuiltAssembly.Read("Proxy.Protocol").References;

        references.ShouldAllBe(r => r.StartsWith("System.", StringComparison.Ordinal) || r == "System.Private.CoreLib");
    }

    [Fact]
    public void Actors_know_the_protocol_and_akka_but_no_web_server_host_or_sandbox()
    {
        var references = BuiltAssembly.Read("Proxy.Actors").References;

        references.ShouldContain("Proxy.Protocol");
        references.ShouldContain("Akka");
        references.ShouldNotContain("Proxy.Host");
        references.ShouldNotContain("Proxy.Sandbox");
        references.ShouldNotContain(r => r.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    [Fact]
    public void The_sandbox_knows_neither_actors_nor_host()
    {
        var references = BuiltAssembly.Read("Proxy.Sandbox").References;

        references.ShouldNotContain("Proxy.Actors");
        references.ShouldNotContain("Proxy.Host");
        references.ShouldNotContain("Akka");
    }

    [Fact]
    public void The_sandbox_judges_the_codecs_so_it_uses_none_of_them()
    {
        string[] allowed = ["Proxy.Protocol.Sse", "Proxy.Protocol.Models", "Proxy.Protocol.Dialects"];

        var used = BuiltAssembly.Read("Proxy.Sandbox").Types.Where(t => t.Assembly == "Proxy.Protocol").Select(t => t.Namespace).Distinct();

        used.ShouldAllBe(n => allowed.Contains(n));
    }

    [Fact]
    public void The_host_reaches_everything_below()
    {
        var references = BuiltAssembly.Read("Proxy.Host").References;

        references.ShouldContain("Proxy.Actors");
        references.ShouldContain("Proxy.Protocol");
        references.ShouldContain("Proxy.Sandbox");
    }
}
