using System.Text;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>One frame as a provider sends it.</summary>
internal readonly record struct WireFrame(string Name, string Data);

/// <summary>A provider's answer to one request: its stream, and what a client is to make of it.</summary>
internal abstract class Provider
{
    private protected Provider(Dice dice, Script script, bool isSloppy)
    {
        Dice = dice;
        Script = script;
        IsSloppy = isSloppy;
    }

    public List<WireFrame> Frames { get; } = [];

    /// <summary>The words for the user; where the dialect has no refusals, those too.</summary>
    public virtual string Text => Script.Joined<Speech>(speech => speech.Words);

    public virtual string Refusal => string.Empty;

    /// <summary>The reasoning's words, its parts put apart by a blank line.</summary>
    public virtual string Reasoning => Script.Joined<Thought>(thought => string.Join("\n\n", thought.Parts));

    /// <summary>The same answer as a single JSON.</summary>
    public abstract string Single { get; }

    /// <summary>The queries of searches, as far as the dialect tells them.</summary>
    public virtual IReadOnlyList<string> Searches => [];

    public IEnumerable<(string Name, string Input)> Calls => Script.Calls.Select(call => (call.Name, call.Arguments));

    /// <summary>Calls may begin in another order than the provider opened them in.</summary>
    public bool TellsNamesLate => IsSloppy;

    protected Dice Dice { get; }

    protected Script Script { get; }

    /// <summary>Gateways and small servers: members missing, names late, pieces out of place. Never with a client of the same dialect, who gets it as it came.</summary>
    protected bool IsSloppy { get; }

    public static Provider Of(Dialect dialect, Dice dice, bool isSloppy) => Of(dialect, dice, new Script(dice), isSloppy);

    public static Provider Of(Dialect dialect, Dice dice, Script script, bool isSloppy = false) => dialect switch
    {
        Dialect.AnthropicMessages => new AnthropicProvider(dice, script, isSloppy),
        Dialect.OpenAIChat => new ChatProvider(dice, script, isSloppy),
        _ => new ResponsesProvider(dice, script, isSloppy),
    };

    /// <summary>The frames on the wire: any line ending, comments, ids, and data on several lines.</summary>
    public byte[] ToBytes() => ToBytes(Frames, Dice);

    public static byte[] ToBytes(IEnumerable<WireFrame> frames, Dice dice)
    {
        var eol = dice.Of("\n", "\n", "\n", "\r\n", "\r");
        var space = dice.Once(5) ? string.Empty : " ";
        var text = new StringBuilder(dice.Once(20) ? "\uFEFF" : string.Empty);
        foreach (var frame in frames)
        {
            if (dice.Once(20))
            {
                text.Append(dice.Of(": keep-alive", ":", "retry: 10", ": data: [DONE]")).Append(eol).Append(eol);
            }

            if (frame.Name.Length > 0)
            {
                text.Append("event:").Append(space).Append(frame.Name).Append(eol);
            }

            var data = dice.Once(20) ? OnTwoLines(frame.Data, dice) : frame.Data;
            foreach (var line in data.Split('\n'))
            {
                text.Append("data:").Append(space).Append(line).Append(eol);
            }

            text.Append(dice.Once(20) ? "id: 7" + eol : string.Empty).Append(eol);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A line end between two tokens, behind the name of some member at any depth. In a text, the quote would be escaped.</summary>
    private static string OnTwoLines(string json, Dice dice)
    {
        var colons = Enumerable.Range(2, Math.Max(0, json.Length - 2)).Where(i => json[i] == ':' && json[i - 1] == '"' && char.IsAsciiLetterOrDigit(json[i - 2])).ToList();
        return colons.Count == 0 ? json : json.Insert(colons[dice.Next(colons.Count)] + 1, "\n");
    }

    protected void Add(string name, string data) => Frames.Add(new WireFrame(name, data));

    protected string Quote(string text) => Dice.Quote(text);
}
