using System.Diagnostics;
using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;
using Proxy.Testing;

namespace Proxy.Actors.Tests.Credentials;

/// <summary>A process that does nothing but refresh one account, as fast as it can, until it is killed.</summary>
internal static class RefreshLoop
{
    public const string Verb = "refresh-loop";

    /// <summary>Starts one.</summary>
    public static Process Start(string place, Uri tokenUrl)
    {
        var host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return Process.Start(new ProcessStartInfo(host, ["exec", typeof(RefreshLoop).Assembly.Location, Verb, place, tokenUrl.AbsoluteUri]) { UseShellExecute = false })!;
    }

    /// <summary>What it runs. Ends by itself only when its account is lost.</summary>
    public static async Task<int> RunAsync(string place, Uri tokenUrl)
    {
        while (await RefreshAsync(place, tokenUrl) is RenewalOutcome.Renewed)
        {
        }

        return 1;
    }

    /// <summary>One refresh by the product's own parts, from what the disk holds.</summary>
    public static async Task<RenewalOutcome> RefreshAsync(string place, Uri tokenUrl)
    {
        var time = FailSafe.SystemClock;
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var store = new CredentialStore(Path.Combine(place, "auth"), Path.Combine(place, "state"), time);
        var file = FileOf(store);
        var renewal = new TokenRenewal(store, new TokenRefresher(new InvokerTokenTransport((_, _) => client), time), time);
        return await renewal.RenewAsync(
            new RenewalRequest { AccountId = "claude-1", FileName = file.FileName, Known = file.Tokens, Endpoint = new TokenEndpoint(UpstreamKind.Claude, tokenUrl, "client"), IsUrgent = true },
            CancellationToken.None);
    }

    /// <summary>The account's file, which must be whole whenever one looks.</summary>
    public static AuthFile FileOf(CredentialStore store) =>
        store.Read(store.List().Single()).Reading is AuthFileReading.Loaded { File: var file } ? file : throw new InvalidOperationException("the auth file can't be read");
}
