using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// All experts of an engine as bitmaps over positions: who masters a skill at a level or better, who speaks a language, who
/// is there, who is free for a channel, who has which standing. Beside them stands the order in which experts come first
/// of equals, as the rule's <see cref="TieBreak"/> has it.
/// </summary>
internal sealed class ExpertIndex(MatchingRule rule, IdleShare idleShare)
{
    private readonly Vocabulary _skillNumbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Vocabulary _languageNumbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<LevelMaps> _skills = [];
    private readonly List<LevelMaps> _languages = [];
    private readonly List<Lane> _lanes = [];
    private readonly Bitmap[] _standings = [.. Enumerable.Range(0, rule.Standings).Select(_ => new Bitmap())];
    private readonly HashSet<Bitmap> _allocated = [];
    private readonly Dictionary<Guid, ExpertEntry> _byId = [];
    private readonly int[] _standingCounts = new int[rule.Standings];
    private ExpertEntry?[] _at = [];
    private byte[] _standingAt = [];
    private long[] _orderAt = [];
    private (Guid Id, string Name)[] _namesAt = [];
    private long _order;
    private int _idle;

    public MatchingRule Rule => rule;

    /// <summary>Positions that bitmaps hold; a multiple of <see cref="Bitmap.Stride"/>.</summary>
    public int Capacity { get; private set; }

    public int SkillCount => _skills.Count;

    public IReadOnlyList<Lane> Lanes => _lanes;

    /// <summary>Experts who take work at all.</summary>
    public Bitmap Active { get; } = new();

    public int ActiveCount { get; private set; }

    public int AvailableCount { get; private set; }

    public int ThereCount { get; private set; }

    /// <summary>Of those available, the ones who finish what was closed last.</summary>
    public int WrappingUpCount { get; private set; }

    /// <summary>Experts who are there with nothing in hand.</summary>
    public int IdleCount => _idle;

    /// <inheritdoc cref="Supply.IdleShare"/>
    public double IdleShare => idleShare.Step;

    /// <summary>Active experts whose presence is available, on duty or not.</summary>
    public Bitmap Available { get; } = new();

    /// <summary>Active experts who are available and on duty.</summary>
    public Bitmap There { get; } = new();

    /// <summary>Those, and who finishes what was closed last.</summary>
    public Bitmap Present { get; } = new();

    /// <summary>Changes whenever somebody comes, leaves or has other skills.</summary>
    public int PresenceVersion { get; private set; }

    /// <summary>Changes with <see cref="PresenceVersion"/> and <see cref="IdleShare"/>.</summary>
    public int SupplyVersion { get; private set; }

    public IReadOnlyCollection<ExpertEntry> Entries => _byId.Values;

    public ExpertEntry? Find(Guid expert) => _byId.GetValueOrDefault(expert);

    public ExpertEntry At(int position) => _at[position]!;

    /// <summary>Who it is, without following a reference to them.</summary>
    public (Guid Id, string Name) NameAt(int position) => _namesAt[position];

    public int StandingAt(int position) => _standingAt[position];

    /// <summary>Of equals, who has the lower comes first.</summary>
    public long OrderAt(int position) => _orderAt[position];

    public Bitmap StandingMap(int standing) => _standings[standing];

    /// <summary>How many experts have a standing, wherever they are.</summary>
    public int StandingCount(int standing) => _standingCounts[standing];

    public int SkillNumber(string skill)
    {
        var number = _skillNumbers.Of(skill);
        if (number == _skills.Count) _skills.Add(new LevelMaps(TeamSkill.Is(skill)));
        return number;
    }

    public LevelMaps Skill(int number) => _skills[number];

    public int LanguageNumber(string tag)
    {
        var number = _languageNumbers.Of(LanguageLevels.Primary(tag));
        if (number == _languages.Count) _languages.Add(new LevelMaps());
        return number;
    }

    public LevelMaps Language(int number) => _languages[number];

    public Lane LaneOf(string channel, Capacity weight)
    {
        // A few channels with one or two weights each.
        foreach (var known in _lanes)
            if (known.Weight == weight && known.Channel == channel) return known;
        var lane = new Lane(channel, weight, _lanes.Count);
        _lanes.Add(lane);
        for (var position = 0; position < _byId.Count; position++)
            if (_at[position] is { IsThere: true } entry && lane.Fits(entry.Expert)) Free(lane, entry);
        return lane;
    }

    public void Add(ExpertEntry entry, DateTimeOffset now)
    {
        if (_byId.Count == Capacity) Grow();
        entry.Position = _byId.Count;
        _byId.Add(entry.Expert.Id, entry);
        _at[entry.Position] = entry;
        MoveToEnd(entry);
        PutStanding(entry);
        TakeProfile(entry, now);
    }

    /// <summary>The expert has other skills, languages, hours or capacity, or no longer takes work.</summary>
    public void TakeProfile(ExpertEntry entry, DateTimeOffset now)
    {
        var position = entry.Position;
        // Counted by the skills that they had; TakePresence finds where they are free with the new ones.
        foreach (var lane in _lanes) Unfree(lane, entry);
        foreach (var (skill, level) in entry.Skills) Remove(_skills[skill], level, position);
        foreach (var (language, level) in entry.Languages) Remove(_languages[language], level, position);
        var profile = entry.Expert.Profile;
        _namesAt[position] = (profile.Id, profile.DisplayName);
        entry.Anchors = null;
        entry.Skills = [.. profile.Skills.Where(skill => skill.Value > 0).Select(skill => (SkillNumber(skill.Key), (byte)skill.Value))];
        entry.Languages =
        [
            .. profile.Languages.Select(language => LanguageLevels.Primary(language.Key)).Distinct(StringComparer.OrdinalIgnoreCase)
                .Select(language => (LanguageNumber(language), (byte)profile.Languages[language])).Where(language => language.Item2 > 0),
        ];
        foreach (var (skill, level) in entry.Skills) Put(_skills[skill], level, position);
        foreach (var (language, level) in entry.Languages) Put(_languages[language], level, position);
        ActiveCount += PutOrTake(Active, position, profile.Active);
        TakeSupply();
        TakePresence(entry, now);
    }

    /// <summary>The expert came or left, or a shift began or ended.</summary>
    public void TakePresence(ExpertEntry entry, DateTimeOffset now)
    {
        var expert = entry.Expert;
        var available = expert.Profile.Active && expert.Presence == Presence.Available;
        var there = available && expert.OnDuty(now);
        entry.IsThere = there;
        var wrapsUp = available && expert.WrapsUpUntil > now;
        if ((there || wrapsUp) != entry.IsPresent) TakeSupply();
        entry.IsPresent = there || wrapsUp;
        if (wrapsUp != entry.IsWrappingUp) WrappingUpCount += wrapsUp ? 1 : -1;
        entry.IsWrappingUp = wrapsUp;
        AvailableCount += PutOrTake(Available, entry.Position, available);
        ThereCount += PutOrTake(There, entry.Position, there);
        PutOrTake(Present, entry.Position, entry.IsPresent);
        TakeLoad(entry);
    }

    /// <summary>Takes what has been until now into <see cref="IdleShare"/>.</summary>
    /// <returns>Whether it changed.</returns>
    public bool TakeTime(DateTimeOffset now)
    {
        if (!idleShare.Take(now, ThereCount, _idle)) return false;
        SupplyVersion++;
        return true;
    }

    /// <summary>The expert has more or less in hand.</summary>
    public void TakeLoad(ExpertEntry entry)
    {
        var idle = entry.IsThere && entry.Expert.HeldCount == 0;
        if (idle != entry.IsIdle) _idle += idle ? 1 : -1;
        entry.IsIdle = idle;
        foreach (var lane in _lanes)
        {
            if (entry.IsThere && lane.Fits(entry.Expert)) Free(lane, entry);
            else Unfree(lane, entry);
        }

        var standing = StandingOf(entry);
        if (standing == entry.Standing) return;
        _standings[entry.Standing].Clear(entry.Position);
        _standingCounts[entry.Standing]--;
        PutStanding(entry);
    }

    /// <summary>The expert comes last of equals from now on.</summary>
    public void MoveToEnd(ExpertEntry entry) => _orderAt[entry.Position] = ++_order;

    private void TakeSupply()
    {
        PresenceVersion++;
        SupplyVersion++;
    }

    private static void Remove(LevelMaps maps, int level, int position)
    {
        for (var below = 1; below <= level; below++) maps.AtLeast(below).Clear(position);
    }

    private void Put(LevelMaps maps, int level, int position)
    {
        for (var below = 1; below <= level; below++) Put(maps.AtLeast(below), position);
    }

    private void Free(Lane lane, ExpertEntry entry)
    {
        if (lane.Free[entry.Position]) return;
        Put(lane.Free, entry.Position);
        lane.Count(entry, 1);
    }

    private static void Unfree(Lane lane, ExpertEntry entry)
    {
        if (lane.Free.Take(entry.Position)) lane.Count(entry, -1);
    }

    private int PutOrTake(Bitmap map, int position, bool put)
    {
        if (!put) return map.Take(position) ? -1 : 0;
        if (map[position]) return 0;
        Put(map, position);
        return 1;
    }

    private void Put(Bitmap map, int position)
    {
        if (!map.IsAllocated)
        {
            map.Allocate(Capacity);
            _allocated.Add(map);
        }

        map.Set(position);
    }

    private void PutStanding(ExpertEntry entry)
    {
        entry.Standing = StandingOf(entry);
        _standingAt[entry.Position] = (byte)entry.Standing;
        _standingCounts[entry.Standing]++;
        Put(_standings[entry.Standing], entry.Position);
    }

    private int StandingOf(ExpertEntry entry)
    {
        var expert = entry.Expert;
        return rule.Standing(new ExpertState(expert.Load, expert.Profile.Capacity, expert.HeldCount));
    }

    private void Grow()
    {
        Capacity = Math.Max(Bitmap.Stride, (Capacity + (Capacity / 2) + Bitmap.Stride - 1) / Bitmap.Stride * Bitmap.Stride);
        Array.Resize(ref _at, Capacity);
        Array.Resize(ref _standingAt, Capacity);
        Array.Resize(ref _orderAt, Capacity);
        Array.Resize(ref _namesAt, Capacity);
        foreach (var map in _allocated) map.Allocate(Capacity);
    }
}
