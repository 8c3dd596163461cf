using System.Globalization;
using System.Text;

namespace Proxy.Protocol.Payloads;

/// <summary>One step of a path.</summary>
/// <param name="Name">The step as it is written, escapes removed: a member's name.</param>
/// <param name="Index">The element that it means of an array; null when it is no number.</param>
internal readonly record struct PathStep(string Name, int? Index)
{
    /// <summary><c>-1</c>: behind the last element of an array, or its last element where something is looked for.</summary>
    public bool IsLast => Name == "-1";

    /// <summary><c>#</c>: every element of an array.</summary>
    public bool IsEach { get; init; }
}

/// <summary>
/// A place in a JSON body: <c>reasoning.effort</c>, <c>tools.0.name</c>, <c>stop.-1</c>, <c>tools.#.strict</c>. Steps are parted
/// by dots; a backslash takes the meaning from the character behind it.
/// </summary>
public sealed class PayloadPath
{
    /// <summary>A missing element is filled up to with <c>null</c>s: further than this nobody means to.</summary>
    private const int LargestIndex = 999;

    private const int MostSteps = 32;

    private readonly PathStep[] _steps;

    private PayloadPath(string written, PathStep[] steps)
    {
        Written = written;
        _steps = steps;
    }

    /// <summary>As it is written in the configuration.</summary>
    public string Written { get; }

    internal ReadOnlySpan<PathStep> Steps => _steps;

    /// <summary>Reads a path.</summary>
    /// <param name="written">The text.</param>
    /// <param name="mayMeanEach"><c>#</c> is allowed: where something is removed.</param>
    /// <param name="path">The path; null on a problem.</param>
    /// <returns>What is wrong with it, as the rest of a sentence that begins with the path; null when nothing is.</returns>
    public static string? TryParse(string written, bool mayMeanEach, out PayloadPath? path)
    {
        ArgumentNullException.ThrowIfNull(written);
        path = null;
        var steps = new List<PathStep>();
        var step = new StringBuilder();
        var isPlain = true;
        for (var i = 0; i <= written.Length; i++)
        {
            if (i == written.Length || written[i] == '.')
            {
                if (step.Length == 0)
                {
                    return "has an empty step. Write names parted by single dots, for example reasoning.effort.";
                }

                if (Step(step.ToString(), isPlain) is not { } read)
                {
                    return $"has an index above {LargestIndex}.";
                }

                steps.Add(read);
                step.Clear();
                isPlain = true;
            }
            else if (written[i] == '\\' && i + 1 < written.Length)
            {
                step.Append(written[++i]);
                isPlain = false;
            }
            else if (written[i] is '*' or '?' or '|' or '@' or '\\' || (written[i] == '#' && !(mayMeanEach && IsAlone(written, i))))
            {
                return $"holds '{written[i]}', which has no meaning here. Write a backslash in front of it if it is part of a name.";
            }
            else
            {
                step.Append(written[i]);
            }
        }

        if (steps.Count > MostSteps)
        {
            return $"has more than {MostSteps} steps.";
        }

        if (steps[0].Name is "model" or "stream")
        {
            return $"changes {steps[0].Name}, which the proxy itself decides about. Use an alias (models, oauth-model-alias) for another model.";
        }

        path = new PayloadPath(written, [.. steps]);
        return null;
    }

    /// <inheritdoc />
    public override string ToString() => Written;

    private static bool IsAlone(string written, int at) =>
        at > 0 && written[at - 1] == '.' && (at + 1 == written.Length || written[at + 1] == '.');

    private static PathStep? Step(string name, bool isPlain) =>
        isPlain && name == "#" ? new PathStep(name, null) { IsEach = true }
        : !isPlain || !name.All(char.IsAsciiDigit) ? new PathStep(name, null)
        : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= LargestIndex ? new PathStep(name, index)
        : null;
}
