using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Proxy.Host.Logins;

namespace Proxy.Host.Tests.Logins;

public sealed partial class CallbackPageTests
{
    [Fact]
    public void Everything_foreign_is_escaped()
    {
        var html = new CallbackPage(200, "<script>1</script>", "\"><img src=x onerror=1> & '").ToHtml();
        html.ShouldNotContain("<script");
        html.ShouldNotContain("<img");
        html.ShouldContain("&lt;script&gt;");
        html.ShouldContain("&amp;");
    }

    [Fact]
    public void Policy_names_the_style_that_is_on_the_page_and_allows_nothing_else()
    {
        var style = Style().Match(CallbackPage.WrongState.ToHtml()).Groups[1].Value;
        CallbackPage.SecurityPolicy.ShouldBe(
            $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    }

    [GeneratedRegex("<style>(.*)</style>")]
    private static partial Regex Style();
}
