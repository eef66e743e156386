using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// Waiting items by what they ask for: of all that ask alike, are of one kind and in one phase, only the oldest is looked
/// at when an expert becomes free. Requirements are found by a skill and a language that the expert has.
/// </summary>
internal sealed class WaitingIndex(RoutingPolicy policy, ExpertIndex experts, ExpertSearch search)
{
    private const int NoSkill = Head.NoSkill;
    private const int NoLanguage = -1;

    // Long enough to spare most of the rule's powers, short enough to pass most heads over.
    private static readonly TimeSpan BoundFor = TimeSpan.FromSeconds(4);

    // A bound holds longer where it is hardly more than what it bounds: when the pressure has stopped rising, as a rule.
    private static readonly TimeSpan[] BoundBeyond = [TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.Zero];
    private const double Hardly = 1.05;

    // The share of the greatest bound from which heads are looked at first.
    private const double FirstLook = .7;

    private readonly MatchingRule _rule = policy.Rule;
    private readonly RuleTables _tables = new(policy.Rule);
    private readonly Dictionary<int[], Requirement> _requirements = new(new KeyComparer());
    private readonly Dictionary<(int Skill, int Language, int Minimum), Anchor> _anchors = [];
    private readonly Dictionary<Guid, List<OpenItem>> _preferring = [];

    // The least levels in a language that the groups ask for: one, as a rule.
    private readonly int[] _languageMinimums =
        [.. policy.Groups.Values.Append(policy).Select(group => group.MinimumLanguageLevel).Where(level => level > Level.None).Distinct().Order()];

    private byte[] _levels = [];
    private bool[] _fits = [];

    public int Count { get; private set; }

    /// <summary>The buckets with something in them.</summary>
    public IEnumerable<Bucket> Buckets =>
        from anchor in _anchors.Values from lane in anchor.Lanes.ToArray() where lane is not null from bucket in lane.Buckets select bucket;

    /// <summary>The waiting items that should go to an expert.</summary>
    public IReadOnlyList<OpenItem> Preferring(Guid expert) => _preferring.GetValueOrDefault(expert) ?? [];

    /// <summary>The queue where an item waits when some relaxation steps have been taken.</summary>
    public WorkQueue QueueOf(WorkItem item)
    {
        var requirement = RequirementOf(item);
        var (request, target, left) = (item.Request, Grain.Of(item.Promise), Grain.Of(item.DueAt - item.WaitingSince));
        var kind = new WorkKind(target, left, request.ServiceTarget, request.Tier, request.Priority);
        foreach (ref readonly var known in CollectionsMarshal.AsSpan(requirement.Queues))
            if (known.Kind == kind) return UpToDate(known.Queue);

        var queue = new WorkQueue
        {
            Requirement = requirement,
            Work = new WorkClass(request.Skills, request.Language, request.Channel, request.Weight, request.Tier, request.Priority, target)
            {
                Left = left, Service = request.ServiceTarget,
            },
        };
        requirement.Queues.Add((kind, queue));
        return UpToDate(queue);
    }

    public void Add(OpenItem item, DateTimeOffset now)
    {
        var queue = QueueOf(item);
        var bucket = queue.Buckets[queue.PhaseAfter(now - item.Item.WaitingSince)];
        bucket.Add(item);
        Count++;
        if (item.Item.PreferredExpert is { } preferred) (CollectionsMarshal.GetValueRefOrAddDefault(_preferring, preferred, out _) ??= []).Add(item);
        var heads = AnchorOf(queue.Requirement);
        ref var head = ref heads.HeadOf(bucket);
        heads.Refresh(bucket);
        if (head.Oldest < item.Since) return;
        head.BoundUntil = 0;
        if (heads.Anchor.BoundUntil < now.UtcTicks) return;
        Bind(ref head, heads.Anchor.BoundUntil, now.UtcTicks);
        heads.Raise(bucket.IndexInAnchor);
    }

    public void Remove(OpenItem item)
    {
        if (item.Bucket is not { } bucket) return;
        bucket.Remove(item);
        Count--;
        if (item.Item.PreferredExpert is { } preferred && _preferring[preferred] is var same && same.Remove(item) && same.Count == 0) _preferring.Remove(preferred);
        var heads = bucket.Queue.Requirement.Heads!;
        // The next in a bucket is younger: the bounds hold for it too.
        if (bucket.IsEmpty) heads.Remove(bucket);
        else heads.Refresh(bucket);
    }

    /// <summary>
    /// The item that an expert should have: the most urgent by the rule, then the oldest. Items that they let expire come
    /// after all others.
    /// </summary>
    public (OpenItem Item, Rank Rank)? Best(ExpertEntry entry, DateTimeOffset now)
    {
        if (!entry.IsThere || Count == 0 || !Prepare(entry)) return null;
        var best = new Choice(entry, now);
        foreach (var (anchor, level) in entry.Anchors ??= AnchorsOf(entry))
        {
            if (anchor.BoundUntil < now.UtcTicks) Bind(anchor, now.UtcTicks);
            var most = anchor.MostUpTo(level);
            for (var lane = 0; lane < most.Length; lane++)
                if (_fits[lane] && most[lane] >= best.Bar && anchor.Lanes[lane] is { Count: > 0 } heads) Look(heads, level, most[lane], ref best);
        }

        foreach (var (skill, _) in entry.Skills) _levels[skill] = 0;
        return best.Item is { } item ? (item, best.Rank) : null;
    }

    /// <summary>Where an expert's items may wait, what they master best first, so that the rest is soon passed over.</summary>
    private (Anchor Anchor, int Level)[] AnchorsOf(ExpertEntry entry)
    {
        // A membership tells nothing of the level for the items that ask for it.
        (int Skill, int Level)[] skills =
        [
            (NoSkill, Level.Master),
            .. entry.Skills.Select(skill => (skill.Skill, Level: experts.Skill(skill.Skill).IsMembership ? Level.Master : skill.Level)).OrderByDescending(skill => skill.Level),
        ];
        (int Number, int Minimum)[] languages =
        [
            (NoLanguage, Level.None),
            .. entry.Languages.SelectMany(language => _languageMinimums.Where(minimum => language.Level >= minimum).Select(minimum => (language.Language, minimum))),
        ];
        return [.. skills.SelectMany(skill => languages.Select(language => (AnchorOf(skill.Skill, language.Number, language.Minimum), skill.Level)))];
    }

    private void Look(AnchorLane heads, int highest, double most, ref Choice best)
    {
        // Who finds one of the best at once passes nearly all others over.
        if (best.IsEmpty) LookFrom(heads, highest, FirstLook * most, ref best);
        LookFrom(heads, highest, 0, ref best);
    }

    /// <summary>Looks at the heads whose bounds reach an urgency.</summary>
    private void LookFrom(AnchorLane heads, int highest, double least, ref Choice best)
    {
        var (standing, now) = (best.Entry.Standing, best.Now.UtcTicks);
        for (var at = 0; (at = heads.Next(at, highest, Math.Max(least, best.Bar), best.Since)) >= 0; at++)
        {
            ref var head = ref heads.Heads[at];
            var level = head.LevelOf(_levels);
            if (level < 0) continue;
            if (head.HasSingular) LookAtSingular(head.Bucket, level, ref best);
            if (level < head.MinimumLevel || head.Since == long.MaxValue) continue;
            var worth = head.Table.Worths[RuleTable.At(level, standing)];
            var most = worth * head.Bound;
            if (worth == RuleTable.Excluded || most < best.Bar || (most == best.Bar && head.Since > best.Since)) continue;
            var urgency = worth * PressureOf(head, head.Since, now);
            if (urgency < best.Bar || (urgency == best.Bar && head.Since > best.Since)) continue;
            best.Consider(head.Bucket, head.Since, urgency);
        }
    }

    private static void Bind(Anchor anchor, long now)
    {
        var until = now + BoundFor.Ticks;
        foreach (var lane in anchor.Lanes)
        {
            if (lane is null) continue;
            foreach (ref var head in lane.Heads)
                if (head.BoundUntil < until) Bind(ref head, until, now);
        }

        anchor.Bind(until);
    }

    // The pressure a moment from now is at least the pressure until then.
    private static void Bind(ref Head head, long until, long now)
    {
        var most = Hardly * PressureOf(head, head.Oldest, now);
        foreach (var beyond in BoundBeyond)
        {
            head.BoundUntil = until + beyond.Ticks;
            head.Bound = PressureOf(head, head.Oldest, head.BoundUntil);
            if (head.Bound <= most) return;
        }
    }

    /// <summary>The pressure of an item of an age at a moment.</summary>
    private static double PressureOf(in Head head, long since, long moment) => PressureOf(head.Table, since, moment);

    private static double PressureOf(RuleTable table, long since, long moment) =>
        table.Pressure.After(Math.Max(0, TimeSpan.FromTicks(moment - since).TotalSeconds));

    private void LookAtSingular(Bucket bucket, int level, ref Choice best)
    {
        var (expert, standing) = (best.Entry.Expert.Id, best.Entry.Standing);
        // The younger are less urgent, unless the expert would not be chosen for them but for being who should have them.
        var falls = bucket.Table.Worths[RuleTable.At(level, standing)] != RuleTable.Excluded;
        foreach (var (_, item) in bucket.Singular.Entries)
        {
            var urgency = UrgencyOf(item, bucket, level, standing, best.Now);
            if (falls && urgency < best.Bar) return;
            if (!Accepts(item, bucket, best.Entry, level, best.Now)) continue;
            var misses = item.Item.IsRefused ? item.Item.MissedBy.GetValueOrDefault(expert) : 0;
            best.Consider(item, new Rank(misses, urgency));
            if (falls && misses == 0) return;
        }
    }

    /// <summary>The expert who should have a waiting item, as <see cref="MatchingRule.Preference"/> has it; null when it waits on.</summary>
    public ExpertEntry? Best(OpenItem item, DateTimeOffset now) => Best(item.Item, item.Bucket!, now);

    /// <inheritdoc cref="Best(OpenItem, DateTimeOffset)"/>
    public ExpertEntry? Best(WorkItem item, Bucket bucket, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        if (requirement.Lane.FreeCount == 0) return null;
        if (PreferredOf(item, requirement) is { } preferred) return preferred;
        if (WaitsForPreferred(item, now)) return null;
        var count = search.Find(requirement, bucket.Phase.MinimumLevel);
        if (count == 0) return null;
        List<ExpertEntry>? missed = null;
        if (item.IsRefused)
        {
            foreach (var declined in item.DeclinedBy) count -= Leave(declined);
            foreach (var expert in item.MissedBy.Keys)
                if (Leave(expert) == 1) (missed ??= []).Add(experts.Find(expert)!);
            count -= missed?.Count ?? 0;
        }

        var position = search.Best(requirement, bucket.Table, count);
        if (position >= 0) return experts.At(position);
        return missed?.Where(entry => RankOf(entry) < RuleTable.Never)
            .OrderBy(entry => item.MissedBy[entry.Expert.Id]).ThenBy(RankOf).ThenByDescending(entry => requirement.WantedOf(entry.Position))
            .ThenBy(entry => experts.OrderAt(entry.Position)).FirstOrDefault();

        int Leave(Guid expert) => experts.Find(expert) is { } entry && search.Except(entry.Position) ? 1 : 0;

        int RankOf(ExpertEntry entry) => bucket.Table.Rank(requirement.LevelOf(entry.Position), entry.Standing);
    }

    /// <summary>The best experts for an item, at most a number of them, the best first.</summary>
    public List<ExpertEntry> Best(OpenItem item, DateTimeOffset now, int most)
    {
        var best = new List<ExpertEntry>();
        if (item.IsSingular)
        {
            if (Best(item, now) is { } only) best.Add(only);
            return best;
        }

        var (requirement, bucket) = (item.Bucket!.Queue.Requirement, item.Bucket);
        for (var count = search.Find(requirement, bucket.Phase.MinimumLevel); count > 0 && best.Count < most; count--)
        {
            var position = search.Best(requirement, bucket.Table, count);
            if (position < 0) break;
            best.Add(experts.At(position));
            search.Except(position);
        }

        return best;
    }

    /// <summary>How much an item deserves an expert of a level and a standing.</summary>
    public static double UrgencyOf(OpenItem item, Bucket bucket, int level, int standing, DateTimeOffset now) =>
        bucket.Table.Worths[RuleTable.At(level, standing)]
        * PressureOf(bucket.Table, item.Since, now.UtcTicks);

    /// <summary>Whether an item may go to an expert with room for it who meets its requirement at a level.</summary>
    public bool Accepts(OpenItem item, Bucket bucket, ExpertEntry entry, int level, DateTimeOffset now)
    {
        var work = item.Item;
        if (work.DeclinedBy.Contains(entry.Expert.Id)) return false;
        if (work.PreferredExpert == entry.Expert.Id && !work.MissedBy.ContainsKey(entry.Expert.Id)) return true;
        return level >= bucket.Phase.MinimumLevel && bucket.Table.Rank(level, entry.Standing) != RuleTable.Never && !WaitsForPreferred(work, now);
    }

    /// <summary>Until when an item that waits for its preferred expert does so; null when it does not.</summary>
    public DateTimeOffset? WaitsForPreferredUntil(WorkItem item) =>
        policy.For(item).PreferredWait > TimeSpan.Zero && item.PreferredExpert is { } id && !item.DeclinedBy.Contains(id) && !item.MissedBy.ContainsKey(id)
        && experts.Find(id) is { IsPresent: true } entry && RequirementOf(item) is var requirement
        && requirement.Speaks(entry.Position) && requirement.LevelOf(entry.Position) >= 0
            ? item.WaitingSince + policy.For(item).PreferredWait
            : null;

    /// <summary>
    /// Asks the rule again for the phases of waiting items that an expert who came or left could serve, and moves those whose
    /// phases are others now.
    /// </summary>
    /// <param name="entry">Null when anybody may matter.</param>
    /// <param name="moved">Takes the items that moved.</param>
    public void TakeSupply(ExpertEntry? entry, DateTimeOffset now, List<OpenItem> moved)
    {
        var affected = from bucket in Buckets
                       let requirement = bucket.Queue.Requirement
                       where entry is null || (requirement.Speaks(entry.Position) && requirement.LevelOf(entry.Position) >= 0)
                       select bucket;
        foreach (var group in affected.GroupBy(bucket => bucket.Queue).ToList())
        {
            var phases = UpToDate(group.Key).Buckets;
            foreach (var item in group.Where(bucket => !phases.Contains(bucket)).SelectMany(bucket => bucket.Items).ToList())
            {
                Remove(item);
                Add(item, now);
                moved.Add(item);
            }
        }
    }

    /// <summary>What an item requires after the relaxation steps that it took.</summary>
    public Requirement RequirementOf(WorkItem item)
    {
        var request = item.Request;
        Span<int> key = stackalloc int[2 + (4 * request.Skills.Count)];
        var lane = experts.LaneOf(request.Channel, request.Weight);
        var language = request.Language.Length == 0 || policy.For(item).MinimumLanguageLevel == 0 ? NoLanguage : experts.LanguageNumber(request.Language);
        (key[0], key[1]) = (lane.Number, language);
        for (var at = 0; at < request.Skills.Count; at++)
        {
            var skill = request.Skills[at];
            var part = key.Slice(2 + (4 * at), 4);
            (part[0], part[1]) = (experts.SkillNumber(skill.Skill), policy.For(item).Relaxation.MinimumLevel(skill, item.RelaxedSteps));
            (part[2], part[3]) = (skill.MinimumLevel, skill.NeverDrop ? 1 : 0);
        }

        var lookup = _requirements.GetAlternateLookup<ReadOnlySpan<int>>();
        if (lookup.TryGetValue(key, out var requirement)) return requirement;
        var skills = new NeededSkill[request.Skills.Count];
        for (var at = 0; at < skills.Length; at++)
            skills[at] = new NeededSkill(key[2 + (4 * at)], experts.Skill(key[2 + (4 * at)]), key[3 + (4 * at)]);
        var wanted = policy.For(item).Wanted.Select(skill => (experts.Skill(experts.SkillNumber(skill.Skill)), skill.Weight)).ToArray();
        requirement = new Requirement(
            skills, language == NoLanguage ? null : experts.Language(language), language,
            language == NoLanguage ? 0 : policy.For(item).MinimumLanguageLevel, lane, wanted);
        lookup[key] = requirement;
        return requirement;
    }

    /// <summary>How many could serve a requirement.</summary>
    public Supply SupplyOf(Requirement requirement)
    {
        if (requirement.Supply is not { } known || known.Version != experts.PresenceVersion)
            known = (experts.PresenceVersion, new Supply(search.CountByLevel(requirement, experts.Present), search.CountByLevel(requirement, experts.Active)));
        if (known.Supply.IdleShare != experts.IdleShare) known.Supply = known.Supply with { IdleShare = experts.IdleShare };
        requirement.Supply = known;
        return known.Supply;
    }

    private WorkQueue QueueOf(OpenItem item)
    {
        var work = item.Item;
        if (item.Known is var (known, steps, since) && steps == work.RelaxedSteps && since == work.WaitingSince) return UpToDate(known);
        var queue = QueueOf(work);
        item.Known = (queue, work.RelaxedSteps, work.WaitingSince);
        return queue;
    }

    // Items that wait already keep the phases with which they came, until their next one or until somebody who matters to
    // them comes or goes.
    private WorkQueue UpToDate(WorkQueue queue)
    {
        if (queue.Buckets.Length > 0 && (!_rule.DependsOnSupply || queue.SupplyVersion == experts.SupplyVersion)) return queue;
        queue.SupplyVersion = experts.SupplyVersion;
        var phases = _rule.Phases(queue.Work, _rule.DependsOnSupply ? SupplyOf(queue.Requirement) : Supply.Unknown);
        if (queue.Buckets.Length == phases.Count && queue.Buckets.Select(bucket => bucket.Phase).SequenceEqual(phases)) return queue;
        var buckets = new Bucket[phases.Count];
        for (var number = 0; number < buckets.Length; number++)
            buckets[number] = new Bucket(queue, phases[number], number + 1 < phases.Count ? phases[number + 1] : null, _tables.Of(queue.Work, phases[number].Stage));
        queue.Buckets = buckets;
        return queue;
    }

    private ExpertEntry? PreferredOf(WorkItem item, Requirement requirement) =>
        item.PreferredExpert is { } id && !item.DeclinedBy.Contains(id) && !item.MissedBy.ContainsKey(id) && experts.Find(id) is { } entry
        && requirement.Lane.Free[entry.Position] && requirement.Speaks(entry.Position) && requirement.LevelOf(entry.Position) >= 0
            ? entry
            : null;

    private bool WaitsForPreferred(WorkItem item, DateTimeOffset now) => WaitsForPreferredUntil(item) > now;

    /// <summary>Spreads an expert's levels and free lanes out for looking up; false when no lane is free.</summary>
    private bool Prepare(ExpertEntry entry)
    {
        if (_levels.Length < experts.SkillCount) _levels = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)experts.SkillCount)];
        if (_fits.Length < experts.Lanes.Count) _fits = new bool[experts.Lanes.Count];
        var any = false;
        foreach (var lane in experts.Lanes) any |= _fits[lane.Number] = lane.Free[entry.Position];
        if (!any) return false;
        foreach (var (skill, level) in entry.Skills) _levels[skill] = level;
        return true;
    }

    private AnchorLane AnchorOf(Requirement requirement) =>
        requirement.Heads ??= AnchorOf(AnchorSkill(requirement), requirement.LanguageNumber, requirement.LanguageMinimum).Of(requirement.Lane);

    private Anchor AnchorOf(int skill, int language, int minimum)
    {
        if (!_anchors.TryGetValue((skill, language, minimum), out var anchor)) _anchors.Add((skill, language, minimum), anchor = new Anchor());
        return anchor;
    }

    // The rarest of the skills that are required: the fewest experts look there in vain.
    private static int AnchorSkill(Requirement requirement)
    {
        var (fewest, rarest) = (int.MaxValue, NoSkill);
        foreach (var needed in requirement.Skills)
        {
            if (needed.Minimum == 0) continue;
            var count = needed.Maps.AtLeast(needed.Minimum).Count();
            if (count < fewest) (fewest, rarest) = (count, needed.Skill);
        }

        return rarest;
    }

    /// <summary>Where an item stands for an expert: fewer misses first, then more urgent, then older.</summary>
    internal readonly record struct Rank(int Misses, double Urgency)
    {
        public bool IsBetterThan(OpenItem mine, Rank other, OpenItem others)
        {
            if (Misses != other.Misses) return Misses < other.Misses;
            return Urgency != other.Urgency ? Urgency > other.Urgency : mine.IsOlderThan(others);
        }

        public bool IsBetterThan(long mine, Rank other, long others)
        {
            if (Misses != other.Misses) return Misses < other.Misses;
            return Urgency != other.Urgency ? Urgency > other.Urgency : mine < others;
        }
    }

    /// <summary>The best item for an expert so far.</summary>
    private struct Choice(ExpertEntry entry, DateTimeOffset now)
    {
        public readonly ExpertEntry Entry = entry;
        public readonly DateTimeOffset Now = now;

        // Of a bucket's oldest item only its age is looked at until it is chosen.
        private Bucket? _bucket;
        private OpenItem? _singular;

        public readonly bool IsEmpty => _bucket is null && _singular is null;

        public readonly OpenItem? Item => _singular ?? _bucket?.Ordinary.Oldest;

        public Rank Rank { get; private set; }

        /// <summary>The age that has to be reached at that urgency, in UTC ticks.</summary>
        public long Since { get; private set; } = long.MaxValue;

        /// <summary>The urgency that has to be reached.</summary>
        public double Bar { get; private set; } = double.NegativeInfinity;

        /// <summary>A bucket's oldest ordinary item.</summary>
        public void Consider(Bucket bucket, long since, double urgency)
        {
            var rank = new Rank(0, urgency);
            if (!IsEmpty && (rank == Rank && since == Since ? !bucket.Ordinary.Oldest!.IsOlderThan(Item!) : !rank.IsBetterThan(since, Rank, Since))) return;
            (_bucket, _singular) = (bucket, null);
            Take(rank, since);
        }

        public void Consider(OpenItem singular, Rank rank)
        {
            if (Item is { } other && !rank.IsBetterThan(singular, Rank, other)) return;
            _singular = singular;
            Take(rank, singular.Since);
        }

        private void Take(Rank rank, long since)
        {
            (Rank, Since) = (rank, since);
            Bar = rank.Misses == 0 ? rank.Urgency : double.NegativeInfinity;
        }
    }

    private sealed class KeyComparer : IEqualityComparer<int[]>, IAlternateEqualityComparer<ReadOnlySpan<int>, int[]>
    {
        public bool Equals(int[]? left, int[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode([DisallowNull] int[] key) => GetHashCode(key.AsSpan());

        public bool Equals(ReadOnlySpan<int> alternate, int[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<int> alternate)
        {
            var hash = default(HashCode);
            foreach (var number in alternate) hash.Add(number);
            return hash.ToHashCode();
        }

        public int[] Create(ReadOnlySpan<int> alternate) => alternate.ToArray();
    }
}
