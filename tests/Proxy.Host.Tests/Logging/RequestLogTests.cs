using System.Net;
using System.Text;
using Proxy.Host.Tests.Hosting;

namespace Proxy.Host.Tests.Logging;

/// <summary>The log is read in terminals and by scripts: what a client writes must not become a line or a command of its own.</summary>
public sealed class RequestLogTests
{
    [Theory]
    [InlineData("/x%0A12:00:00%20ERR%20feigned")]
    [InlineData("/x%1B%5B31mred")]
    [InlineData("/v1/models/%C2%9B31m")]
    [InlineData("/x%E2%80%AEbackwards")]
    public async Task A_path_writes_no_line_and_no_colour(string path)
    {
        await using var host = await HostFixture.StartAsync();
        (await host.RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 404 ");
        (await host.RawAsync($"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 421 ");
        ShouldBePlain(host.Logs.All);
    }

    [Fact]
    public async Task A_models_name_writes_no_line_and_no_novel()
    {
        await using var host = await HostFixture.StartAsync();
        using var odd = await host.Client.PostAsync("/v1/messages", Asking("""m\n12:00 ERR feigned\u001b[31m"""));
        odd.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var endless = await host.Client.PostAsync("/v1/messages", Asking(new string('m', 1_000_000)));
        endless.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await endless.Content.ReadAsStringAsync()).Length.ShouldBeLessThan(500);
        host.Fake.Requests.Count.ShouldBe(1);
        host.Logs.All.Count(l => l.Contains("feigned", StringComparison.Ordinal)).ShouldBe(1);
        ShouldBePlain(host.Logs.All);
    }

    [Fact]
    public async Task A_bug_is_logged_by_type_and_place_without_its_words()
    {
        await using var host = await HostFixture.StartAsync();
        host.Fake.Answer = (_, _, _) => throw new InvalidOperationException("a private prompt");
        using var answer = await host.Client.PostAsync("/v1/messages", Asking("claude-sonnet-4-5"));
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var line = await host.Logs.Line(l => l.StartsWith("Error", StringComparison.Ordinal));
        line.ShouldContain("InvalidOperationException");
        line.ShouldContain(nameof(A_bug_is_logged_by_type_and_place_without_its_words));
        line.ShouldNotContain("private");
    }

    private static StringContent Asking(string model) =>
        new($$"""{"model":"{{model}}","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");

    private static void ShouldBePlain(IReadOnlyCollection<string> lines)
    {
        lines.ShouldNotBeEmpty();
        foreach (var line in lines)
        {
            line.Length.ShouldBeLessThan(1000);
            line.Any(c => char.IsControl(c) || c == '\u202E').ShouldBeFalse(line);
        }
    }
}
