using NodaTime;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Xunit;

namespace Relais.Unit.Routing.Domain;

/// <summary>Random histories of a contact centre: what must always hold is checked, by other code, after every step.</summary>
public sealed class MatchingHistoryTests
{
    private const int Steps = 300;
    private const int MostInQuiet = 5;
    private static readonly TimeSpan PreferredWait = TimeSpan.FromMinutes(30);
    private static readonly string[] SkillNames = ["billing", "network", "tv", "meter"];
    private static readonly string[] Tags = ["fr", "en", "fr-CA"];
    private static readonly double[] Weights = [1, 1.0 / 3, 0.5];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 15)];

    public static TheoryData<string, int> RulesAndSeeds
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var rule in MatchingRules.Names)
                for (var seed = 1; seed <= 8; seed++) data.Add(rule, seed);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(RulesAndSeeds))]
    public void Invariants_hold_after_every_step(string rule, int seed)
    {
        var engine = NewEngine(rule);
        var believed = new Believed(rule);
        foreach (var input in History(seed, engine))
        {
            believed.Take(engine.Apply(input));
            believed.Check(engine, input.At);
        }
    }

    [Theory]
    [MemberData(nameof(RulesAndSeeds))]
    public void Replay_gives_the_same_changes(string rule, int seed)
    {
        var engine = NewEngine(rule);
        var log = new List<(Input Input, List<string> Changes)>();
        foreach (var input in History(seed, engine)) log.Add((Copy(input), Described(engine.Apply(input))));

        var replayed = NewEngine(rule);
        Assert.All(log, step => Assert.Equal(step.Changes, Described(replayed.Apply(step.Input))));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Restored_engine_has_nothing_left_to_place(int seed)
    {
        var engine = NewEngine("best-skilled");
        var now = World.Start;
        foreach (var input in History(seed, engine))
        {
            engine.Apply(input);
            now = input.At;
        }
        engine.Apply(new Input.TimePassed(now));
        var experts = engine.Experts.Select(e =>
        {
            var copy = new Expert(e.Profile, e.Presence, e.PresenceSince);
            copy.Restore(e.MissesInRow, e.IdleSince);
            return copy;
        }).ToList();

        var restored = NewEngine("best-skilled");
        var reaction = restored.Restore(experts, engine.OpenItems.Select(Copy), engine.LiveOffers, now);

        Assert.Empty(reaction.Changes);
        Assert.Equal(
            engine.Experts.Select(e => (e.Id, e.Load, e.IdleSince, e.MissesInRow)), restored.Experts.Select(e => (e.Id, e.Load, e.IdleSince, e.MissesInRow)));
        Assert.Equal(engine.NextDue(), restored.NextDue());
    }

    private static MatchingEngine NewEngine(string rule)
    {
        var ids = 0;
        return new MatchingEngine(new RoutingPolicy { Rule = MatchingRules.Named(rule)!, PreferredWait = PreferredWait }, _ => World.Id(0xF0, ++ids));
    }

    private static IEnumerable<Input> History(int seed, MatchingEngine engine)
    {
        var random = new Random(seed);
        var now = World.Start;
        var items = 0;
        var closed = new SortedDictionary<Guid, WorkItem>();
        // Every other history is of a quiet centre, where whoever waits does so for somebody and not for want of anybody.
        var quiet = seed % 2 == 0;
        for (var step = 0; step < Steps; step++)
        {
            now = now.AddSeconds(random.Next(quiet ? 40 : 10) == 0 ? random.Next(4000) : random.Next(20));
            var (experts, open, offers) = (engine.Experts.ToList(), engine.OpenItems.ToList(), engine.LiveOffers.ToList());
            var full = experts.Where(e => e.Load > Capacity.None && e.Load + Capacity.Of(Weights[1]) > e.Profile.Capacity).ToList();
            var awaited = experts.Where(e => open.Exists(i => i.State == ItemState.Waiting && i.PreferredExpert == e.Id)).ToList();
            yield return random.Next(quiet ? 22 : 16) switch
            {
                4 or 5 or 6 when quiet && open.Count > MostInQuiet => Resolve(Any(open)),
                0 => new Input.ProfileSet(now, SomeProfile(random, 1 + random.Next(7))),
                1 when experts.Count > 0 => new Input.PresenceSet(now, Any(experts).Id, (Presence)(1 + random.Next(3))),
                2 or 3 when experts.Count > 0 => new Input.PresenceSet(now, Any(experts).Id, Presence.Available),
                4 or 5 or 6 => new Input.Opened(now, SomeItem(random, ++items, now, random.Next(2) == 0 && full.Count > 0 ? Any(full).Id : null)),
                7 or 8 or 16 or 17 when offers.Count > 0 && Any(offers) is var offer => new Input.Accepted(now, offer.Id, offer.ExpertId),
                9 when offers.Count > 0 && Any(offers) is var offer => new Input.Declined(now, offer.Id, offer.ExpertId, "no"),
                10 or 11 when open.Count > 0 => Resolve(Any(open)),
                12 when closed.Count > 0 && Any(closed.Values.ToList()) is var old => new Input.Reopened(
                    now, new WorkItem(old.Request, now.AddHours(1), now) { PreferredExpert = experts.Count > 0 ? Any(experts).Id : null, DeclinedBy = [.. old.DeclinedBy] }),
                13 when open.Count > 0 && experts.Count > 0 && random.Next(4) == 0 => new Input.Assigned(now, Any(open).Id, Any(experts).Id),
                14 when awaited.Count > 0 => new Input.PresenceSet(now, Any(awaited).Id, random.Next(2) == 0 ? Presence.Away : Presence.Offline),
                15 when awaited.Count > 0 => new Input.ProfileSet(now, Unlearned(random, Any(awaited).Profile)),
                18 or 19 when experts.Find(e => e.Presence != Presence.Available) is { } gone => new Input.PresenceSet(now, gone.Id, Presence.Available),
                20 or 21 => new Input.ProfileSet(now, World.Profile(8 + random.Next(4), World.Skills([.. SkillNames.Select(s => (s, 2 + random.Next(4)))]), World.Languages(("fr", 4), ("en", 3)))),
                _ => new Input.TimePassed(now),
            };
        }

        T Any<T>(List<T> list) => list[random.Next(list.Count)];

        Input.Resolved Resolve(WorkItem item)
        {
            closed[item.Id] = item;
            return new Input.Resolved(now, item.Id);
        }
    }

    private static ExpertProfile SomeProfile(Random random, int number)
    {
        var skills = SkillNames.Where(_ => random.Next(3) > 0).Select(s => (s, random.Next(6))).ToArray();
        var languages = new[] { ("fr", 5), ("en", random.Next(4)) }.Where(_ => random.Next(5) > 0).ToArray();
        var schedule = random.Next(3) > 0 ? WorkingSchedule.Always : new WorkingSchedule(
            WorkingSchedule.ZoneOf("Europe/Paris")!,
            [new Shift(Enum.GetValues<IsoDayOfWeek>().ToHashSet(), new LocalTime(random.Next(24), 0), new LocalTime(random.Next(24), 30))]);
        return World.Profile(number, World.Skills(skills), World.Languages(languages), random.Next(4) / 2.0, schedule) with
        {
            Active = random.Next(12) > 0,
            ChannelCeilings = random.Next(3) > 0 ? new Dictionary<string, int>() : new Dictionary<string, int> { ["web_chat"] = 1 },
        };
    }

    private static ExpertProfile Unlearned(Random random, ExpertProfile profile) => random.Next(3) switch
    {
        0 => profile with { Skills = SkillLevels.Empty },
        1 => profile with { Languages = LanguageLevels.Empty },
        _ => profile with { Active = false },
    };

    private static WorkItem SomeItem(Random random, int number, DateTimeOffset now, Guid? preferred) => new(
        new WorkRequest(
            World.Id(2, number), $"T-{number}", "", random.Next(2) == 0 ? "web_chat" : "case", random.Next(4) == 0 ? "" : Tags[random.Next(3)], (Priority)(1 + random.Next(4)),
            Capacity.Of(Weights[random.Next(3)]),
            [.. SkillNames.Where(_ => random.Next(3) == 0).Select((s, i) => new SkillRequirement(s, 1 + random.Next(4), i == 0))], now),
        now.AddMinutes(random.Next(60)), now) { PreferredExpert = preferred };

    private static Input Copy(Input input) => input switch
    {
        Input.Opened opened => opened with { Item = Copy(opened.Item) },
        Input.Reopened reopened => reopened with { Item = Copy(reopened.Item) },
        _ => input,
    };

    private static WorkItem Copy(WorkItem item)
    {
        var copy = new WorkItem(item.Request, item.DueAt, item.WaitingSince)
        {
            PreferredExpert = item.PreferredExpert, DeclinedBy = [.. item.DeclinedBy], MissedBy = new(item.MissedBy), RelaxedSteps = item.RelaxedSteps,
        };
        if (item.State == ItemState.Offered) copy.Offer(item.Holder!.Value);
        if (item.State == ItemState.Assigned) copy.Assign(item.Holder!.Value);
        return copy;
    }

    private static List<string> Described(Reaction reaction) =>
    [
        reaction.Refusal.ToString(),
        .. reaction.Changes.Select(change => change switch
        {
            Change.OfferMade made => $"{made.Offer} {made.Decision.Trigger} {string.Join(' ', made.Decision.Candidates.Select(c => $"{c.ExpertId}={c.Score}"))}",
            Change.OfferSettled settled => settled.ToString(),
            Change.Waits waits => $"{waits.Item.Id} {waits.Decision.Trigger} {string.Join(' ', waits.Decision.Rejections.Select(r => string.Join(',', r.Reasons)))}",
            Change.ItemChanged changed => $"{changed.Item.Id} {changed.Item.State} {changed.Item.Holder} {changed.Item.RelaxedSteps}",
            Change.ProfileChanged changed => $"{changed.Expert.Id} {changed.Expert.Profile.Capacity} {changed.Expert.Profile.Active}",
            Change.ExpertChanged changed => $"{changed.Expert.Id} {changed.Expert.Presence} {changed.Expert.Load} {changed.Expert.MissesInRow} {changed.Expert.IdleSince:O}",
            _ => "?",
        }),
    ];

    /// <summary>What somebody who sees only the changes believes, and what must be true of it.</summary>
    private sealed class Believed(string rule)
    {
        private readonly Dictionary<Guid, Offer> _liveByItem = [];
        private readonly Dictionary<Guid, Guid> _assigned = [];
        private readonly HashSet<(Guid Item, Guid Expert)> _declined = [];
        private readonly HashSet<(Guid Item, Guid Expert)> _missed = [];
        private readonly Dictionary<Guid, string> _channels = [];
        private readonly Dictionary<Guid, DateTimeOffset> _since = [];

        public void Take(Reaction reaction)
        {
            foreach (var change in reaction.Changes)
            {
                switch (change)
                {
                    case Change.OfferMade { Offer: var offer } made:
                        Assert.True(_liveByItem.TryAdd(offer.ItemId, offer), "An item has two live offers.");
                        Assert.DoesNotContain((offer.ItemId, offer.ExpertId), _declined);
                        Assert.Equal(offer.ExpertId, made.Decision.Chosen);
                        Assert.Equal(offer.ExpertId, made.Decision.Candidates[0].ExpertId);
                        break;
                    case Change.OfferSettled { Offer: var offer } settled:
                        Assert.True(_liveByItem.Remove(offer.ItemId, out var live) && live == offer, "An offer that is not live is settled.");
                        if (settled.State == OfferState.Declined) _declined.Add((offer.ItemId, offer.ExpertId));
                        if (settled.State == OfferState.Expired) _missed.Add((offer.ItemId, offer.ExpertId));
                        break;
                    case Change.Waits waits:
                        Assert.Equal((null, 0), (waits.Decision.Chosen, waits.Decision.CandidateCount));
                        break;
                    case Change.ItemChanged { Item: var item }:
                        _channels[item.Id] = item.Request.Channel;
                        if (item.State == ItemState.Assigned) _assigned[item.Id] = item.Holder!.Value;
                        else _assigned.Remove(item.Id);
                        if (item.State == ItemState.Closed) _missed.RemoveWhere(one => one.Item == item.Id);
                        Assert.Equal(_since.TryGetValue(item.Id, out var since) ? since : item.Request.QueuedSince, item.Request.QueuedSince);
                        _since[item.Id] = item.Request.QueuedSince;
                        break;
                }
            }
        }

        public void Check(MatchingEngine engine, DateTimeOffset now)
        {
            Assert.Equal(engine.LiveOffers.OrderBy(o => o.Id), _liveByItem.Values.OrderBy(o => o.Id));
            Assert.Empty(_liveByItem.Keys.Intersect(_assigned.Keys));
            foreach (var expert in engine.Experts)
            {
                var offered = _liveByItem.Values.Where(o => o.ExpertId == expert.Id).Select(o => engine.FindItem(o.ItemId)!).ToList();
                var assigned = _assigned.Where(a => a.Value == expert.Id).Select(a => engine.FindItem(a.Key)!).ToList();
                Assert.Equal(offered.Concat(assigned).Sum(i => i.Request.Weight.Parts), expert.Load.Parts);
                if (offered.Count > 0) Assert.True(expert.Load <= expert.Profile.Capacity, "A live offer is over capacity.");
                if (expert.Presence != Presence.Available) Assert.Empty(offered);
                foreach (var channel in offered.Select(i => i.Request.Channel).Where(expert.Profile.ChannelCeilings.ContainsKey))
                    Assert.True(offered.Concat(assigned).Count(i => i.Request.Channel == channel) <= expert.Profile.ChannelCeilings[channel], "A live offer is over a ceiling.");
            }
            Assert.All(_liveByItem.Values, o => Assert.True(o.ExpiresAt > now, "An expired offer is live."));
            foreach (var item in engine.OpenItems.Where(i => i.State == ItemState.Waiting))
            {
                // Whoever could have it is kept back by the rule, or for who had it before, and it is known until when.
                var waitsFor = WaitsForPreferred(engine, item, now);
                foreach (var expert in engine.Experts.Where(e => MayTake(e, item, now)))
                {
                    Assert.True(waitsFor || MayHold(expert, item, now), $"{item.Id} waits and {expert.Id} is left beside it.");
                    Assert.Equal(waitsFor ? Eligibility.Preferred : Eligibility.Held, Assert.Single(engine.WhyNot(item.Id, expert.Id)!));
                    Assert.True(engine.Explain(item.Id)!.HeldUntil > now, "An item is held, and not until when.");
                }
            }

            Assert.True(engine.NextDue() is null || engine.NextDue() > now);
        }

        // Written anew from the rules, not from the engine.
        private bool MayTake(Expert expert, WorkItem item, DateTimeOffset now)
        {
            var profile = expert.Profile;
            if (!IsThere(expert, now) || _declined.Contains((item.Id, expert.Id)) || !Meets(profile, item, now)) return false;
            if (expert.Load.Parts + item.Request.Weight.Parts > profile.Capacity.Parts) return false;
            var alike = _liveByItem.Values.Where(o => o.ExpertId == expert.Id).Select(o => o.ItemId)
                .Concat(_assigned.Where(a => a.Value == expert.Id).Select(a => a.Key)).Count(id => _channels[id] == item.Request.Channel);
            return !profile.ChannelCeilings.TryGetValue(item.Request.Channel, out var ceiling) || alike < ceiling;
        }

        // For a while, as long as they are there and could have it as soon as they have room; not when they let it pass.
        private bool WaitsForPreferred(MatchingEngine engine, WorkItem item, DateTimeOffset now) =>
            item.PreferredExpert is { } id && engine.FindExpert(id) is { } expert && now < item.WaitingSince + PreferredWait && IsThere(expert, now)
            && Meets(expert.Profile, item, now) && !_declined.Contains((item.Id, id)) && !_missed.Contains((item.Id, id));

        private bool MayHold(Expert expert, WorkItem item, DateTimeOffset now) => rule switch
        {
            "relais" => true,
            "timed" => LevelOf(expert, item) < (now - item.WaitingSince).TotalSeconds switch { < 15 => 4, < 30 => 3, _ => 0 },
            _ => false,
        };

        private static int LevelOf(Expert expert, WorkItem item) => item.Request.Skills.Select(s => expert.Profile.Skills[s.Skill]).DefaultIfEmpty(Level.Master).Min();

        private static bool IsThere(Expert expert, DateTimeOffset now)
        {
            var schedule = expert.Profile.Schedule;
            return expert.Profile.Active && expert.Presence == Presence.Available
                && (schedule.Covers(now) || schedule.LastEnd(now) is not { } end || end <= expert.PresenceSince);
        }

        private static bool Meets(ExpertProfile profile, WorkItem item, DateTimeOffset now)
        {
            if (item.Request.Language != "" && profile.Languages.Where(l => l.Key[..2] == item.Request.Language[..2]).Sum(l => l.Value) < 1) return false;
            var waited = (now - item.WaitingSince).TotalSeconds;
            foreach (var skill in item.Request.Skills)
            {
                var needed = waited >= 180 ? skill.NeverDrop ? 1 : 0
                    : waited >= 60 ? Math.Max(skill.NeverDrop ? 1 : 0, skill.MinimumLevel - 1)
                    : skill.MinimumLevel;
                if (profile.Skills.Where(s => s.Key == skill.Skill).Sum(s => s.Value) < needed) return false;
            }

            return true;
        }
    }
}
