using System.CommandLine;
using Proxy.Actors.Credentials;
using Proxy.Host.Importing;
using Proxy.Host.Serving;

namespace Proxy.Host.CommandLine;

/// <summary><c>accounts import</c>: shows the logins of Claude Code and Codex, and copies or links them on request.</summary>
internal static class ImportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandContext context)
    {
        var from = new Option<string?>("--from") { Description = "Look at this file instead of the usual places.", HelpName = "FILE" };
        var copy = new Option<bool>("--copy") { Description = "Copy the tokens. Both programs then share one chain of refresh tokens." };
        var link = new Option<bool>("--link") { Description = "Read the token from the other program's file, always, and leave the refreshing to that program." };
        var json = new Option<bool>("--json") { Description = "Print JSON, for scripts." };
        var command = new Command("import", "Find the logins of Claude Code and Codex on this machine; copy or link them on request.") { from, copy, link, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(copy) && result.GetValue(link))
            {
                result.AddError("--copy and --link are two ways to the same account: choose one.");
            }
        });
        command.SetAction((parsed, cancellation) => RunAsync(context, parsed, parsed.GetValue(from), parsed.GetValue(copy), parsed.GetValue(link), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, string? from, bool copies, bool links, bool json, CancellationToken cancellation)
    {
        if (context.Configure(parsed) is not { } configuration)
        {
            return ExitCodes.Configuration;
        }

        var store = new CredentialStore(configuration.AuthDirectory, configuration.StateDirectory, context.Time);
        var finder = new LoginFinder(context.Environment, context.Places.Home);
        IReadOnlyList<FoundLogin> found = from is null ? finder.Find(store) : [LoginFinder.Look(from, store)];
        if (json && !copies && !links)
        {
            await context.Out.WriteLineAsync(ImportPicture.Json(found));
            return found.Any(f => f.Login is not null) ? ExitCodes.Done : ExitCodes.NotFound;
        }

        if (found.Count == 0)
        {
            ImportPicture.WriteNothing(finder.Places(), OperatingSystem.IsMacOS(), context.Error);
            return ExitCodes.NotFound;
        }

        ImportPicture.Write(found, context.Out, context.Time.GetUtcNow());
        if (OperatingSystem.IsMacOS() && from is null && found.All(f => f.Kind != Protocol.Dialects.UpstreamKind.Claude))
        {
            await context.Out.WriteLineAsync(ImportPicture.Keychain);
        }

        if (found.All(f => f.Login is null))
        {
            return ExitCodes.NotFound;
        }

        if (!copies && !links)
        {
            ImportPicture.WriteChoices(context.Out);
            return ExitCodes.Done;
        }

        return await ImportAsync(context, found, new LoginImport(store, context.Time), copies, cancellation);
    }

    private static async Task<int> ImportAsync(CommandContext context, IReadOnlyList<FoundLogin> found, LoginImport import, bool copies, CancellationToken cancellation)
    {
        var code = ExitCodes.Done;
        await context.Out.WriteLineAsync();
        foreach (var login in found.Where(f => f.Login is not null))
        {
            var imported = copies ? await import.CopyAsync(login, cancellation) : await import.LinkAsync(login, cancellation);
            if (imported.Fault is { } fault)
            {
                await context.Error.WriteLineAsync($"{login.Program}: not imported: {fault}.");
                code = ExitCodes.Refused;
                continue;
            }

            await context.Out.WriteLineAsync($"{login.Program}: {(copies ? "copied" : "linked")} as {imported.Path}");
            await context.Out.WriteLineAsync(copies
                ? $"  {ImportPicture.SharedChain} When that happens, log in with {(login.Kind == Protocol.Dialects.UpstreamKind.Claude ? "--claude-login" : "--codex-login")}."
                : $"  {login.Program} goes on refreshing it. When its token has ended: {OtherPrograms.Remedy(login.Kind!.Value)}.");
        }

        return code;
    }
}
