using System.Text;

namespace Proxy.Protocol.Tests.Streams;

/// <summary>What a model says in one answer, whatever the dialect; a provider's stream is made of it.</summary>
internal sealed class Script
{
    public Script(Dice dice)
    {
        Ending = dice.Of(Ending.Stop, Ending.Stop, Ending.Stop, Ending.Length, Ending.Filter);
        for (var count = dice.Next(dice.Once(10) ? 12 : 5); count > 0; count--)
        {
            Parts.Add(dice.Next(9) switch
            {
                0 or 1 or 2 => new Speech(dice.Words()),
                3 => new Thought([.. Enumerable.Range(0, 1 + dice.Next(3)).Select(_ => dice.Words())], dice.Once(3) ? null : $"sig{dice.Next(1000)}=="),
                4 => new HiddenThought($"hidden{dice.Next(1000)}"),
                5 => new Search($"search{Parts.Count}", dice.Words(), [.. Enumerable.Range(0, dice.Next(3)).Select(i => $"https://example.com/{i}")]),
                6 => new Refusal(dice.Words()),
                _ => new Call($"call_{Parts.Count}", $"tool_{dice.Next(4)}", dice.Arguments()),
            });
        }
    }

    public Script(Ending ending, params IEnumerable<Part> parts)
    {
        Ending = ending;
        Parts.AddRange(parts);
    }

    public List<Part> Parts { get; } = [];

    /// <summary>Why it ended, beside calls.</summary>
    public Ending Ending { get; }

    public IEnumerable<Call> Calls => Parts.OfType<Call>();

    public string Joined<T>(Func<T, string> words)
        where T : Part
    {
        var all = new StringBuilder();
        foreach (var part in Parts.OfType<T>())
        {
            all.Append(words(part));
        }

        return all.ToString();
    }
}

internal enum Ending
{
    Stop,
    Length,
    Filter,
}

internal abstract record Part;

internal sealed record Speech(string Words) : Part;

internal sealed record Refusal(string Words) : Part;

/// <summary>Reasoning; several parts where the dialect has them.</summary>
internal sealed record Thought(IReadOnlyList<string> Parts, string? Signature) : Part;

internal sealed record HiddenThought(string Data) : Part;

internal sealed record Call(string Id, string Name, string Arguments) : Part;

/// <summary>A search of the provider's own.</summary>
internal sealed record Search(string Id, string Query, IReadOnlyList<string> Urls) : Part;
