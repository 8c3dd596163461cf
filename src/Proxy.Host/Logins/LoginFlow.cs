using System.Globalization;
using System.Net.Sockets;
using Proxy.Actors.Credentials.Logins;
using Proxy.Host.Serving;

namespace Proxy.Host.Logins;

/// <summary>
/// A login with a browser (RFC 8252, RFC 7636):
/// <code>
/// listen ─ print and open the address ─ wait ─┬─ callback on loopback ─┐
///                                             ├─ pasted address ───────┼─ code for tokens ─ profile ─ file
///                                             └─ five minutes ─ timed out
/// </code>
/// </summary>
internal sealed class LoginFlow(LoginSetting setting, ProviderLogin provider)
{
    /// <summary>The longest wait for the person.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Pkce _pkce = Pkce.New();
    private readonly LoginState _state = LoginState.New();

    /// <summary>Runs it.</summary>
    /// <param name="port">The port to listen on instead of the registered one; 0 for any; null for the registered one.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(int? port, CancellationToken cancellation)
    {
        using var sockets = TryListen(port ?? provider.CallbackPort, out var fault);
        if (sockets is null)
        {
            return fault;
        }

        setting.Say(LoginMessages.Begin(provider.Name));
        await using var listener = await CallbackListener.StartAsync(sockets, provider.CallbackPath, _state, cancellation);
        var address = provider.AuthorizeAddress(_pkce.Challenge, _state);
        setting.Say(LoginMessages.Open(address));
        var isOpen = setting.OpenBrowser?.Invoke(address) == true;
        var end = await EndAsync(await WaitAsync(listener, LoginMessages.Waiting(provider, sockets.Port, isOpen, Limit), cancellation), cancellation);
        if (listener.Arrived.IsCompletedSuccessfully)
        {
            (await listener.Arrived).Tell(end.Page);
        }

        return end.ExitCode;
    }

    private CallbackSockets? TryListen(int port, out int fault)
    {
        fault = ExitCodes.CallbackPortTaken;
        try
        {
            if (CallbackSockets.TryListen(port) is { } sockets)
            {
                return sockets;
            }

            var number = port.ToString(CultureInfo.InvariantCulture);
            setting.Error.WriteLine(
                $"Port {number} is in use, and {provider.Name} sends its answer there. Stop the other program, perhaps another login (find it: ss -ltnp 'sport = :{number}'), or log in with --oauth-callback-port 0 and paste the address that the browser ends on.");
        }
        catch (SocketException refused)
        {
            fault = ExitCodes.Failed;
            setting.Error.WriteLine($"Port {port.ToString(CultureInfo.InvariantCulture)} can't be listened on: {refused.Message.TrimEnd('.')}. Choose another one above 1023 with --oauth-callback-port, and paste the address that the browser ends on.");
        }

        return null;
    }

    private async Task<ProviderAnswer?> WaitAsync(CallbackListener listener, string announcement, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var late = Task.Delay(Limit, setting.Time, over.Token);
        setting.Say(announcement);
        var pasted = new PasteReader(setting.In, setting.Out, _state).ReadAsync(over.Token);
        var first = await Task.WhenAny(listener.Arrived, pasted, late);
        cancellation.ThrowIfCancellationRequested();
        var answer = first == listener.Arrived ? (await listener.Arrived).Answer
            : first == pasted ? await pasted
            : null;
        await over.CancelAsync();
        return answer;
    }

    private async Task<LoginEnd> EndAsync(ProviderAnswer? answer, CancellationToken cancellation)
    {
        if (answer is null)
        {
            return setting.Fail(ExitCodes.LoginTimedOut, string.Create(CultureInfo.InvariantCulture, $"Nobody answered within {Limit.TotalMinutes:0} minutes. Nothing was written. Start the login again when you are ready."));
        }

        if (answer.Error is not null)
        {
            return answer.IsDenial
                ? setting.Fail(ExitCodes.LoginDenied, $"You said no on {provider.Name}'s page. Nothing was written.")
                : setting.Fail(ExitCodes.LoginRefused, $"{provider.Name} refused the login: {answer.Error}. Nothing was written.");
        }

        return await LoginCompletion.CompleteAsync(setting, provider, new LoginCode(answer.Code!, answer.State, _pkce.Verifier, provider.RedirectUri), cancellation);
    }
}
