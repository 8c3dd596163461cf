using Proxy.Actors.Credentials;
using Proxy.Actors.Credentials.Logins;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Logins;

/// <summary>The second half of every login: the code becomes tokens, the tokens get a name, both go into a file.</summary>
internal static class LoginCompletion
{
    /// <summary>Completes it.</summary>
    public static async Task<LoginEnd> CompleteAsync(LoginSetting setting, ProviderLogin provider, LoginCode code, CancellationToken cancellation)
    {
        setting.Say("The answer is in. Trading its code for tokens.");
        var exchange = await new CodeExchange(setting.Transport, setting.Time).ExchangeAsync(provider.TokenEndpoint, code, setting.Route, cancellation);
        switch (exchange)
        {
            case ExchangeOutcome.Refused refused:
                return setting.Fail(ExitCodes.LoginRefused, $"{provider.Name} refused the login: {refused.Reason}. Log in again from the start.");
            case ExchangeOutcome.Unreachable unreachable:
                return setting.Fail(ExitCodes.Network, $"{provider.Name} could not be asked for tokens: {unreachable.Reason}. Look at your network and proxy-url, then log in again.");
        }

        var login = ((ExchangeOutcome.Granted)exchange).Login;
        if (provider.Kind == UpstreamKind.Claude && provider.Endpoints.ProfileUrl is { } profileUrl)
        {
            login = await WithProfileAsync(setting, login, profileUrl, cancellation);
        }

        setting.Say(LoginMessages.Who(login));
        if (login.Tokens.Refresh is null)
        {
            setting.Say("There is no refresh token in the answer: this login ends with its first token.");
        }

        return await SaveAsync(setting, provider, login, cancellation);
    }

    private static async Task<NewLogin> WithProfileAsync(LoginSetting setting, NewLogin login, Uri profileUrl, CancellationToken cancellation)
    {
        var look = await new ProfileLookup(setting.Transport, setting.Time).LookAsync(profileUrl, login.Tokens.Access, setting.Route, cancellation);
        if (look.Profile is { } profile)
        {
            return login.With(profile);
        }

        setting.Say($"Whose account this is could not be looked up: {look.Fault}. The login goes on without.");
        return login;
    }

    private static async Task<LoginEnd> SaveAsync(LoginSetting setting, ProviderLogin provider, NewLogin login, CancellationToken cancellation)
    {
        var configuration = setting.Configuration;
        var store = new LoginStore(new CredentialStore(configuration.AuthDirectory, configuration.StateDirectory, setting.Time), setting.Time);
        var saved = await store.SaveAsync(login, cancellation);
        if (saved is not LoginSaved.Written written)
        {
            return setting.Fail(ExitCodes.Failed, $"The login worked, but could not be kept: {(saved as LoginSaved.Failed)?.Reason}. Mend that, and log in again.");
        }

        setting.Say(LoginMessages.Saved(written));
        foreach (var warning in PrivateDirectories.Warnings(configuration))
        {
            setting.Say(warning);
        }

        return new LoginEnd(ExitCodes.Done, CallbackPage.Done(provider.Name));
    }
}
