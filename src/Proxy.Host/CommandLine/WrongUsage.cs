using System.CommandLine;
using System.CommandLine.Invocation;

namespace Proxy.Host.CommandLine;

/// <summary>What a person is told who wrote a command wrongly: what is wrong, and where help is, instead of the whole help.</summary>
internal static class WrongUsage
{
    /// <summary>A word this short resembles every option.</summary>
    private const int ShortestTypo = 4;

    /// <summary>Sees that mistakes are told in this way.</summary>
    public static void Shape(ParseResult parsed)
    {
        if (parsed.Action is ParseErrorAction mistake)
        {
            mistake.ShowHelp = false;
            mistake.ShowTypoCorrections = parsed.UnmatchedTokens.Any(t => t.Length >= ShortestTypo);
        }
    }

    /// <summary>Tells, for a command whose own action would run instead.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(ParseResult parsed)
    {
        var mistake = new ParseErrorAction { ShowHelp = false, ShowTypoCorrections = true };
        return mistake.Invoke(parsed);
    }

    /// <summary>Where help is.</summary>
    public static string Hint(ParseResult parsed)
    {
        var names = new List<string>();
        for (var at = parsed.CommandResult; at.Parent is System.CommandLine.Parsing.CommandResult above; at = above)
        {
            names.Insert(0, at.Command.Name);
        }

        return $"Help: {string.Join(' ', [.. names, "--help"])}";
    }
}
