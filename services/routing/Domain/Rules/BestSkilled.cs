namespace Relais.Routing.Domain.Rules;

/// <summary>
/// The best expert at once, whoever is free: the highest level, then the longest idle. A free expert takes the item that
/// they master best, then the oldest. Known as most qualified routing, static priority, <c>static_skill</c> in SBR-1.
/// </summary>
internal sealed class BestSkilled : MatchingRule
{
    public override string Name => "best-skilled";

    public override double Preference(WorkClass work, int stage, int level, int standing) => level;

    public override double Worth(WorkClass work, int stage, int level, int standing) => level;

    public override IReadOnlyList<ScoreTerm> Explain(WorkClass work, int stage, int level, int standing) =>
        [new("level", level)];
}
