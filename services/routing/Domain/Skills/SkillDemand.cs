namespace Relais.Routing.Domain.Skills;

/// <summary>A skill, who has it and what was asked of it.</summary>
/// <param name="ByLevel">Experts at level 1 to 5.</param>
/// <param name="Present">Of level 1 or better and available.</param>
/// <param name="LevelNeeded">What nine in ten matters were content with; 0 when none asked.</param>
/// <param name="Unmet">Decisions in which nobody could take a matter and experts were turned down for this skill.</param>
/// <param name="Gap"><c>NONE</c>, <c>SINGLE</c>, <c>SCARCE</c> or empty.</param>
internal sealed record SkillColumn(
    string Skill, IReadOnlyList<int> ByLevel, int Present, int Demand, int LevelNeeded, int Qualified, double? DemandPerExpert, int Unmet, string Gap);

/// <summary>Somebody who could learn something, and what that would change.</summary>
/// <param name="WaitsAvoided">Decisions in which this expert was free, only this skill stood against them, at no higher level, and the matter waited.</param>
internal sealed record Training(Expert Expert, string Skill, int From, int To, int WaitsAvoided, double? Before, double After);

/// <summary>What was asked for against what there is.</summary>
internal sealed class SkillDemand
{
    private const int MostTrainings = 20;
    private const int TrainingsPerSkill = 3;

    private readonly SkillCatalogue _catalogue;
    private readonly IReadOnlyList<Decision> _unmet;

    private SkillDemand(SkillCatalogue catalogue, IReadOnlyList<Expert> experts, IReadOnlyList<Decision> unmet) =>
        (_catalogue, Experts, _unmet) = (catalogue, experts, unmet);

    public IReadOnlyList<Expert> Experts { get; }

    public IReadOnlyList<SkillColumn> Columns { get; private set; } = [];

    /// <summary>The most useful first.</summary>
    public IReadOnlyList<Training> Trainings { get; private set; } = [];

    /// <param name="asked">What each matter of a period asked for.</param>
    /// <param name="unmet">Decisions of the period by which a matter had to wait.</param>
    public static SkillDemand Of(
        SkillCatalogue catalogue, IReadOnlyList<Expert> experts, IReadOnlyList<IReadOnlyList<SkillRequirement>> asked, IReadOnlyList<Decision> unmet)
    {
        var demand = new SkillDemand(catalogue, experts, unmet);
        var levels = asked.SelectMany(skills => skills.Select(skill => (Skill: catalogue.IdOf(skill.Skill), skill.MinimumLevel)).Distinct())
            .GroupBy(skill => skill.Skill, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.Select(skill => skill.MinimumLevel).Order().ToList(), StringComparer.OrdinalIgnoreCase);
        var names = catalogue.Skills.Select(skill => skill.Id).Concat(levels.Keys)
            .Concat(experts.SelectMany(expert => expert.Profile.Given).Select(skill => catalogue.IdOf(skill.Skill)))
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).ToList();
        var columns = names.ConvertAll(name => demand.ColumnOf(name, levels.GetValueOrDefault(name) ?? []));
        var ratios = columns.Select(column => column.DemandPerExpert).OfType<double>().Where(ratio => ratio > 0).Order().ToList();
        var usual = ratios.Count == 0 ? double.PositiveInfinity : ratios[(ratios.Count - 1) / 2];
        demand.Columns = columns.ConvertAll(column => column with { Gap = GapOf(column, usual) });
        demand.Trainings =
        [
            .. demand.Columns.Where(column => column.Gap.Length > 0 || column.Unmet > 0).SelectMany(demand.TrainingsIn)
                .OrderByDescending(training => training.WaitsAvoided).ThenByDescending(training => training.Before ?? double.PositiveInfinity)
                .ThenByDescending(training => training.From).ThenBy(training => training.Expert.Id).Take(MostTrainings),
        ];
        return demand;
    }

    private static string GapOf(SkillColumn column, double usual) => column switch
    {
        { Demand: 0 } => "",
        { Qualified: 0 } => "NONE",
        { Qualified: 1 } => "SINGLE",
        { DemandPerExpert: { } ratio } when ratio > 2 * usual => "SCARCE",
        _ => "",
    };

    private SkillColumn ColumnOf(string skill, List<int> levels)
    {
        var held = Experts.Select(expert => (expert.Presence, Level: expert.Profile.Skills[skill])).Where(one => one.Level > Level.None).ToList();
        var needed = levels.Count == 0 ? 0 : levels[(int)Math.Ceiling(.9 * levels.Count) - 1];
        var qualified = held.Count(one => one.Level >= Math.Max(1, needed));
        return new SkillColumn(
            skill, [.. Enumerable.Range(1, Level.Master).Select(level => held.Count(one => one.Level == level))],
            held.Count(one => one.Presence == Presence.Available), levels.Count, needed, qualified,
            qualified == 0 ? null : (double)levels.Count / qualified, _unmet.Count(decision => decision.RejectionCounts.Keys.Any(code => IsOf(code, skill))), "");
    }

    private IEnumerable<Training> TrainingsIn(SkillColumn column)
    {
        var to = Math.Max(1, column.LevelNeeded);
        // Who was in reach: everything fitted but this, of which no more was asked.
        var avoided = _unmet.Where(decision => !decision.Skills.Any(asked => asked.MinimumLevel > to && _catalogue.AreSame(asked.Skill, column.Skill)))
            .SelectMany(decision => decision.Rejections)
            .Where(rejection => rejection.Reasons.Count == 1 && IsOf(rejection.Reasons[0], column.Skill))
            .CountBy(rejection => rejection.ExpertId).ToDictionary();
        return Experts.Where(expert => expert.Profile.Skills[column.Skill] < to)
            .Select(expert => new Training(
                expert, column.Skill, expert.Profile.Skills[column.Skill], to, avoided.GetValueOrDefault(expert.Id), column.DemandPerExpert,
                (double)column.Demand / (column.Qualified + 1)))
            .OrderByDescending(training => training.WaitsAvoided).ThenByDescending(training => training.From).ThenBy(training => training.Expert.Id)
            .Take(TrainingsPerSkill);
    }

    private bool IsOf(string code, string skill) => code.StartsWith(Eligibility.SkillPrefix, StringComparison.Ordinal)
        && _catalogue.AreSame(code[Eligibility.SkillPrefix.Length..], skill);
}
