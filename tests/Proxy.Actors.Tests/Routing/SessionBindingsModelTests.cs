using FsCheck.Fluent;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;

namespace Proxy.Actors.Tests.Routing;

/// <summary>Any order of uses, against a model that is a plain list.</summary>
public sealed class SessionBindingsModelTests
{
    private const int Max = 4;
    private static readonly TimeSpan Ttl = TimeSpan.FromMinutes(60);

    [Fact]
    public void Bindings_are_those_of_a_plain_list_in_the_order_of_use()
    {
        var step = Gen.Choose(0, 3).SelectMany(what => Gen.Choose(0, 5).SelectMany(session => Gen.Choose(0, 2).SelectMany(account => Gen.Choose(0, 40).Select(minutes => (what, session, account, minutes)))));
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(80), Prop.ForAll(step.ArrayOf().ToArbitrary(), steps =>
        {
            var bindings = new SessionBindings();
            var model = new List<Entry>();
            var now = Given.Start;
            foreach (var (what, number, at, minutes) in steps)
            {
                now += TimeSpan.FromMinutes(minutes * (minutes % 3 == 0 ? 1 : 0.1));
                var (session, account) = ($"s{number}", new AccountId($"claude-{at}"));
                var known = model.Find(e => e.Session == session);
                switch (what)
                {
                    case 0:
                        bindings.Bind(session, "claude", account, now, Max);
                        Use(known ?? new Entry(session), e => (e.HasMoved, e.Served, e.Reserved) = (e.HasMoved || (e.Served is { } s && s != account), account, null));
                        break;
                    case 1:
                        bindings.Reserve(session, "claude", account, now, Max);
                        Use(known ?? new Entry(session), e => e.Reserved = account);
                        break;
                    case 2:
                        bindings.NoteVisit(session, "claude");
                        known?.HasMoved = true;
                        break;
                    default:
                        var found = bindings.Find(session, "claude", now, Ttl);
                        if (known is not null && known.At + Ttl <= now)
                        {
                            model.Remove(known);
                            known = null;
                        }

                        (found?.Account, found?.Served, found?.HasMoved).ShouldBe((known?.Reserved ?? known?.Served, known?.Served, known?.HasMoved));
                        if (known is not null)
                        {
                            Use(known, static _ => { });
                        }

                        break;
                }

                bindings.Count.ShouldBe(model.Count);
            }

            void Use(Entry entry, Action<Entry> change)
            {
                model.Remove(entry);
                change(entry);
                entry.At = now;
                model.Add(entry);
                if (model.Count > Max)
                {
                    model.RemoveAt(0);
                }
            }
        }));
    }

    private sealed class Entry(string session)
    {
        public string Session => session;

        public AccountId? Served { get; set; }

        public AccountId? Reserved { get; set; }

        public DateTimeOffset At { get; set; }

        public bool HasMoved { get; set; }
    }
}
