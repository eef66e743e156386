using Relais.Routing.Domain;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// A large contact centre whose one half is overloaded, so that everyone there is busy and work waits, while the other half
/// has experts to spare: both directions of routing are at work, an item that looks for an expert and an expert who looks
/// for an item. The same seed gives the same world and the same events.
/// </summary>
internal sealed class RoutingSpeedWorld
{
    public const int Skills = 50;
    public const int Languages = 8;

    private const double FreeShare = .1;
    private const double SecondSkillShare = .15;

    private static readonly (string Name, double Share, double Weight, int TargetSeconds)[] Channels =
        [("voice", .5, 1, 40), ("chat", .3, 1.0 / 3, 60), ("case", .2, .5, 1800)];

    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly Random _random = new(1);
    private readonly double[] _popularity = [.. Enumerable.Range(0, Skills / 2).Select(rank => 1 / Math.Sqrt(rank + 1))];

    public RoutingSpeedWorld(int experts, int classes)
    {
        Experts = [.. Enumerable.Range(0, experts).Select(NewExpert)];
        var distinct = new HashSet<(string, string, int, int, string)>();
        while (Classes.Count < classes)
        {
            var made = NewClass(Classes.Count % 2 == 1);
            if (distinct.Add((made.Channel, made.Skills[0].Skill, made.Skills[0].MinimumLevel, made.Skills.Length, made.Language + made.Skills[^1].Skill))) Classes.Add(made);
        }

        Overloaded = [.. Enumerable.Range(0, classes).Where(index => Classes[index].IsOverloaded)];
        Spare = [.. Enumerable.Range(0, classes).Where(index => !Classes[index].IsOverloaded)];
    }

    public IReadOnlyList<ExpertProfile> Experts { get; }

    public List<WorkClassOfWorld> Classes { get; } = [];

    private int[] Overloaded { get; }

    private int[] Spare { get; }

    public int Opened { get; private set; }

    /// <summary>Everyone in the overloaded half and most of the other half is to be kept busy.</summary>
    public static bool IsOverloaded(int expert) => expert % 2 == 1;

    public static bool StaysFree(int expert) => !IsOverloaded(expert) && (expert * 2654435761L % 1000) < FreeShare * 1000;

    public static Guid ExpertId(int number) => new(number + 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static DateTimeOffset At(long step) => Start.AddTicks(step * TimeSpan.TicksPerMillisecond);

    /// <summary>The next item of one of the halves.</summary>
    public WorkItem Open(bool overloaded, DateTimeOffset now)
    {
        var indexes = overloaded ? Overloaded : Spare;
        var work = Classes[indexes[(int)(indexes.Length * Math.Pow(_random.NextDouble(), 1.5))]];
        var draw = _random.NextDouble();
        var request = new WorkRequest(
            new Guid(++Opened, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0), "", "", work.Channel, work.Language, Priority.Normal, Capacity.Of(work.Weight), work.Skills, now)
        {
            Tier = draw < .1 ? CustomerTier.Vip : draw < .4 ? CustomerTier.Gold : CustomerTier.Standard,
        };
        return new WorkItem(request, now.AddSeconds(work.TargetSeconds), now);
    }

    public int Next(int below) => _random.Next(below);

    private ExpertProfile NewExpert(int number)
    {
        var half = IsOverloaded(number) ? Skills / 2 : 0;
        var levels = new Dictionary<string, int> { [SkillName(half + Popular())] = 4 + _random.Next(2) };
        while (levels.Count < 4) levels.TryAdd(SkillName(half + Popular()), 1 + _random.Next(4));
        var languages = new Dictionary<string, int> { [LanguageName(SomeLanguage())] = 5 };
        if (_random.Next(3) == 0) languages.TryAdd(LanguageName(SomeLanguage()), 3 + _random.Next(3));
        return new ExpertProfile(
            ExpertId(number), $"Expert {number}", "", "en", new SkillLevels(levels), new LanguageLevels(languages), Capacity.One, WorkingSchedule.Always);
    }

    private WorkClassOfWorld NewClass(bool overloaded)
    {
        var half = overloaded ? Skills / 2 : 0;
        var draw = _random.NextDouble();
        var channel = draw < Channels[0].Share ? Channels[0] : draw < Channels[0].Share + Channels[1].Share ? Channels[1] : Channels[2];
        var first = Popular();
        var skills = new List<SkillRequirement> { new(SkillName(half + first), 1 + _random.Next(3), true) };
        if (_random.NextDouble() < SecondSkillShare && Popular() is var second && second != first)
            skills.Add(new SkillRequirement(SkillName(half + second), 1, false));
        return new WorkClassOfWorld(channel.Name, channel.Weight, channel.TargetSeconds, [.. skills], LanguageName(SomeLanguage()), overloaded);
    }

    private int Popular()
    {
        var draw = _random.NextDouble() * _popularity.Sum();
        var rank = 0;
        while (rank < _popularity.Length - 1 && (draw -= _popularity[rank]) > 0) rank++;
        return rank;
    }

    private int SomeLanguage() => (int)(Languages * Math.Pow(_random.NextDouble(), 2));

    public static string SkillName(int skill) => $"skill-{skill}";

    private static string LanguageName(int language) => $"{(char)('a' + language)}x";
}

/// <summary>What items of one class ask for.</summary>
internal sealed record WorkClassOfWorld(
    string Channel, double Weight, int TargetSeconds, SkillRequirement[] Skills, string Language, bool IsOverloaded);
