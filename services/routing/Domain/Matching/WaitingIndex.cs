using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// Waiting items by what they ask for: of all that ask alike, are of one kind and in one phase, only the oldest is looked
/// at when an expert becomes free. Requirements are found by a skill and a language that the expert has.
/// </summary>
internal sealed class WaitingIndex(RoutingPolicy policy, ExpertIndex experts, ExpertSearch search)
{
    private const int NoSkill = -1;
    private const int NoLanguage = -1;

    private readonly MatchingRule _rule = policy.Rule;
    private readonly PreferenceTables _preferences = new(policy.Rule);
    private readonly Dictionary<int[], Requirement> _requirements = new(new KeyComparer());
    private readonly Dictionary<(int Skill, int Language), Anchor> _anchors = [];
    private byte[] _levels = [];
    private bool[] _fits = [];

    public int Count { get; private set; }

    /// <summary>The buckets with something in them.</summary>
    public IEnumerable<Bucket> Buckets => _anchors.Values.SelectMany(anchor => anchor.Requirements).SelectMany(requirement => requirement.Busy);

    /// <summary>The queue where an item waits when some relaxation steps have been taken.</summary>
    public WorkQueue QueueOf(WorkItem item)
    {
        var requirement = RequirementOf(item);
        var (request, target) = (item.Request, Grain.Of(item.DueAt - item.WaitingSince));
        foreach (var known in requirement.Queues)
        {
            var work = known.Work;
            if (work.Target == target && work.Tier == request.Tier && work.Priority == request.Priority) return UpToDate(known);
        }

        var queue = new WorkQueue
        {
            Requirement = requirement,
            Work = new WorkClass(request.Skills, request.Language, request.Channel, request.Weight, request.Tier, request.Priority, target),
        };
        requirement.Queues.Add(queue);
        return UpToDate(queue);
    }

    public void Add(OpenItem item, DateTimeOffset now)
    {
        var queue = QueueOf(item.Item);
        var bucket = queue.Buckets[queue.PhaseAfter(now - item.Item.WaitingSince)];
        if (bucket.IsEmpty) Open(bucket);
        bucket.Add(item);
        Count++;
    }

    public void Remove(OpenItem item)
    {
        if (item.Bucket is not { } bucket) return;
        bucket.Remove(item);
        Count--;
        if (bucket.IsEmpty) Close(bucket);
    }

    /// <summary>
    /// The item that an expert should have: the most urgent by the rule, then the oldest. Items that they let expire come
    /// after all others.
    /// </summary>
    public (OpenItem Item, Rank Rank)? Best(ExpertEntry entry, DateTimeOffset now)
    {
        if (!entry.IsThere || Count == 0 || !Prepare(entry)) return null;
        OpenItem? best = null;
        var bestRank = default(Rank);
        foreach (var (skill, _) in entry.Skills) Look(skill);
        Look(NoSkill);
        foreach (var (skill, _) in entry.Skills) _levels[skill] = 0;
        return best is null ? null : (best, bestRank);

        void Look(int skill)
        {
            foreach (var (language, _) in entry.Languages) LookIn(skill, language);
            LookIn(skill, NoLanguage);
        }

        void LookIn(int skill, int language)
        {
            if (!_anchors.TryGetValue((skill, language), out var anchor)) return;
            foreach (var requirement in anchor.Requirements)
            {
                if (!_fits[requirement.Lane.Number] || !requirement.Speaks(entry.Position)) continue;
                var level = requirement.LevelOf(_levels);
                if (level < 0) continue;
                foreach (var bucket in requirement.Busy)
                {
                    if (level >= bucket.Phase.MinimumLevel && bucket.Head is { } head) Consider(head, bucket, level, 0);
                    foreach (var item in bucket.Singular)
                        if (Accepts(item, bucket, entry, level, now)) Consider(item, bucket, level, item.Item.MissedBy.GetValueOrDefault(entry.Expert.Id));
                }
            }
        }

        void Consider(OpenItem item, Bucket bucket, int level, int misses)
        {
            if (bucket.Preferences.Rank(level, entry.Standing) == Preferences.Never && item.Item.PreferredExpert != entry.Expert.Id) return;
            var rank = new Rank(misses, UrgencyOf(item, bucket, level, entry.Standing, now));
            if (best is not null && !rank.IsBetterThan(item, bestRank, best)) return;
            (best, bestRank) = (item, rank);
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
        foreach (var declined in item.DeclinedBy) count -= Leave(declined);
        List<ExpertEntry>? missed = null;
        foreach (var expert in item.MissedBy.Keys)
            if (Leave(expert) == 1) (missed ??= []).Add(experts.Find(expert)!);
        count -= missed?.Count ?? 0;
        var position = search.Best(requirement, bucket.Preferences, count);
        if (position >= 0) return experts.At(position);
        return missed?.Where(entry => RankOf(entry) < Preferences.Never)
            .OrderBy(entry => item.MissedBy[entry.Expert.Id]).ThenBy(RankOf).ThenBy(entry => entry.Position).FirstOrDefault();

        int Leave(Guid expert) => experts.Find(expert) is { } entry && search.Except(entry.Position) ? 1 : 0;

        int RankOf(ExpertEntry entry) => bucket.Preferences.Rank(requirement.LevelOf(entry.Position), entry.Standing);
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
            var position = search.Best(requirement, bucket.Preferences, count);
            if (position < 0) break;
            best.Add(experts.At(position));
            search.Except(position);
        }

        return best;
    }

    /// <summary>How much an item deserves an expert of a level and a standing.</summary>
    public double UrgencyOf(OpenItem item, Bucket bucket, int level, int standing, DateTimeOffset now) =>
        _rule.Urgency(bucket.Queue.Work, bucket.Phase.Stage, level, standing, Math.Max(0, (now - item.Item.Request.QueuedSince).TotalSeconds));

    /// <summary>Whether an item may go to an expert with room for it who meets its requirement at a level.</summary>
    public bool Accepts(OpenItem item, Bucket bucket, ExpertEntry entry, int level, DateTimeOffset now)
    {
        var work = item.Item;
        if (work.DeclinedBy.Contains(entry.Expert.Id)) return false;
        if (work.PreferredExpert == entry.Expert.Id) return true;
        return level >= bucket.Phase.MinimumLevel && !WaitsForPreferred(work, now);
    }

    /// <summary>Until when an item that waits for its preferred expert does so; null when it does not.</summary>
    public DateTimeOffset? WaitsForPreferredUntil(WorkItem item) =>
        policy.PreferredWait > TimeSpan.Zero && item.PreferredExpert is { } id && !item.DeclinedBy.Contains(id) && !item.MissedBy.ContainsKey(id)
        && experts.Find(id) is { IsThere: true } entry && RequirementOf(item) is var requirement
        && requirement.Speaks(entry.Position) && requirement.LevelOf(entry.Position) >= 0
            ? item.WaitingSince + policy.PreferredWait
            : null;

    /// <summary>
    /// Asks the rule again for the phases of waiting items that an expert who came or left could serve, and moves those whose
    /// phases are others now.
    /// </summary>
    /// <param name="entry">Null when anybody may matter.</param>
    /// <param name="moved">Takes the items that moved.</param>
    public void TakeSupply(ExpertEntry? entry, DateTimeOffset now, List<OpenItem> moved)
    {
        var affected = from anchor in _anchors.Values
                       from requirement in anchor.Requirements
                       where entry is null || (requirement.Speaks(entry.Position) && requirement.LevelOf(entry.Position) >= 0)
                       from bucket in requirement.Busy
                       select bucket.Queue;
        foreach (var queue in affected.Distinct().ToList())
        {
            var before = queue.Buckets;
            if (UpToDate(queue, whileBusy: true).Buckets == before) continue;
            foreach (var item in before.SelectMany(bucket => bucket.Items).ToList())
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
        var language = request.Language.Length == 0 || policy.MinimumLanguageLevel == 0 ? NoLanguage : experts.LanguageNumber(request.Language);
        (key[0], key[1]) = (lane.Number, language);
        for (var at = 0; at < request.Skills.Count; at++)
        {
            var skill = request.Skills[at];
            var part = key.Slice(2 + (4 * at), 4);
            (part[0], part[1]) = (experts.SkillNumber(skill.Skill), policy.Relaxation.MinimumLevel(skill, item.RelaxedSteps));
            (part[2], part[3]) = (skill.MinimumLevel, skill.NeverDrop ? 1 : 0);
        }

        var lookup = _requirements.GetAlternateLookup<ReadOnlySpan<int>>();
        if (lookup.TryGetValue(key, out var requirement)) return requirement;
        var skills = new NeededSkill[request.Skills.Count];
        for (var at = 0; at < skills.Length; at++)
            skills[at] = new NeededSkill(key[2 + (4 * at)], experts.Skill(key[2 + (4 * at)]), key[3 + (4 * at)]);
        requirement = new Requirement(
            skills, language == NoLanguage ? null : experts.Language(language), language, policy.MinimumLanguageLevel, lane);
        lookup[key] = requirement;
        return requirement;
    }

    /// <summary>How many could serve a requirement.</summary>
    public Supply SupplyOf(Requirement requirement)
    {
        if (requirement.Supply is not { } known || known.Version != experts.SupplyVersion)
        {
            var supply = new Supply(search.CountByLevel(requirement, experts.There), search.CountByLevel(requirement, experts.Active))
            {
                IdleShare = experts.IdleShare,
            };
            requirement.Supply = known = (experts.SupplyVersion, supply);
        }

        return known.Supply;
    }

    private WorkQueue UpToDate(WorkQueue queue, bool whileBusy = false)
    {
        if (queue.Buckets.Length > 0 && (!_rule.DependsOnSupply || queue.SupplyVersion == experts.SupplyVersion)) return queue;
        // Items in it move together, when an expert who matters to them comes or goes.
        if (!whileBusy && queue.Buckets.Any(bucket => !bucket.IsEmpty)) return queue;
        queue.SupplyVersion = experts.SupplyVersion;
        var phases = _rule.Phases(queue.Work, _rule.DependsOnSupply ? SupplyOf(queue.Requirement) : Supply.Unknown);
        if (!queue.Buckets.Select(bucket => bucket.Phase).SequenceEqual(phases))
            queue.Buckets = [.. phases.Select((phase, number) => new Bucket(queue, number, phase, _preferences.Of(queue.Work, phase.Stage)))];
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

    private void Open(Bucket bucket)
    {
        var requirement = bucket.Queue.Requirement;
        bucket.IndexInBusy = requirement.Busy.Count;
        requirement.Busy.Add(bucket);
        if (requirement.Anchor is not null) return;
        var key = (AnchorSkill(requirement), requirement.LanguageNumber);
        if (!_anchors.TryGetValue(key, out var anchor)) _anchors.Add(key, anchor = new Anchor());
        (requirement.Anchor, requirement.IndexInAnchor) = (anchor, anchor.Requirements.Count);
        anchor.Requirements.Add(requirement);
    }

    private static void Close(Bucket bucket)
    {
        var requirement = bucket.Queue.Requirement;
        var last = requirement.Busy[^1];
        (requirement.Busy[bucket.IndexInBusy], last.IndexInBusy) = (last, bucket.IndexInBusy);
        requirement.Busy.RemoveAt(requirement.Busy.Count - 1);
        bucket.IndexInBusy = -1;
        if (requirement.Busy.Count > 0) return;
        var neighbours = requirement.Anchor!.Requirements;
        var moved = neighbours[^1];
        (neighbours[requirement.IndexInAnchor], moved.IndexInAnchor) = (moved, requirement.IndexInAnchor);
        neighbours.RemoveAt(neighbours.Count - 1);
        (requirement.Anchor, requirement.IndexInAnchor) = (null, -1);
    }

    // The rarest of the skills that are required: the fewest experts look there in vain.
    private static int AnchorSkill(Requirement requirement)
    {
        var (fewest, rarest) = (int.MaxValue, NoSkill);
        foreach (var needed in requirement.Skills)
        {
            if (needed.Minimum == 0) continue;
            var count = Bitmap.Count(needed.Maps.AtLeast(needed.Minimum).Words);
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
