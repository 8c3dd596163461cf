using System.Text.Json;
using System.Text.Json.Nodes;
using Proxy.Actors.Credentials;
using Proxy.Host.Importing;
using Proxy.Host.Terminal;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.CommandLine;

/// <summary>What the person is told about logins of other programs. The whole e-mail shows: it is their terminal.</summary>
internal static class ImportPicture
{
    /// <summary>Beside an offer to copy, and beside each copy.</summary>
    public const string SharedChain = "Both programs then share one chain of refresh tokens, each of which is good once: the first to refresh logs the other out.";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What was found.</summary>
    public static void Write(IReadOnlyList<FoundLogin> found, TextWriter output, DateTimeOffset now)
    {
        foreach (var login in found)
        {
            output.WriteLine($"{login.Program}  {PlainText.Of(login.Path)}");
            if (login.Login is null)
            {
                output.WriteLine($"  no login: {login.Fault}");
                continue;
            }

            output.WriteLine($"  account  {Shown(login.Profile.Email) ?? "not said"}{(Shown(login.Login.Plan) is { } plan ? $", plan {plan}" : string.Empty)}");
            output.WriteLine($"  token    {Token(login.Login, now)}");
            output.WriteLine($"  here     {Here(login)}");
        }
    }

    /// <summary>What can be done about it.</summary>
    public static void WriteChoices(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Nothing was changed. To use one of them:");
        output.WriteLine("  --link   read the token from that program's file, always, and leave the refreshing to that program.");
        output.WriteLine("           It must be opened now and then: when its token has ended, the account waits for it.");
        output.WriteLine("  --copy   copy the tokens into an account file of the proxy's own.");
        output.WriteLine($"           {SharedChain}");
        output.WriteLine("Best is a login of the proxy's own, beside that of the other program: --claude-login or --codex-login.");
    }

    /// <summary>Nothing was found.</summary>
    public static void WriteNothing(IReadOnlyList<(UpstreamKind Kind, string Path)> places, bool isMac, TextWriter output)
    {
        output.WriteLine("No login of Claude Code or Codex was found. Looked at:");
        foreach (var (_, path) in places)
        {
            output.WriteLine($"  {path}");
        }

        if (isMac)
        {
            output.WriteLine(Keychain);
        }

        output.WriteLine("Another place: --from FILE. A login of the proxy's own: --claude-login or --codex-login.");
    }

    /// <summary>On macOS Claude Code uses no file.</summary>
    public const string Keychain = "On macOS Claude Code keeps its login in the Keychain, not in a file: it can't be imported. Use --claude-login.";

    /// <summary>The same for scripts.</summary>
    public static string Json(IReadOnlyList<FoundLogin> found) => new JsonArray([.. found.Select(f => (JsonNode)new JsonObject
    {
        ["program"] = f.Kind is null ? null : f.Program,
        ["path"] = f.Path,
        ["fault"] = f.Fault,
        ["email"] = f.Profile.Email,
        ["plan"] = f.Login?.Plan,
        ["expires"] = f.Login?.Expires,
        ["canBeRefreshed"] = f.Login is null ? null : f.Login.Tokens.Refresh is not null,
        ["standing"] = f.Login is null ? null : JsonNamingPolicy.CamelCase.ConvertName(f.Standing.ToString()),
        ["accountFile"] = f.AccountFile,
    })]).ToJsonString(Indented);

    private static string Token(OtherProgramLogin login, DateTimeOffset now) =>
        (login.Expires is not { } end ? "its end is not said"
            : end <= now ? $"ended {InWords.FromNow(end, now)}: {OtherPrograms.Remedy(login.Kind)}"
            : $"good until {end.UtcDateTime:u} ({InWords.FromNow(end, now)})")
        + (login.Tokens.Refresh is null ? "; without a refresh token" : string.Empty);

    private static string Here(FoundLogin login) => login.Standing switch
    {
        Standing.Linked => $"linked already, by {Shown(login.AccountFile)}",
        Standing.Copied => $"copied already, to {Shown(login.AccountFile)}",
        Standing.OwnLogin => $"{Shown(login.AccountFile)} is the same account, with a login of its own",
        _ => "not imported",
    };

    private static string? Shown(string? text) => text is null ? null : PlainText.Of(text);
}
