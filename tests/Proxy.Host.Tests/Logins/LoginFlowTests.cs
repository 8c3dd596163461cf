using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Proxy.Host.Logins;
using Proxy.Host.Serving;
using Proxy.Host.Tests.Hosting;
using Proxy.Sandbox.Faults;
using Proxy.Testing;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Logins;

/// <summary>How a login goes and ends, on virtual time, with real sockets on loopback.</summary>
public sealed class LoginFlowTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task No_on_the_providers_page_ends_the_login_and_writes_nothing()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        var page = await person.DenyAsync();

        (await run.Code).ShouldBe(ExitCodes.LoginDenied);
        page.Html.ShouldContain("You said no");
        run.Error.ToString().ShouldContain("Nothing was written");
        bench.Files.ShouldBeEmpty();
        bench.Sandbox.TokenCalls.ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_answers_and_the_login_ends_after_five_minutes()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--codex-login");
        using var person = await run.PersonAsync();

        _time.Advance(LoginFlow.Limit - TimeSpan.FromSeconds(1));
        run.Exit.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        (await run.Code).ShouldBe(ExitCodes.LoginTimedOut);
        run.Error.ToString().ShouldContain("5 minutes");
        await Should.ThrowAsync<HttpRequestException>(() => person.OpenAsync(new Uri("http://localhost:54545/callback")));
    }

    [Fact]
    public async Task Taken_port_is_said_with_a_code_of_its_own()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var run = bench.Run("--claude-login", "--oauth-callback-port", $"{port}");

        (await run.Code).ShouldBe(ExitCodes.CallbackPortTaken);
        run.Error.ToString().ShouldContain($"Port {port} is in use");
        run.Error.ToString().ShouldContain("--oauth-callback-port");
    }

    [Fact]
    public async Task Port_that_is_taken_on_IPv6_alone_is_taken()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return; // nothing to take
        }

        await using var bench = await LoginBench.StartAsync(_time);
        using var other = new TcpListener(IPAddress.IPv6Loopback, 0);
        other.Start();

        var run = bench.Run("--claude-login", "--oauth-callback-port", $"{((IPEndPoint)other.LocalEndpoint).Port}");

        (await run.Code).ShouldBe(ExitCodes.CallbackPortTaken);
    }

    [Fact]
    public async Task Browser_that_takes_localhost_for_IPv6_reaches_the_login()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return; // no such browser here
        }

        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync(IPAddress.IPv6Loopback);

        (await person.AgreeAsync("claude-1")).Html.ShouldContain("You are logged in");

        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Theory]
    [InlineData("http://localhost:54545/callback?code=forged-code&state=00000000000000000000000000000000", 400)]
    [InlineData("http://localhost:54545/callback?code=forged-code", 400)]
    [InlineData("http://localhost:54545/callback?error=access_denied", 400)]
    [InlineData("http://localhost:54545/callback?error=access_denied&state=", 400)]
    [InlineData("http://localhost:54545/callback?state=STATE", 400)]
    [InlineData("http://localhost:54545/callback?code=a&code=b&state=STATE", 400)]
    [InlineData("http://localhost:54545/callback?code=a&state=STATE&state=STATE", 400)]
    [InlineData("http://localhost:54545/?code=a&state=STATE", 404)]
    [InlineData("http://localhost:54545/callback/?code=a&state=STATE", 404)]
    [InlineData("http://localhost:54545/Callback?code=a&state=STATE", 404)]
    public async Task What_is_not_the_answer_to_this_login_ends_nothing(string address, int status)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        var shown = await person.OpenAsync(new Uri(address.Replace("STATE", await StateAsync(run), StringComparison.Ordinal)));

        ((int)shown.Status).ShouldBe(status);
        run.Exit.IsCompleted.ShouldBeFalse();
        bench.Sandbox.TokenCalls.ShouldBe(0);
        (await person.AgreeAsync("claude-1")).Html.ShouldContain("You are logged in");
        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task Callback_takes_GET_for_localhost_only_and_lets_no_page_keep_or_run_anything()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--codex-login");
        using var person = await run.PersonAsync();
        var right = new Uri($"http://localhost:1455/auth/callback?code=a&state={await StateAsync(run)}");

        var posted = await person.OpenAsync(right, HttpMethod.Post);
        (posted.Status, string.Join(',', posted.Answer.Content.Headers.Allow)).ShouldBe((HttpStatusCode.MethodNotAllowed, "GET"));
        (await person.OpenAsync(right, HttpMethod.Head)).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await person.OpenAsync(right, host: "rebound.example")).Status.ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await person.OpenAsync(right, host: "192.0.2.1")).Status.ShouldBe(HttpStatusCode.MisdirectedRequest);
        run.Exit.IsCompleted.ShouldBeFalse();

        var done = await person.AgreeAsync("codex-1");
        string Header(string name) => done.Answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : string.Empty;
        (Header("Cache-Control"), Header("Referrer-Policy"), Header("X-Content-Type-Options")).ShouldBe(("no-store", "no-referrer", "nosniff"));
        Header("Content-Security-Policy").ShouldStartWith("default-src 'none'");
        done.Html.ShouldNotContain("<script");
        done.Html.ShouldNotContain("http");
        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task Reloaded_page_shows_how_it_ended_and_trades_no_second_code()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var gate = new SandboxGate();
        bench.Sandbox.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token));
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();
        var first = person.AgreeAsync("claude-1");
        await gate.Reached.WaitAsync(Deadline.Long);

        var second = person.OpenAsync(new Uri($"http://localhost:54545/callback?code=another&state={await StateAsync(run)}"));
        gate.Open();

        (await first).Html.ShouldContain("You are logged in");
        (await second).Html.ShouldContain("You are logged in");
        (await run.Code).ShouldBe(ExitCodes.Done);
        bench.Sandbox.TokenCalls.ShouldBe(1);
    }

    [Theory]
    [InlineData("ADDRESS")]
    [InlineData("  \"ADDRESS\"  ")]
    [InlineData("QUERY")]
    [InlineData("?QUERY")]
    [InlineData("CODE#STATE")]
    public async Task Pasted_answer_completes_the_login(string form)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login", "--no-browser");
        using var person = await run.PersonAsync();
        var address = await person.AgreeElsewhereAsync("claude-2");
        var query = System.Web.HttpUtility.ParseQueryString(address.Query);

        run.Typed.Type(form.Replace("ADDRESS", address.ToString(), StringComparison.Ordinal).Replace("QUERY", address.Query[1..], StringComparison.Ordinal)
            .Replace("CODE", query["code"], StringComparison.Ordinal).Replace("STATE", query["state"], StringComparison.Ordinal));

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        Path.GetFileName(bench.Files.ShouldHaveSingleItem()).ShouldBe("claude-claude-2@sandbox.example.json");
    }

    [Fact]
    public async Task Wrong_paste_says_what_is_wrong_and_the_right_one_still_counts()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--codex-login", "--no-browser");
        using var person = await run.PersonAsync();
        run.Out.ToString().ShouldContain($"ssh -L 1455:127.0.0.1:{person.CallbackPort} ");

        foreach (var (line, says) in new[]
        {
            (" ", "Nothing was pasted"),
            ("hello there", "no code"),
            ((await run.AddressAsync()).ToString(), "address to open"),
            ("just-a-code", "state is missing"),
            ("http://localhost:1455/auth/callback?code=a&state=0123", "another login"),
        })
        {
            run.Typed.Type(line);
            await run.Out.UntilAsync(says);
        }

        run.Typed.Type((await person.AgreeElsewhereAsync("codex-2")).ToString());
        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
    }

    [Fact]
    public async Task Pasted_no_is_a_no()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        run.Typed.Type((await person.DenyElsewhereAsync()).ToString());

        (await run.Code).ShouldBe(ExitCodes.LoginDenied);
    }

    [Fact]
    public async Task Input_that_ends_is_nobody_to_paste_and_the_browser_still_counts()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        run.Typed.Close();
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task Terminal_that_breaks_ends_no_login()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        run.Typed.Break();
        using var person = await run.PersonAsync();

        (await person.AgreeAsync("claude-1")).Html.ShouldContain("You are logged in");

        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Browser_is_opened_and_one_that_does_not_open_is_no_error(bool opens)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        Uri? opened = null;
        bench.OpenBrowser = address =>
        {
            opened = address;
            return opens;
        };
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        opened.ShouldBe(await run.AddressAsync());
        run.Out.ToString().Contains("ssh -L", StringComparison.Ordinal).ShouldBe(!opens);
        await person.AgreeAsync("claude-1");
        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task No_browser_opens_none()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.OpenBrowser = _ => throw new InvalidOperationException("no browser was wanted");
        var run = bench.Login("--claude-login", "--no-browser");
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");
        (await run.Code).ShouldBe(ExitCodes.Done);
    }

    [Fact]
    public async Task Provider_that_can_not_be_reached_or_read_is_network_and_one_that_refuses_is_not()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        foreach (var (fault, code) in new[]
        {
            (SandboxFault.Answer(503, "{}"), ExitCodes.Network),
            (SandboxFault.Html(403), ExitCodes.Network),
            (SandboxFault.None with { Place = FaultPlace.BeforeHeaders, End = FaultEnd.Reset }, ExitCodes.Network),
            (SandboxFault.Answer(400, """{"error":"invalid_grant","error_description":"made-up-detail of the code"}"""), ExitCodes.LoginRefused),
        })
        {
            bench.Sandbox.Accounts["claude-1"].Script.Enqueue(fault.For(SandboxOperation.Token));
            var run = bench.Login("--claude-login");
            using var person = await run.PersonAsync();

            var page = await person.AgreeAsync("claude-1");

            (await run.Code).ShouldBe(code, run.Error.ToString());
            page.Html.ShouldContain("did not work");
            bench.Files.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Silent_token_endpoint_is_given_up()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var gate = new SandboxGate();
        bench.Sandbox.Accounts["claude-1"].Script.Enqueue(SandboxFault.Stall(gate, FaultPlace.BeforeHeaders).For(SandboxOperation.Token));
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();
        var page = person.AgreeAsync("claude-1");
        await gate.Reached.WaitAsync(Deadline.Long);

        _time.Advance(TimeSpan.FromSeconds(30));

        (await run.Code).ShouldBe(ExitCodes.Network);
        (await page).Html.ShouldContain("did not answer within 30 s");
        gate.Open();
    }

    [Fact]
    public async Task Profile_that_can_not_be_looked_up_is_a_warning()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.Sandbox.Accounts["claude-1"].Script.Enqueue(SandboxFault.Answer(500, "{}").For(SandboxOperation.Profile));
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done);
        run.Out.ToString().ShouldContain("could not be looked up");
        Path.GetFileName(bench.Files.ShouldHaveSingleItem()).ShouldBe("claude-claude-1@sandbox.example.json");
    }

    [Fact]
    public async Task Profile_fills_in_whose_account_it_is()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();
        await person.AgreeAsync("claude-1");
        (await run.Code).ShouldBe(ExitCodes.Done);

        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(bench.Files.ShouldHaveSingleItem()));
        string? Text(string name) => file.RootElement.GetProperty(name).GetString();
        (Text("account_uuid"), Text("organization_uuid"), Text("organization_name"), Text("type")).ShouldBe(("sandbox-account-claude-1", "sandbox-organization", "Sandbox", "claude"));
        bench.Sandbox.Requests.All.Where(r => r.Operation is SandboxOperation.Token or SandboxOperation.Profile)
            .ShouldAllBe(r => r.Headers.Any(h => h.Key == "User-Agent" && h.Value.StartsWith("CliProxyActors/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("../../../outside@sandbox.example")]
    [InlineData("/etc/outside@sandbox.example")]
    [InlineData("\u001b[2J\u202E\r\nmade up@sandbox.example")]
    public async Task Hostile_email_gets_neither_out_of_the_directory_nor_onto_the_terminal(string email)
    {
        await using var bench = await LoginBench.StartAsync(_time);
        bench.Sandbox.Accounts["claude-1"].Email = email;
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done, run.Error.ToString());
        Path.GetDirectoryName(bench.Files.ShouldHaveSingleItem()).ShouldBe(bench.AuthDirectory);
        Directory.GetFiles(Path.GetDirectoryName(bench.AuthDirectory)!, "*", SearchOption.AllDirectories).Count(f => f.EndsWith(".json", StringComparison.Ordinal)).ShouldBe(1);
        run.Out.ToString().Any(c => char.IsControl(c) && c != '\n').ShouldBeFalse();
        run.Out.ToString().ShouldNotContain("\u202E");
    }

    [Fact]
    public async Task Paused_account_stays_paused_and_says_so()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var path = bench.Sandbox.Accounts["claude-1"].WriteAuthFile(bench.AuthDirectory);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).TrimEnd()[..^1] + ""","disabled":true,"mystery":7}""");
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Done);
        run.Out.ToString().ShouldContain("accounts resume claude-");
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(bench.Files.ShouldHaveSingleItem()));
        (file.RootElement.GetProperty("disabled").GetBoolean(), file.RootElement.GetProperty("mystery").GetInt32()).ShouldBe((true, 7));
        file.RootElement.GetProperty("access_token").GetString().ShouldBe(bench.Sandbox.Accounts["claude-1"].AccessToken);
    }

    [Fact]
    public async Task Login_that_can_not_be_kept_says_so()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        await File.WriteAllTextAsync(bench.AuthDirectory, "a file where a directory should be");
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();

        var page = await person.AgreeAsync("claude-1");

        (await run.Code).ShouldBe(ExitCodes.Failed);
        page.Html.ShouldContain("did not work");
        run.Error.ToString().ShouldContain("could not be kept");
    }

    [Fact]
    public async Task Terms_come_first_and_no_secret_is_ever_printed()
    {
        await using var bench = await LoginBench.StartAsync(_time);
        var run = bench.Login("--claude-login");
        using var person = await run.PersonAsync();
        await person.AgreeAsync("claude-1");
        (await run.Code).ShouldBe(ExitCodes.Done);

        var shown = run.Out.ToString() + run.Error;
        shown.IndexOf(LoginMessages.Terms, StringComparison.Ordinal).ShouldBeInRange(0, shown.IndexOf("Open this address", StringComparison.Ordinal));
        bench.RememberSecrets();
        var call = bench.Sandbox.Requests.All.Single(r => r.Operation == SandboxOperation.Token);
        using var body = JsonDocument.Parse(call.BodyText);
        foreach (var secret in new[] { "code", "code_verifier" }.Select(n => body.RootElement.GetProperty(n).GetString()!))
        {
            secret.Length.ShouldBeGreaterThan(20);
            EncodedForms.Of(secret).ShouldAllBe(form => !shown.Contains(form));
        }
    }

    private static async Task<string> StateAsync(LoginRun run) => System.Web.HttpUtility.ParseQueryString((await run.AddressAsync()).Query)["state"].ShouldNotBeNull();
}
