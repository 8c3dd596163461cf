using System.Buffers;
using System.Reflection;

namespace Proxy.Testing.Secrets;

/// <summary>
/// The secrets of one test, and those of all: every made-up secret begins with one of the words in <c>markers.txt</c>, so
/// it is found without being registered, whenever it was minted. Thread-safe.
/// </summary>
internal sealed class Canaries
{
    /// <summary>The domain of the sandbox's addresses; its masked form is <c>c…@sandbox.example</c>.</summary>
    private const string MailDomain = "@sandbox.example";

    /// <summary>In characters: a shorter value would be found in innocent text.</summary>
    private const int Shortest = 12;

    /// <summary>A test that says more than this has said enough.</summary>
    private const int Most = 64;

    private static readonly Dictionary<string, string> Markers = ReadMarkers();
    private static readonly SearchValues<string> AllMarkers = SearchValues.Create([.. Markers.Keys], StringComparison.Ordinal);
    private static readonly SearchValues<string> MailDomains = SearchValues.Create([.. EncodedForms.Of(MailDomain)], StringComparison.Ordinal);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Value, CanaryKind Kind)> _forms = new(StringComparer.Ordinal);
    private readonly Dictionary<CanaryKind, SearchValues<string>> _search = [];
    private readonly HashSet<string> _values = new(StringComparer.Ordinal);

    /// <summary>Registers a value that carries no marker. Too short a one is no canary; false then.</summary>
    public bool Add(string value, CanaryKind kind)
    {
        lock (_gate)
        {
            if (value.Length < Shortest || _values.Count >= Most || !_values.Add(value))
            {
                return false;
            }

            foreach (var form in EncodedForms.Of(value))
            {
                _forms.TryAdd(form, (value, kind));
            }

            _search[kind] = SearchValues.Create([.. _forms.Where(f => f.Value.Kind == kind).Select(f => f.Key)], StringComparison.Ordinal);
            return true;
        }
    }

    /// <summary>The first secret in <paramref name="text"/> that must not stand there; null when there is none.</summary>
    public Leak? Find(ReadOnlySpan<char> text, ShownIn where)
    {
        var at = text.IndexOfAny(AllMarkers);
        if (at >= 0)
        {
            return Leak.At(text, at, "a made-up secret", where);
        }

        if (where is ShownIn.Log or ShownIn.Debug or ShownIn.Answer && FindMail(text) is var mail and >= 0)
        {
            return Leak.At(text, mail, "an e-mail address", where);
        }

        lock (_gate)
        {
            foreach (var (kind, values) in _search)
            {
                if (MayStand(kind, where))
                {
                    continue;
                }

                at = text.IndexOfAny(values);
                if (at >= 0)
                {
                    return Leak.At(text, at, $"a registered {kind}", where);
                }
            }
        }

        return null;
    }

    private static bool MayStand(CanaryKind kind, ShownIn where) => kind switch
    {
        CanaryKind.Prompt => where == ShownIn.Answer,
        CanaryKind.Mail => where is ShownIn.Terminal or ShownIn.Exception,
        _ => false,
    };

    /// <summary>An address whose local part is more than one letter and an ellipsis.</summary>
    private static int FindMail(ReadOnlySpan<char> text)
    {
        var from = 0;
        while (text[from..].IndexOfAny(MailDomains) is var found and >= 0)
        {
            var at = from + found;
            var before = text[..at];
            if (!(before.EndsWith("…") || before.EndsWith("\\u2026", StringComparison.OrdinalIgnoreCase) || before.EndsWith("%E2%80%A6", StringComparison.OrdinalIgnoreCase)))
            {
                return at;
            }

            from = at + 1;
        }

        return -1;
    }

    private static Dictionary<string, string> ReadMarkers()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("markers.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith('#'))
            .SelectMany(m => EncodedForms.Of(m).Select(f => (Form: f, Marker: m)))
            .DistinctBy(f => f.Form)
            .ToDictionary(f => f.Form, f => f.Marker, StringComparer.Ordinal);
    }
}
