using System.Net;
using System.Text;
using Proxy.Actors.Credentials;
using Proxy.Actors.Outbound;

namespace Proxy.Actors.Tests.Simulation;

/// <summary>The provider's token endpoint: calls wait until the simulation answers them.</summary>
internal sealed class SimTokens(IReadOnlyList<SimAccount> accounts, Action onCall) : ITokenTransport
{
    private readonly TaskCompletionSource<HttpResponseMessage>?[] _open = new TaskCompletionSource<HttpResponseMessage>?[accounts.Count];
    private readonly string?[] _tokens = new string?[accounts.Count];
    private readonly Lock _gate = new();

    /// <summary>Calls that came while another one of the same account was open. None, ever.</summary>
    public int Doubles { get; private set; }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, OutboundRoute route, CancellationToken cancellation)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        var at = body.IndexOf("sandbox-refresh-sim-", StringComparison.Ordinal);
        var token = body[at..].Split('"', '&')[0];
        var account = int.Parse(token.Split('-')[3], System.Globalization.CultureInfo.InvariantCulture) - 1;
        var answer = new TaskCompletionSource<HttpResponseMessage>(); // goes on where it is answered: on the simulation's thread
        lock (_gate)
        {
            Doubles += _open[account] is null ? 0 : 1;
            (_open[account], _tokens[account]) = (answer, token);
        }

        onCall();
        return await answer.Task.ConfigureAwait(false);
    }

    public bool IsOpen(int account)
    {
        lock (_gate)
        {
            return _open[account] is not null;
        }
    }

    public void Answer(int account, DateTimeOffset now)
    {
        var json = accounts[account].Trade(_tokens[account]!, now);
        TaskCompletionSource<HttpResponseMessage> open;
        lock (_gate)
        {
            open = _open[account]!;
            _open[account] = null;
        }

        open.SetResult(new HttpResponseMessage(json is null ? HttpStatusCode.BadRequest : HttpStatusCode.OK)
        {
            Content = new StringContent(json ?? """{"error":"invalid_grant"}""", Encoding.UTF8, "application/json"),
        });
    }
}

/// <summary>Steps of a disk that needs no flushing: a simulated month writes thousands of files.</summary>
internal sealed class UnflushedSteps : FileSteps
{
    public override FileStream Open(string path) => OfSystem.Open(path);

    public override void Write(FileStream file, ReadOnlySpan<byte> content) => OfSystem.Write(file, content);

    public override void Flush(FileStream file) => file.Flush();

    public override void Rename(string from, string to) => OfSystem.Rename(from, to);

    public override void FlushDirectory(string path)
    {
    }

    public override void Delete(string path) => OfSystem.Delete(path);
}
