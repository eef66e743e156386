namespace Relais.Routing.Domain.Rules;

/// <summary>
/// First come, first served, by whoever of the qualified has the largest share of their capacity free, in twelfths; then in
/// turns. With channels of different weights it is worse than taking turns: it breaks up experts who could take a call.
/// </summary>
internal sealed class LeastLoaded : MatchingRule
{
    private const int Twelfths = 12;

    public override string Name => "least-loaded";

    public override int Standings => Twelfths + 1;

    public override TieBreak TieBreak => TieBreak.LeastRecentlyAssigned;

    public override int Standing(in ExpertState expert) => expert.Capacity.Parts == 0
        ? 0
        : Math.Clamp(Twelfths * (expert.Capacity.Parts - expert.Load.Parts) / expert.Capacity.Parts, 0, Twelfths);

    public override double Preference(WorkClass work, int stage, int level, int standing) => standing;

    public override double Worth(WorkClass work, int stage, int level, int standing) => 1;

    public override IReadOnlyList<ScoreTerm> Explain(WorkClass work, int stage, int level, int standing) =>
        [new("free", standing)];
}
