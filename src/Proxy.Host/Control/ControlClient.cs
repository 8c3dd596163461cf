using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Proxy.Actors.Accounts;
using Proxy.Actors.Engine;

namespace Proxy.Host.Control;

/// <summary>The accounts of a running proxy, over its control socket.</summary>
internal sealed class ControlClient : IAccountControl, IDisposable
{
    // An order may wait for another process's lock and a slow provider; the proxy answers within this by itself.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;

    private ControlClient(ControlPlace place, TimeProvider time)
    {
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellation) => place.ConnectAsync(cancellation),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
        });
    }

    /// <summary>Connects to the proxy that runs on a state directory.</summary>
    /// <returns>Null when none listens.</returns>
    /// <exception cref="ControlUnavailableException">One is there, but can't be reached.</exception>
    public static async Task<ControlClient?> ConnectAsync(string stateDirectory, TimeProvider time, CancellationToken cancellation)
    {
        var place = ControlPlace.Of(stateDirectory);
        using var limit = new CancellationTokenSource(ConnectPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await (await place.ConnectAsync(both.Token)).DisposeAsync();
            return new ControlClient(place, time);
        }
        catch (SocketException nobody) when (nobody.SocketErrorCode is not SocketError.AccessDenied)
        {
            return null; // no socket, or one that a dead proxy left
        }
        catch (ControlUnavailableException)
        {
            return null; // a path that is too long for a socket has none
        }
        catch (Exception nobody) when (nobody is TimeoutException or IOException)
        {
            return null;
        }
        catch (Exception refused) when (refused is SocketException or UnauthorizedAccessException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new ControlUnavailableException($"The proxy's control socket {place.Path} can't be reached: {refused.Message.TrimEnd('.')}.", refused);
        }
    }

    /// <inheritdoc />
    public async Task<AccountListing> ListAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://control/v1/accounts");
        return await SendAsync<AccountListing>(request, cancellation) ?? throw new ControlUnavailableException("The proxy knows of no accounts to list. Is it of another version?");
    }

    /// <inheritdoc />
    public async Task<OrderOutcome> OrderAsync(AccountId account, AccountOrder order, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://control/v1/accounts/{Uri.EscapeDataString(account.Value)}")
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new ControlOrder(order), ControlJson.Format)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        return await SendAsync<OrderOutcome>(request, cancellation) ?? OrderOutcome.NotFound;
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<T?> SendAsync<T>(HttpRequestMessage request, CancellationToken cancellation)
        where T : class
    {
        using var limit = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var response = await _http.SendAsync(request, both.Token);
            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            if (response.IsSuccessStatusCode)
            {
                return await JsonSerializer.DeserializeAsync<T>(body, ControlJson.Format, both.Token);
            }

            var refusal = await JsonSerializer.DeserializeAsync<ControlRefusal>(body, ControlJson.Format, both.Token);
            return response.StatusCode == HttpStatusCode.NotFound ? null : throw new ControlUnavailableException($"The proxy refused: {refusal?.Error?.Message}");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new ControlUnavailableException($"The proxy did not answer on its control socket ({broken.GetType().Name}). Does it still run?", broken);
        }
    }
}
