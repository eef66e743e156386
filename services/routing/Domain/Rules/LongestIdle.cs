namespace Relais.Routing.Domain.Rules;

/// <summary>
/// First come, first served, by the longest idle of the qualified, whatever their levels: FCFS-ALIS of Adan and Weiss
/// (2012), whose stationary distribution is known in product form. Common as the default of telephone switches.
/// </summary>
internal sealed class LongestIdle : MatchingRule
{
    public override string Name => "longest-idle";

    public override double Preference(WorkClass work, int stage, int level, int standing) => 0;

    public override double Worth(WorkClass work, int stage, int level, int standing) => 1;
}
