using System.Globalization;
using Relais.Routing.Domain;

namespace Relais.Routing.Simulation;

/// <summary>
/// SBR-1, the benchmark of skills-based routing: 100 experts, 8 skills, 3 languages, 281 kinds of requirement in world 7,
/// three channels, three tiers. The same world seed and the same seed give the world and the traffic of its reference
/// simulation, number for number.
/// </summary>
internal sealed class Sbr1
{
    private const int ExpertCount = 100;
    private const int SkillCount = 8;
    private const int FewestExperts = 3;
    private const double ReturnShare = .5;
    private const double MeanReturn = 1800;
    private const int MostAttempts = 3;

    private static readonly double[] Popularity = [.24, .18, .14, .12, .10, .09, .07, .06];
    private static readonly string[] LanguageTags = ["fr", "en", "de"];
    private static readonly (string Name, double Share, double Mean, double Weight, double Patience, double[] Target)[] Channels =
    [
        ("voice", .5, 300, 1, 240, [20, 40, 80]),
        ("chat", .3, 480, 1 / 3.0, 600, [30, 60, 120]),
        ("case", .2, 600, .5, 1e7, [900, 1800, 3600]),
    ];
    private static readonly CustomerTier[] Tiers = [CustomerTier.Vip, CustomerTier.Gold, CustomerTier.Standard];
    private static readonly double[] TierShares = [.1, .3, .6];
    // Handle times are lognormal with a coefficient of variation of 0.8.
    private static readonly double LogVariance = Math.Log(1 + (.8 * .8));
    private static readonly double[] HourlyProfile = [.40, .55, .62, .75, .92, 1.02, 1.0, .88, .52, .45, .30, .22];
    private static readonly LevelCurves Steep = new([1.60, 1.35, 1.20, 1.05, .95, .85], [.30, .50, .62, .72, .80, .87]);
    private static readonly LevelCurves Flat = new([1, 1, 1, 1, 1, 1], [.72, .72, .72, .72, .72, .72]);
    // Seconds of an expert that a contact takes at factor 1.
    private static readonly double Work = Channels.Sum(channel => channel.Share * channel.Mean * channel.Weight);

    private readonly int[][] _levels = new int[ExpertCount][];
    private readonly bool[][] _languages = new bool[ExpertCount][];
    private readonly List<ContactKind[,]> _kinds = [];
    private readonly double[] _kindSums;
    private readonly bool _day;
    private readonly double _load;

    private Sbr1(int world, bool day, double load)
    {
        _day = day;
        _load = load;
        MakeExperts(new PythonRandom(world));
        _kindSums = MakeKinds();
    }

    private double End => (_day ? 12 : 8) * 3600.0;

    /// <param name="world">Seed of the experts and of the kinds of requirement.</param>
    /// <param name="day">A day of twelve hours with shifts and a profile, instead of eight steady hours with an hour to warm up.</param>
    /// <param name="load">Work offered at factor 1, as a share of what the experts can do.</param>
    /// <param name="flat">A world in which levels change neither handle times nor resolution.</param>
    public static Scenario Create(int world, bool day, double load, bool flat = false)
    {
        var made = new Sbr1(world, day, load);
        var name = string.Create(CultureInfo.InvariantCulture, $"sbr1 world {world} {(day ? "day" : "steady")} {load:0.00}{(flat ? " flat" : "")}");
        return new Scenario(name, made.Experts(), made.End, day ? 0 : 3600, flat ? Flat : Steep, null, made.Contacts, Again);
    }

    private List<SimulatedExpert> Experts() =>
    [
        .. Enumerable.Range(0, ExpertCount).Select(index => new SimulatedExpert(
            $"Expert {index}",
            new SkillLevels(Enumerable.Range(0, SkillCount).Where(skill => _levels[index][skill] > 0).Select(skill => KeyValuePair.Create(SkillName(skill), _levels[index][skill]))),
            new LanguageLevels(LanguageTags.Where((_, language) => _languages[index][language]).Select(tag => KeyValuePair.Create(tag, Level.Master))),
            Capacity.One, _day ? [Shift(index)] : [])),
    ];

    private static (double From, double To) Shift(int expert) => expert switch
    {
        < 50 => (0, 8 * 3600),
        < 70 => (2 * 3600, 10 * 3600),
        _ => (4 * 3600, 12 * 3600),
    };

    private static string SkillName(int skill) => string.Create(CultureInfo.InvariantCulture, $"skill {skill}");

    private void MakeExperts(PythonRandom random)
    {
        var primary = new List<int>();
        for (var skill = 0; skill < SkillCount; skill++) primary.AddRange(Enumerable.Repeat(skill, (int)Math.Round(Popularity[skill] * ExpertCount)));
        random.Shuffle(primary);
        var popularity = PythonRandom.Cumulate(Popularity);
        var secondary = PythonRandom.Cumulate([.25, .35, .25, .15]);
        for (var index = 0; index < ExpertCount; index++)
        {
            var levels = _levels[index] = new int[SkillCount];
            levels[primary[index]] = random.NextDouble() < .4 ? 5 : 4;
            while (levels.Count(level => level > 0) < 3)
            {
                var skill = random.Choose(popularity);
                if (levels[skill] == 0) levels[skill] = 1 + random.Choose(secondary);
            }

            var spoken = random.NextDouble();
            _languages[index] = [true, spoken < .2, spoken is >= .2 and < .3];
        }
    }

    private double[] MakeKinds()
    {
        var shares = new List<double>();
        for (var skill = 0; skill < SkillCount; skill++)
        {
            foreach (var (minimum, ofMinimum) in new[] { (1, .5), (2, .3), (3, .2) })
            {
                for (var second = -1; second < SkillCount; second++)
                {
                    if (second == skill) continue;
                    var ofSecond = second < 0 ? .85 : .15 * Popularity[second] / (1 - Popularity[skill]);
                    foreach (var (language, ofLanguage) in new[] { (0, .80), (1, .13), (2, .07) })
                    {
                        var able = Enumerable.Range(0, ExpertCount).Count(index =>
                            _levels[index][skill] >= minimum && _languages[index][language] && (second < 0 || _levels[index][second] >= 1));
                        if (able < FewestExperts) continue;
                        shares.Add(Popularity[skill] * ofMinimum * ofSecond * ofLanguage);
                        _kinds.Add(KindsOf(skill, minimum, second, language));
                    }
                }
            }
        }

        var sum = shares.Sum();
        return PythonRandom.Cumulate(shares.Select(share => share / sum));
    }

    private static ContactKind[,] KindsOf(int skill, int minimum, int second, int language)
    {
        List<SkillRequirement> skills = [new(SkillName(skill), minimum, NeverDrop: true)];
        if (second >= 0) skills.Add(new SkillRequirement(SkillName(second), 1, NeverDrop: false));
        var kinds = new ContactKind[Channels.Length, Tiers.Length];
        for (var channel = 0; channel < Channels.Length; channel++)
        {
            for (var tier = 0; tier < Tiers.Length; tier++)
                kinds[channel, tier] = new ContactKind(skills, LanguageTags[language], Channels[channel].Name, Tiers[tier], Capacity.Of(Channels[channel].Weight), Channels[channel].Target[tier]);
        }

        return kinds;
    }

    private List<Contact> Contacts(int seed)
    {
        var random = new PythonRandom(seed);
        var rate = _load * ExpertCount / Work;
        var highest = rate * 1.02;
        var tiers = PythonRandom.Cumulate(TierShares);
        var channels = PythonRandom.Cumulate(Channels.Select(channel => channel.Share));
        var contacts = new List<Contact>();
        for (var at = random.Exponential(highest); at < End; at += random.Exponential(highest))
        {
            if (random.NextDouble() * highest > (_day ? rate * HourlyProfile[(int)(at / 3600)] : rate)) continue;
            var kinds = _kinds[random.Choose(_kindSums)];
            var tier = random.Choose(tiers);
            contacts.Add(Draw(contacts.Count, 1, at, kinds[random.Choose(channels), tier], seed));
        }

        return contacts;
    }

    // Contacts that come back have numbers of their own, far from those of first contacts.
    private static Contact Again(Contact contact, double at, int seed) =>
        Draw(contact.Id + 10_000_000, contact.Attempt + 1, at, contact.Kind, seed);

    private static Contact Draw(long id, int attempt, double at, ContactKind kind, int seed)
    {
        var random = new PythonRandom((seed * 1_000_000_000L) + (id * 8) + attempt);
        var channel = Channels.First(channel => channel.Name == kind.Channel);
        var handle = channel.Mean * Math.Exp((Math.Sqrt(LogVariance) * random.Normal()) - (LogVariance / 2));
        var patience = random.Exponential(1 / channel.Patience);
        var resolution = random.NextDouble();
        var returns = random.NextDouble() < ReturnShare && attempt < MostAttempts;
        return new Contact(id, attempt, at, kind, handle, patience, resolution, returns, random.Exponential(1 / MeanReturn));
    }
}
