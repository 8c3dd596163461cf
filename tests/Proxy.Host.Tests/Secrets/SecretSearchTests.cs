using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Engine;
using Proxy.Actors.Relay;
using Proxy.Host.Tests.EndToEnd;
using Proxy.Host.Tests.Hosting;
using Proxy.Protocol.Dialects;
using Proxy.Testing.Secrets;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Proxy.Host.Tests.Secrets;

/// <summary>The search for secrets that every test of the suite goes through can itself fail.</summary>
public sealed class SecretSearchTests
{
    private const string Canary = "Zq7#\"pass<wörd>/+?=&key";

    public static TheoryData<string, Func<string, string>> Disguises() => new()
    {
        { "raw", s => s },
        { "base64, first alignment", s => Base64(s) },
        { "base64, second alignment", s => Base64("x" + s) },
        { "base64, third alignment", s => Base64("xy" + s) },
        { "base64url", s => Base64("xy" + s).Replace('+', '-').Replace('/', '_').TrimEnd('=') },
        { "in a basic header", s => Base64("user:" + s + "\n") },
        { "URL", Uri.EscapeDataString },
        { "form", s => WebUtility.UrlEncode(s) },
        { "URL in lower case", s => Uri.EscapeDataString(s).Replace("%C3%B6", "%c3%b6").Replace("%3C", "%3c").Replace("%3E", "%3e").Replace("%2F", "%2f").Replace("%2B", "%2b").Replace("%3F", "%3f").Replace("%3D", "%3d") },
        { "JSON", s => JsonSerializer.Serialize(s) },
        { "JSON, relaxed", s => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(s) },
    };

    [Theory]
    [MemberData(nameof(Disguises))]
    public void A_secret_is_found_in_every_disguise(string name, Func<string, string> disguise)
    {
        var scope = new TestScope();
        scope.Register(Canary);
        foreach (var secret in new[] { Canary, Marked("sandbox-refresh", "-claude-9-g4"), Marked("made-", "up-password") })
        {
            scope.Show($"before {disguise(secret)} behind", ShownIn.Terminal);
            scope.Finish().Count.ShouldBe(1, $"{secret} as {name}");
        }

        scope.Show(disguise("Zq7#\"pass<wort>/+?=&key and nothing of ours"), ShownIn.Log);
        scope.Finish().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ShownIn.Log, true, true)]
    [InlineData(ShownIn.Debug, true, true)]
    [InlineData(ShownIn.Answer, false, true)]
    [InlineData(ShownIn.Exception, true, false)]
    [InlineData(ShownIn.Terminal, true, false)]
    public void A_prompt_or_an_address_is_a_secret_where_it_does_not_belong(ShownIn where, bool prompt, bool mail)
    {
        var scope = new TestScope();
        scope.Register("what I asked it", CanaryKind.Prompt);
        scope.Show("it said: what I asked it", where);
        scope.Finish().Count.ShouldBe(prompt ? 1 : 0);
        scope.Show("claude-1" + "@sandbox.example needs a login", where);
        scope.Finish().Count.ShouldBe(mail ? 1 : 0);
        scope.Show("c…@sandbox.example and \\u2026@sandbox.example need a login", where);
        scope.Finish().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_test_that_leaks_fails_and_one_that_does_not_passes()
    {
        (await RunAsync(nameof(Leaky.To_the_log))).ShouldBe((0, 1, "a made-up secret is shown in Log"));
        (await RunAsync(nameof(Leaky.To_the_terminal))).ShouldBe((0, 1, "a made-up secret is shown in Terminal"));
        (await RunAsync(nameof(Leaky.From_a_thread_of_its_own))).ShouldBe((0, 1, "a made-up secret is shown in Log"));
        (await RunAsync(nameof(Leaky.In_an_exception_of_the_product))).ShouldBe((0, 1, "a registered Credential is shown in Exception"));
        (await RunAsync(nameof(Leaky.In_an_answer_of_a_host))).ShouldBe((0, 1, "a made-up secret is shown in Answer"));
        (await RunAsync(nameof(Leaky.A_prompt_in_the_log_of_a_host))).ShouldBe((0, 1, "a registered Prompt is shown in Log"));
        (await RunAsync(nameof(Leaky.In_the_state_of_a_host))).ShouldBe((0, 1, "a made-up secret is shown in Debug"));
        (await RunAsync(nameof(Leaky.Not_at_all))).ShouldBe((1, 0, string.Empty));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Marked(string first, string second) => first + second;

    private static async Task<(int Passed, int Failed, string Leak)> RunAsync(string method)
    {
        var assembly = new TestAssembly(Reflector.Wrap(typeof(Leaky).Assembly));
        var type = Reflector.Wrap(typeof(Leaky));
        var info = Reflector.Wrap(typeof(Leaky).GetMethod(method)!);
        var test = new TestMethod(new TestClass(new TestCollection(assembly, null, "leaky"), type), info);
        var diagnostics = new Xunit.Sdk.NullMessageSink();
        using var seen = new Seen();
        using var cancellation = new CancellationTokenSource();
        var testCase = new XunitTestCase(diagnostics, TestMethodDisplay.Method, TestMethodDisplayOptions.None, test);
        var runner = new WatchedMethodRunner(test, type, info, [testCase], diagnostics, seen, new ExceptionAggregator(), cancellation, []);
        var summary = await runner.RunAsync();
        summary.Failed.ShouldBe(seen.Failed.Count);
        var leak = seen.Failed.SelectMany(f => f.Messages).SingleOrDefault() ?? string.Empty;
        return (seen.Passed, seen.Failed.Count, leak.Length == 0 ? leak : leak.Split("First: ")[1].Split(':')[0]);
    }

    private sealed class Seen : IMessageBus
    {
        public int Passed { get; private set; }

        public List<ITestFailed> Failed { get; } = [];

        public bool QueueMessage(IMessageSinkMessage message)
        {
            Passed += message is ITestPassed ? 1 : 0;
            if (message is ITestFailed failed)
            {
                Failed.Add(failed);
            }

            return true;
        }

        public void Dispose()
        {
        }
    }

#pragma warning disable xUnit1000 // run by the test above, and by nobody else
    private sealed class Leaky
    {
        [Fact]
        public void To_the_log() => NullLoggerFactory.Instance.CreateLogger("x").LogDebug("the token is {Token}", Marked("sandbox-access", "-claude-1-g1"));

        [Fact]
        public void To_the_terminal()
        {
            var terminal = new StringWriter();
            terminal.Write("made-");
            terminal.Write("up-password");
        }

        [Fact]
        public void From_a_thread_of_its_own()
        {
            var log = NullLoggerFactory.Instance.CreateLogger("x");
            var thread = new Thread(() => log.LogInformation("{Token}", Base64(Marked("sandbox-refresh", "-claude-1-g1"))));
            thread.UnsafeStart();
            thread.Join();
        }

        [Fact]
        public void In_an_exception_of_the_product()
        {
            TestScope.Current.Register("no-such-directory-of-mine");
            Should.Throw<EngineStartException>(() => StateDirectoryLock.Take("/proc/no-such-directory-of-mine"));
        }

        [Fact]
        public async Task In_an_answer_of_a_host()
        {
            await using var host = await HostFixture.StartAsync();
            host.Fake.Answer = async (_, sink, gone) =>
            {
                sink.Start(502, "application/json", []);
                sink.Output.Write(Encoding.UTF8.GetBytes(Base64(Marked("sandbox-access", "-claude-1-g1"))));
                await sink.FlushAsync(gone);
                await sink.CompleteAsync();
                return new RelayResult { Status = 502 };
            };
            (await host.AskAsync(Dialect.OpenAIChat, "m", "a private prompt")).Status.ShouldBe(HttpStatusCode.BadGateway);
        }

        [Fact]
        public async Task A_prompt_in_the_log_of_a_host()
        {
            await using var host = await HostFixture.StartAsync();
            (await host.AskAsync(Dialect.OpenAIChat, "m", "a private prompt")).Status.ShouldBe(HttpStatusCode.OK);
            host.Logs.LogDebug("{Body}", host.Fake.Bodies.Single());
        }

        [Fact]
        public async Task In_the_state_of_a_host()
        {
            await using var host = await HostFixture.StartAsync();
            host.Fake.State["token"] = Marked("made-", "up-token");
        }

        [Fact]
        public void Not_at_all() => new StringWriter().Write("nothing");
    }
#pragma warning restore xUnit1000
}
