using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Xunit;

namespace Relais.Unit.Routing.Domain.Matching;

/// <summary>What the indexes answer is what looking at everybody and everything answers.</summary>
public sealed class ExactnessTests
{
    private static readonly string[] SkillNames = ["billing", "network", "tv"];
    private static readonly double[] Weights = [1, 1.0 / 3, 0.5];
    private static readonly string[] Channels = ["voice", "chat", "case"];

    // 900 free experts of three skills leave more candidates than are looked at one by one, 40 fewer.
    public static TheoryData<string, int, int> Worlds
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (var rule in MatchingRules.Names)
                foreach (var experts in new[] { 40, 900 })
                    for (var seed = 1; seed <= 3; seed++) data.Add(rule, experts, seed);
            return data;
        }
    }

    public static TheoryData<string> Rules => [.. MatchingRules.Names];

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Item_that_comes_gets_the_expert_that_looking_at_everybody_finds(string name, int experts, int seed)
    {
        var random = new Random(seed);
        var rule = MatchingRules.Named(name)!;
        var (engine, order) = Staffed(random, rule, experts);
        for (var number = 1; number <= 120; number++)
        {
            var now = World.Start.AddSeconds(number);
            var item = SomeItem(random, number, now);
            var expected = BestExpert(engine, order, rule, item);

            engine.Apply(new Input.Opened(now, item));

            Assert.Equal(expected, item.Holder);
            if (expected is { } chosen && rule.TieBreak == TieBreak.LeastRecentlyAssigned) order[chosen] = order.Count + number;
            if (expected is null) engine.Apply(new Input.Resolved(now, item.Id));
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Expert_who_comes_gets_the_item_that_looking_at_all_that_waits_finds(string name, int waiting, int seed)
    {
        var random = new Random(seed);
        var rule = MatchingRules.Named(name)!;
        var engine = Engine(rule);
        var items = new List<WorkItem>();
        for (var number = 1; number <= waiting; number++)
        {
            var now = World.Start.AddSeconds(number);
            items.Add(SomeItem(random, number, now));
            engine.Apply(new Input.Opened(now, items[^1]));
        }

        var at = World.Start.AddSeconds(waiting);
        for (var number = 1; number <= 60; number++)
        {
            at = at.AddSeconds(1);
            var profile = SomeProfile(random, number);
            engine.Apply(new Input.ProfileSet(at, profile));
            var outlook = engine.WhatIf(profile);
            var before = items.Where(item => item.State == ItemState.Waiting).ToList();

            var reaction = engine.Apply(new Input.PresenceSet(at, profile.Id, Presence.Available));

            var taken = reaction.Changes.OfType<Change.OfferMade>().Select(made => made.Item).ToList();
            Assert.Equal(outlook.Takes.Take(taken.Count), taken.Select(item => item.Id));
            Assert.Equal(outlook.Takes.Count, taken.Count);
            if (rule.DependsOnSupply || taken.Count == 0) continue;
            Assert.Equal(BestItem(before, rule, profile, at)!.Id, taken[0].Id);
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Item_that_wants_skills_gets_whom_looking_at_everybody_finds(string name, int experts, int seed)
    {
        var random = new Random(seed);
        var rule = MatchingRules.Named(name)!;
        WantedSkill[] wanted = [new("tv", 3), new("network", 1), new("unheard of", 10)];
        var (engine, order) = Staffed(random, rule, experts, wanted);
        for (var number = 1; number <= 120; number++)
        {
            var now = World.Start.AddSeconds(number);
            var item = SomeItem(random, number, now);
            var expected = BestExpert(engine, order, rule, item, wanted);

            engine.Apply(new Input.Opened(now, item));

            Assert.Equal(expected, item.Holder);
            if (expected is { } chosen && rule.TieBreak == TieBreak.LeastRecentlyAssigned) order[chosen] = order.Count + number;
            if (expected is null) engine.Apply(new Input.Resolved(now, item.Id));
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Decision_that_an_item_waits_accounts_for_everybody(string name)
    {
        const int experts = 280;
        var random = new Random(7);
        var (engine, _) = Staffed(random, MatchingRules.Named(name)!, experts);
        var open = new List<Guid>();
        var waited = 0;
        for (var number = 1; number <= 800; number++)
        {
            var now = World.Start.AddSeconds(number);
            Stir(now);
            var item = SomeItem(random, number, now);
            item.DeclinedBy.UnionWith(Enumerable.Range(0, random.Next(3)).Select(_ => Somebody()));
            open.Add(item.Id);

            var reaction = engine.Apply(new Input.Opened(now, item));

            if (reaction.Changes.OfType<Change.Waits>().SingleOrDefault(waits => waits.Item == item) is not { Decision: var decision }) continue;
            waited++;
            var against = engine.Experts.Where(expert => expert.Profile.Active).ToDictionary(expert => expert.Id, expert => engine.WhyNot(item.Id, expert.Id)!);
            Assert.All(against.Values, Assert.NotEmpty);
            Assert.Equal(against.Values.CountBy(reasons => reasons[0]).OrderBy(pair => pair.Key), decision.RejectionCounts.OrderBy(pair => pair.Key));
            Assert.Equal(0, decision.CandidateCount);
            Assert.Equal(2, decision.Rejections.Select(rejection => rejection.ExpertId).Distinct().Count());
            Assert.All(decision.Rejections, rejection => Assert.Equal(against[rejection.ExpertId], rejection.Reasons));
        }

        Assert.True(waited > 20, $"Only {waited} items waited.");

        Guid Somebody() => World.Id(1, 1 + random.Next(experts));

        void Stir(DateTimeOffset now)
        {
            engine.Apply(new Input.PresenceSet(now, Somebody(), Presence.Away));
            engine.Apply(new Input.PresenceSet(now, Somebody(), Presence.Available));
            engine.Apply(new Input.ProfileSet(now, SomeProfile(random, 1 + random.Next(experts))));
            if (open.Count == 0 || random.Next(3) > 0) return;
            var ended = random.Next(open.Count);
            engine.Apply(new Input.Resolved(now, open[ended]));
            open.RemoveAt(ended);
        }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(900)]
    public void Equal_preference_is_decided_by_language_then_by_all_skills_then_by_the_longest_idle(int others)
    {
        var engine = Engine(new RelaisRule());
        var skills = new SkillRequirement[] { new("billing", 1, true), new("network", 1, true) };
        for (var number = 1; number <= others; number++) Come(number, 3, 3, 4);
        var best = Come(others + 1, 5, 3, 5);
        Come(others + 2, 5, 3, 5);
        var item = Item(1, World.Start, 1, "voice", skills);

        engine.Apply(new Input.Opened(World.Start, item));

        Assert.Equal(best, item.Holder);

        Guid Come(int number, int first, int second, int language)
        {
            var profile = World.Profile(number, World.Skills(("billing", first), ("network", second)), World.Languages(("fr", language)));
            engine.Apply(new Input.ProfileSet(World.Start, profile));
            engine.Apply(new Input.PresenceSet(World.Start, profile.Id, Presence.Available));
            return profile.Id;
        }
    }

    private static Guid? BestExpert(
        MatchingEngine engine, Dictionary<Guid, long> order, MatchingRule rule, WorkItem item, IReadOnlyList<WantedSkill>? wanted = null)
    {
        var counts = new int[Level.Master + 1];
        foreach (var level in engine.Experts.Select(expert => LevelFor(expert.Profile, item)).Where(level => level >= 0))
            for (var below = 0; below <= level; below++) counts[below]++;
        var work = WorkOf(item);
        var phase = rule.Phases(work, new Supply(counts, counts))[0];
        return engine.Experts
            .Where(expert => expert.HasRoomFor(item.Request.Weight, item.Request.Channel) && LevelFor(expert.Profile, item) >= phase.MinimumLevel && LevelFor(expert.Profile, item) >= 0)
            .Select(expert => (expert.Id, expert.Profile, Preference: rule.Preference(work, phase.Stage, LevelFor(expert.Profile, item), StandingOf(rule, expert))))
            .Where(one => !double.IsNegativeInfinity(one.Preference))
            .OrderByDescending(one => one.Preference)
            .ThenByDescending(one => (wanted ?? []).Sum(skill => skill.Weight * one.Profile.Skills[skill.Skill]))
            .ThenByDescending(one => rule.ComparesAllSkills ? one.Profile.Languages[item.Request.Language] : 0)
            .ThenByDescending(one => rule.ComparesAllSkills ? item.Request.Skills.Sum(skill => one.Profile.Skills[skill.Skill]) : 0)
            .ThenBy(one => order[one.Id]).Select(one => (Guid?)one.Id).FirstOrDefault();
    }

    private static WorkItem? BestItem(List<WorkItem> waiting, MatchingRule rule, ExpertProfile profile, DateTimeOffset now) => waiting
        .Where(item => LevelFor(profile, item) >= Math.Max(0, rule.Phases(WorkOf(item), Supply.Unknown).Last(phase => phase.From <= now - item.WaitingSince).MinimumLevel)
            && item.Request.Weight <= profile.Capacity)
        .OrderByDescending(item => rule.Urgency(
            WorkOf(item), 0, LevelFor(profile, item), rule.Standing(new ExpertState(Capacity.None, profile.Capacity, 0)), (now - item.Request.QueuedSince).TotalSeconds))
        .ThenBy(item => item.Request.QueuedSince).ThenBy(item => item.Id).FirstOrDefault();

    private static int StandingOf(MatchingRule rule, Expert expert) => rule.Standing(new ExpertState(expert.Load, expert.Profile.Capacity, expert.HeldCount));

    private static int LevelFor(ExpertProfile profile, WorkItem item)
    {
        if (profile.Languages[item.Request.Language] < 1 || item.Request.Skills.Any(skill => profile.Skills[skill.Skill] < skill.MinimumLevel)) return -1;
        return item.Request.Skills.Select(skill => profile.Skills[skill.Skill]).DefaultIfEmpty(Level.Master).Min();
    }

    private static WorkClass WorkOf(WorkItem item) => new(
        item.Request.Skills, item.Request.Language, item.Request.Channel, item.Request.Weight, item.Request.Tier, item.Request.Priority, item.DueAt - item.WaitingSince);

    private static (MatchingEngine Engine, Dictionary<Guid, long> Order) Staffed(
        Random random, MatchingRule rule, int experts, IReadOnlyList<WantedSkill>? wanted = null)
    {
        var engine = Engine(rule, wanted);
        var order = new Dictionary<Guid, long>();
        foreach (var number in Enumerable.Range(1, experts)) engine.Apply(new Input.ProfileSet(World.Start, SomeProfile(random, number)));
        var coming = Enumerable.Range(1, experts).OrderBy(_ => random.Next()).ToList();
        foreach (var number in coming) engine.Apply(new Input.PresenceSet(World.Start, World.Id(1, number), Presence.Available));
        var first = rule.TieBreak == TieBreak.LongestIdle ? coming : Enumerable.Range(1, experts);
        foreach (var number in first) order.Add(World.Id(1, number), order.Count);
        return (engine, order);
    }

    private static MatchingEngine Engine(MatchingRule rule, IReadOnlyList<WantedSkill>? wanted = null)
    {
        var ids = 0;
        return new MatchingEngine(
            new RoutingPolicy { Rule = rule, Relaxation = RelaxationPlan.None, AcceptsAtOnce = true, RecordedExperts = 2, Wanted = wanted ?? [] },
            _ => World.Id(0xF0, ++ids));
    }

    private static ExpertProfile SomeProfile(Random random, int number) => World.Profile(
        number, World.Skills([.. SkillNames.Where(_ => random.Next(4) > 0).Select(skill => (skill, random.Next(6)))]),
        World.Languages([.. new[] { ("fr", 1 + random.Next(5)), ("en", random.Next(4)) }.Where(_ => random.Next(5) > 0)]), random.Next(1, 4) / 2.0);

    private static WorkItem SomeItem(Random random, int number, DateTimeOffset now)
    {
        var channel = random.Next(3);
        var skills = SkillNames.Where(_ => random.Next(2) == 0).Select(skill => new SkillRequirement(skill, 1 + random.Next(4), true)).ToArray();
        var item = Item(number, now, Weights[channel], Channels[channel], skills, random.Next(4) == 0 ? "en" : "fr");
        return new WorkItem(
            item.Request with { Tier = (CustomerTier)(1 + random.Next(3)), Priority = (Priority)(1 + random.Next(4)) }, now.AddSeconds(20 << random.Next(8)), now);
    }

    private static WorkItem Item(int number, DateTimeOffset now, double weight, string channel, SkillRequirement[] skills, string language = "fr") => new(
        new WorkRequest(World.Id(2, number), $"T-{number}", "", channel, language, Priority.Normal, Capacity.Of(weight), skills, now), now.AddHours(1), now);
}
