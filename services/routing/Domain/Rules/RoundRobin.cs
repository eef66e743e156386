namespace Relais.Routing.Domain.Rules;

/// <summary>First come, first served, in turns among the qualified: whoever was given work the longest ago.</summary>
internal sealed class RoundRobin : MatchingRule
{
    public override string Name => "round-robin";

    public override TieBreak TieBreak => TieBreak.LeastRecentlyAssigned;

    public override double Preference(WorkClass work, int stage, int level, int standing) => 0;

    public override double Worth(WorkClass work, int stage, int level, int standing) => 1;
}
