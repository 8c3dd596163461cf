using System.Net;
using System.Text;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials.Logins;

public sealed class ProfileLookupTests
{
    private static readonly Uri Url = new("https://login.example/profile");
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Profile_says_whose_the_token_is()
    {
        var page = new Page(HttpStatusCode.OK, """{"account":{"uuid":"u-1","email":"a@example.com"},"organization":{"uuid":"o-1","name":"One"}}""");

        var look = await new ProfileLookup(page, _time).LookAsync(Url, "made-up-access", OutboundRoute.Direct, CancellationToken.None);

        var profile = look.Profile.ShouldNotBeNull();
        (profile.Email, profile.AccountUuid, profile.OrganizationUuid, profile.OrganizationName).ShouldBe(("a@example.com", "u-1", "o-1", "One"));
        page.Seen.ShouldContain("Authorization: Bearer made-up-access");
        page.Seen.ShouldContain("anthropic-beta: oauth-2025-04-20");
        look.ToString().ShouldNotContain("example.com");
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "{}")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.InternalServerError, "")]
    public async Task Profile_that_can_not_be_had_is_a_reason_and_no_exception(HttpStatusCode status, string body)
    {
        var look = await new ProfileLookup(new Page(status, body), _time).LookAsync(Url, "made-up-access", OutboundRoute.Direct, CancellationToken.None);

        look.Profile.ShouldBeNull();
        look.Fault.ShouldNotBeNull().ShouldNotContain("made-up");
    }

    [Fact]
    public async Task Token_never_leaves_the_machine_in_the_clear()
    {
        var page = new Page(HttpStatusCode.OK, "{}");

        (await new ProfileLookup(page, _time).LookAsync(new Uri("http://login.example/profile"), "made-up-access", OutboundRoute.Direct, CancellationToken.None)).Profile.ShouldBeNull();

        page.Seen.ShouldBeEmpty();
    }

    private sealed class Page(HttpStatusCode status, string body) : ITokenTransport
    {
        public string Seen { get; private set; } = string.Empty;

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation)
        {
            Seen += request.Headers.ToString();
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }
    }
}
