using System.Buffers;
using Proxy.Protocol.Json;
using Proxy.Protocol.Models;

namespace Proxy.Protocol.Payloads;

/// <summary>
/// The rules of <c>payload</c>, made ready once per configuration: changes of the upstream's body that the owner wants, as
/// edits of its bytes (spec/accounts.md 6.2, 8.22). First all defaults, then the overrides, then the filters; conditions
/// look at the body as it was before any of them. Without rules for its model a request costs one pattern test per rule.
/// </summary>
public sealed class PayloadRules
{
    private readonly PayloadRule[] _rules;

    /// <summary>The rules, in the order in which they are written.</summary>
    public PayloadRules(IReadOnlyList<PayloadRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = [.. rules.OrderBy(r => r.Action)];
    }

    /// <summary>No rules.</summary>
    public static PayloadRules None { get; } = new([]);

    /// <summary>True when there are none: nothing needs to be asked.</summary>
    public bool IsEmpty => _rules.Length == 0;

    /// <summary>The rules in the order in which they are applied.</summary>
    public IReadOnlyList<PayloadRule> Rules => _rules;

    /// <summary>Writes the body with the changes of all rules that fit.</summary>
    /// <returns>False when no rule changes anything; nothing is written then.</returns>
    public bool Apply(in PayloadFacts facts, ReadOnlyMemory<byte> body, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        List<(PayloadAction Action, PayloadChange Change)>? changes = null;
        foreach (var rule in _rules)
        {
            if (Fits(rule, facts, body))
            {
                changes ??= [];
                foreach (var change in rule.Changes)
                {
                    changes.Add((rule.Action, change));
                }
            }
        }

        return changes is not null && Apply(changes, body, output);
    }

    private static bool Fits(PayloadRule rule, in PayloadFacts facts, ReadOnlyMemory<byte> body)
    {
        foreach (var selector in rule.Selectors)
        {
            if ((Glob.Matches(selector.Model, facts.UpstreamModel) || Glob.Matches(selector.Model, facts.RoutedModel))
                && (selector.Protocol is not { } protocol || protocol == facts.Protocol)
                && (selector.FromProtocol is not { } from || from == facts.FromProtocol)
                && HeadersFit(selector, facts.Header)
                && BodyFits(selector, body))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HeadersFit(PayloadSelector selector, Func<string, string?>? header)
    {
        foreach (var (name, pattern) in selector.Headers)
        {
            if (header?.Invoke(name) is not { } value || !Glob.Matches(pattern, value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool BodyFits(PayloadSelector selector, ReadOnlyMemory<byte> body)
    {
        foreach (var expected in selector.Match)
        {
            if (PayloadPlaces.Find(body, expected.Path.Steps) is not { } found || !PayloadPlaces.AreEqual(found, expected.Value))
            {
                return false;
            }
        }

        foreach (var expected in selector.NotMatch)
        {
            if (PayloadPlaces.Find(body, expected.Path.Steps) is { } found && PayloadPlaces.AreEqual(found, expected.Value))
            {
                return false;
            }
        }

        foreach (var path in selector.Exist)
        {
            if (!IsThere(path))
            {
                return false;
            }
        }

        foreach (var path in selector.NotExist)
        {
            if (IsThere(path))
            {
                return false;
            }
        }

        return true;

        bool IsThere(PayloadPath path) => PayloadPlaces.Find(body, path.Steps) is { } found && !found.Span.SequenceEqual("null"u8);
    }

    /// <summary>One pass over the body's top level; the changes of one member are made on that member's bytes alone.</summary>
    private static bool Apply(List<(PayloadAction Action, PayloadChange Change)> changes, ReadOnlyMemory<byte> body, IBufferWriter<byte> output)
    {
        if (PayloadPlaces.Members(body) is not { } members)
        {
            return false;
        }

        var edits = new JsonEdits();
        var appended = new ArrayBufferWriter<byte>();
        var removed = new HashSet<string>(StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, first) in changes)
        {
            var name = first.Path.Steps[0].Name;
            if (done.Add(name))
            {
                Change(name);
            }
        }

        if (edits.Count == 0 && removed.Count == 0 && appended.WrittenCount == 0)
        {
            return false;
        }

        if (removed.Count > 0 || appended.WrittenCount > 0)
        {
            JsonRemoval.Apply(edits, members.ConvertAll(m => m.Whole), PayloadPlaces.Start(body.Span), i => removed.Contains(members[i].Name), appended.WrittenMemory);
        }

        edits.Apply(body.Span, output);
        return true;

        void Change(string name)
        {
            var at = members.FindLastIndex(m => m.Name == name);
            ReadOnlyMemory<byte>? before = at < 0 ? (ReadOnlyMemory<byte>?)null : members[at].Value.In(body);
            var after = before;
            foreach (var (action, change) in changes)
            {
                if (change.Path.Steps[0].Name == name)
                {
                    after = action == PayloadAction.Filter
                        ? PayloadPlaces.Without(after, change.Path.Steps[1..])
                        : PayloadPlaces.With(after, change.Path.Steps[1..], change.Value, onlyIfAbsent: action == PayloadAction.Default);
                }
            }

            if (after is not { } value)
            {
                if (before is not null)
                {
                    removed.Add(name);
                }
            }
            else if (before is null)
            {
                appended.Write(appended.WrittenCount > 0 ? ","u8 : default);
                appended.Write(JsonText.FromString(name).Quoted.Span);
                appended.Write(":"u8);
                appended.Write(value.Span);
            }
            else if (!value.Equals(before.Value))
            {
                edits.Replace(members[at].Value, value);
            }
        }
    }
}
