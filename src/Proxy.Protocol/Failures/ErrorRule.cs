using System.Text.RegularExpressions;

namespace Proxy.Protocol.Failures;

/// <summary>What an <see cref="ErrorRule"/> wants to be done.</summary>
public enum FailureRuling
{
    /// <summary>The request is at fault: the client gets the error, the account is not touched.</summary>
    Stop,

    /// <summary>The client gets the error, and the account cools down.</summary>
    StopAndCooldown,

    /// <summary>Another account is tried, this one is not touched.</summary>
    Continue,

    /// <summary>Another account is tried, this one cools down.</summary>
    ContinueAndCooldown,
}

/// <summary>
/// A rule of the owner about errors of one credential (<c>request-scoped-errors</c>, spec/accounts.md 8.21). It fits an
/// answer that has its status, if it names one, and any of its texts or patterns, if it has some.
/// </summary>
public sealed class ErrorRule
{
    /// <summary>A pattern gets this long per answer. It can't run away (no backtracking), so this is for a slow machine only.</summary>
    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(2);

    private ErrorRule(int? status, IReadOnlyList<string> texts, IReadOnlyList<Regex> patterns, FailureRuling ruling) =>
        (Status, Texts, Patterns, Ruling) = (status, texts, patterns, ruling);

    /// <summary>The HTTP status; null for any.</summary>
    public int? Status { get; }

    /// <summary>Texts that the answer may hold, in any case of letters.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>Patterns that the answer may hold.</summary>
    public IReadOnlyList<Regex> Patterns { get; }

    /// <summary>What is to be done.</summary>
    public FailureRuling Ruling { get; }

    /// <summary>Makes a rule.</summary>
    /// <param name="status">400 to 599; null for any.</param>
    /// <param name="texts">Texts.</param>
    /// <param name="patterns">Regular expressions without look-around and back-references (as in RE2).</param>
    /// <param name="action"><c>stop</c>, <c>stop-and-cooldown</c>, <c>continue</c> or <c>continue-and-cooldown</c>.</param>
    /// <param name="mistake">What is wrong with it, with the fix; null when a rule is returned.</param>
    public static ErrorRule? Create(int? status, IReadOnlyList<string> texts, IReadOnlyList<string> patterns, string? action, out string? mistake)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(patterns);
        FailureRuling? ruling = action?.Trim().ToLowerInvariant() switch
        {
            "stop" => FailureRuling.Stop,
            "stop-and-cooldown" => FailureRuling.StopAndCooldown,
            "continue" => FailureRuling.Continue,
            "continue-and-cooldown" => FailureRuling.ContinueAndCooldown,
            _ => null,
        };
        mistake = ruling is null ? "has no action that is known. Write action: stop, stop-and-cooldown, continue or continue-and-cooldown."
            : status is < 400 or > 599 ? $"has the status {status}, which is no error. Write one from 400 to 599, or leave it out."
            : texts.Any(string.IsNullOrWhiteSpace) ? "has an empty match, which would fit everything. Write a text, or leave it out."
            : status is null && texts.Count == 0 && patterns.Count == 0 ? "would fit every error. Write status, match or match-regexr."
            : null;
        if (mistake is not null)
        {
            return null;
        }

        var compiled = new List<Regex>();
        foreach (var pattern in patterns)
        {
            try
            {
                compiled.Add(new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, PatternLimit));
            }
            catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
            {
                mistake = $"has the match-regexr \"{pattern}\", which is no regular expression that can be used here (look-around and back-references can't). Write another one.";
                return null;
            }
        }

        return new ErrorRule(status, texts, compiled, ruling!.Value);
    }

    /// <summary>True when it fits an answer. A pattern that runs out of time does not fit.</summary>
    /// <param name="status">The answer's status; null when it had none.</param>
    /// <param name="body">The answer's text.</param>
    public bool Fits(int? status, string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (Status is { } wanted && wanted != status)
        {
            return false;
        }

        if (Texts.Count == 0 && Patterns.Count == 0)
        {
            return true;
        }

        foreach (var text in Texts)
        {
            if (body.Contains(text, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var pattern in Patterns)
        {
            try
            {
                if (pattern.IsMatch(body))
                {
                    return true;
                }
            }
            catch (RegexMatchTimeoutException)
            {
                // Judged without it: the class of the failure says what to do.
            }
        }

        return false;
    }

    /// <summary>The ruling of the first rule that fits; null when none does.</summary>
    public static FailureRuling? Find(IReadOnlyList<ErrorRule> rules, int? status, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (rules.Count == 0)
        {
            return null;
        }

        var text = System.Text.Encoding.UTF8.GetString(body.Span);
        foreach (var rule in rules)
        {
            if (rule.Fits(status, text))
            {
                return rule.Ruling;
            }
        }

        return null;
    }
}
