using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Accounts;
using Proxy.Actors.Credentials;
using Proxy.Actors.Credentials.Logins;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Importing;

/// <summary>What became of an import.</summary>
/// <param name="Path">The auth file that was made; null when none was.</param>
/// <param name="Fault">Why not; null when it was.</param>
internal sealed record Imported(string? Path, string? Fault);

/// <summary>Makes accounts of ours from logins of other programs, whose files it only reads.</summary>
internal sealed class LoginImport(CredentialStore store, TimeProvider time)
{
    private static readonly JsonSerializerOptions AsItIs = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Copies the tokens into an auth file of ours.</summary>
    public async Task<Imported> CopyAsync(FoundLogin found, CancellationToken cancellation)
    {
        if (found.Login is not { } login)
        {
            return new Imported(null, found.Fault);
        }

        if (found.Standing is Standing.OwnLogin or Standing.Copied)
        {
            return new Imported(null, $"{found.AccountFile} {(found.Standing == Standing.Copied ? "is a copy of it already" : "is the same account, with a login of its own, which is better than a copy")}");
        }

        if (found.Standing == Standing.Linked)
        {
            return new Imported(null, $"{found.AccountFile} is linked to it; remove that account first");
        }

        if (login.Tokens.Refresh is null)
        {
            return new Imported(null, "it holds no refresh token, so a copy would end with its access token; link it instead");
        }

        var saved = await new LoginStore(store, time).SaveAsync(
            new NewLogin
            {
                Kind = login.Kind,
                Tokens = new RefreshedTokens { Access = login.Tokens.Access!, Refresh = login.Tokens.Refresh, IdToken = login.IdToken, Expires = login.Expires, ChatGptAccountId = login.ChatGptAccountId },
                Profile = found.Profile,
                Plan = login.Kind == UpstreamKind.Codex ? login.Plan : null,
            },
            cancellation);
        return saved switch
        {
            LoginSaved.Written written => new Imported(written.Path, null),
            LoginSaved.Failed failed => new Imported(null, failed.Reason),
            _ => throw new InvalidOperationException($"no rule for {saved.GetType().Name}"),
        };
    }

    /// <summary>Makes an account that reads its token from the other program's file. No token is copied.</summary>
    public async Task<Imported> LinkAsync(FoundLogin found, CancellationToken cancellation)
    {
        if (found.Login is not { } login)
        {
            return new Imported(null, found.Fault);
        }

        if (found.Standing != Standing.New)
        {
            return new Imported(null, found.Standing == Standing.Linked
                ? $"{found.AccountFile} is linked to it already"
                : $"{found.AccountFile} is the same account, with tokens of its own; remove that account first, or leave it as it is");
        }

        var provider = login.Kind == UpstreamKind.Claude ? "claude" : "codex";
        var name = $"{provider}-link-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(found.Path)).AsSpan(0, 4))}.json";
        try
        {
            store.MakeDirectories();
            using var held = await store.LockAsync(AccountId.For(provider, name).Value, name, LoginStore.LockLimit, cancellation);
            if (held is null)
            {
                return new Imported(null, "another process holds the account's lock");
            }

            var content = new JsonObject { ["type"] = $"{provider}-link", ["link"] = found.Path };
            if (found.Profile.Email is { } email)
            {
                content["email"] = email;
            }

            store.Write(name, Encoding.UTF8.GetBytes(content.ToJsonString(AsItIs) + "\n"));
            return new Imported(Path.Join(store.AuthDirectory, name), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Imported(null, $"the auth directory or the state directory can't be used ({e.GetType().Name})");
        }
    }
}
