using System.Globalization;
using Relais.Routing.Domain;

namespace Relais.Routing.Simulation;

/// <summary>
/// Wallace and Whitt's experiment (2005): six types of call, 90 agents, 30 waiting places, exponential service of ten
/// minutes, and agents with one to six skills. Two skills come close to full pooling. An agent's order of priorities is told
/// by levels, 5 for the first; the fifth and the sixth share level 1.
/// </summary>
internal static class WallaceWhitt
{
    public const int Agents = 90;
    public const int WaitingPlaces = 30;
    public const double MeanService = 600;

    private const int Types = 6;
    private const double Target = 30;

    /// <param name="skills">Of each agent, 1 to 6.</param>
    /// <param name="load">In Erlangs.</param>
    /// <param name="minutes">Length of a run; the first twelfth warms up.</param>
    public static Scenario Create(int skills, double load, double minutes = 60_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(skills, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(skills, Types);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(load);
        var end = minutes * 60;
        var kinds = Enumerable.Range(0, Types)
            .Select(type => new ContactKind([new SkillRequirement(SkillName(type), 1, NeverDrop: true)], "", "voice", CustomerTier.Standard, Capacity.One, Target)).ToList();
        var experts = new List<SimulatedExpert>();
        for (var primary = 0; primary < Types; primary++)
        {
            var others = Enumerable.Range(0, Types).Where(type => type != primary).ToList();
            for (var agent = 0; agent < Agents / Types; agent++)
            {
                var order = others.Skip(agent % others.Count).Concat(others.Take(agent % others.Count)).Take(skills - 1).Prepend(primary);
                var levels = order.Select((type, rank) => KeyValuePair.Create(SkillName(type), Math.Max(1, Level.Master - rank)));
                experts.Add(new SimulatedExpert($"Agent {primary}.{agent}", new SkillLevels(levels), LanguageLevels.Empty, Capacity.One, []));
            }
        }

        return new Scenario(
            string.Create(CultureInfo.InvariantCulture, $"wallace-whitt {skills} skills {load} Erlangs"), experts, end, end / 12, LevelCurves.None, WaitingPlaces, Contacts, null);

        List<Contact> Contacts(int seed)
        {
            var random = new PythonRandom(seed);
            var contacts = new List<Contact>();
            for (var at = random.Exponential(load / MeanService); at < end; at += random.Exponential(load / MeanService))
                contacts.Add(new Contact(contacts.Count, 1, at, kinds[random.Below(Types)], random.Exponential(1 / MeanService), double.PositiveInfinity, 0, false, 0));
            return contacts;
        }
    }

    private static string SkillName(int type) => string.Create(CultureInfo.InvariantCulture, $"type {type}");
}
