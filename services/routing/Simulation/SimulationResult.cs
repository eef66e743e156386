using Relais.Routing.Domain;

namespace Relais.Routing.Simulation;

/// <summary>What one run gave: the contacts that count, and the figures drawn from them.</summary>
internal sealed class SimulationResult
{
    private const string Voice = "voice";
    private const string Chat = "chat";

    private readonly Scenario _scenario;
    private readonly List<Outcome> _outcomes;
    private readonly IReadOnlyList<double> _busy;

    /// <param name="busy">Seconds of work of each expert up to the end, weighted.</param>
    public SimulationResult(Scenario scenario, IEnumerable<Outcome> outcomes, IReadOnlyList<double> busy)
    {
        _scenario = scenario;
        _outcomes = [.. outcomes.Where(outcome => outcome.Contact.At >= scenario.WarmUp)];
        _busy = busy;
    }

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    /// <summary>
    /// The figures by name. Shares are percentages, waits are seconds; a figure that nothing was measured for is not a
    /// number.
    /// <list type="bullet">
    /// <item><c>good</c>: first contacts answered in time and resolved.</item>
    /// <item><c>sla</c>: contacts answered in time; <c>vipVoiceSla</c>: of the voice calls of VIP customers.</item>
    /// <item><c>voiceWaitMean</c>, <c>voiceWaitP95</c>, <c>waitMean</c>: until the answer or giving up; who was turned away
    /// did not wait and does not count.</item>
    /// <item><c>abandoned</c>: voice calls and chats (where there are none, any contact) that gave up.</item>
    /// <item><c>match</c>: mean level of who answered, as a share of the best level on the roster.</item>
    /// <item><c>fcr</c>: first contacts that were answered and resolved.</item>
    /// <item><c>occupancy</c>: mean share of staffed time at work; <c>gini</c>: its inequality among experts, 0 to 1.</item>
    /// <item><c>blocked</c>: contacts turned away because every waiting place was taken.</item>
    /// <item><c>declined</c>, <c>missed</c>: of all offers, where experts do not accept every one at once.</item>
    /// </list>
    /// </summary>
    public IReadOnlyDictionary<string, double> Figures()
    {
        var entered = _outcomes.Where(outcome => !outcome.Blocked).ToList();
        var served = entered.Where(outcome => outcome.Served).ToList();
        var first = _outcomes.Where(outcome => outcome.Contact.Attempt == 1).ToList();
        var voice = entered.Where(outcome => outcome.Contact.Kind.Channel == Voice).ToList();
        var live = entered.Where(outcome => outcome.Contact.Kind.Channel is Voice or Chat).ToList();
        var voiceWaits = voice.Select(outcome => outcome.Waited).Order().ToList();
        var (occupancy, gini) = Occupancy();
        var figures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["good"] = Share(first, outcome => outcome.InTime && outcome.Resolved),
            ["sla"] = Share(_outcomes, outcome => outcome.InTime),
            ["vipVoiceSla"] = Share(voice.Where(outcome => outcome.Contact.Kind.Tier == CustomerTier.Vip), outcome => outcome.InTime),
            ["voiceWaitMean"] = Mean(voiceWaits),
            ["voiceWaitP95"] = voiceWaits.Count == 0 ? double.NaN : voiceWaits[Math.Min((int)(.95 * voiceWaits.Count), voiceWaits.Count - 1)],
            ["abandoned"] = Share(live.Count > 0 ? live : entered, outcome => !outcome.Served),
            ["match"] = 100 * Mean(served.Select(outcome => outcome.TopLevel == 0 ? 1 : (double)outcome.Level!.Value / outcome.TopLevel)),
            ["fcr"] = Share(first, outcome => outcome.Resolved),
            ["occupancy"] = occupancy,
            ["gini"] = gini,
            ["blocked"] = Share(_outcomes, outcome => outcome.Blocked),
            ["waitMean"] = Mean(entered.Select(outcome => outcome.Waited)),
        };
        if (_scenario.AcceptsAtOnce) return figures;
        var (declined, missed) = (_outcomes.Sum(outcome => outcome.Fruitless.Declined), _outcomes.Sum(outcome => outcome.Fruitless.Missed));
        var offers = (double)(served.Count + declined + missed);
        (figures["declined"], figures["missed"]) = (100 * declined / offers, 100 * missed / offers);
        return figures;
    }

    private (double Percent, double Gini) Occupancy()
    {
        var shares = _scenario.Experts.Select((expert, index) => _busy[index] / Staffed(expert)).Where(double.IsFinite).Order().ToList();
        var sum = shares.Sum();
        var spread = 0.0;
        for (var index = 0; index < shares.Count; index++) spread += ((2 * index) - shares.Count + 1) * shares[index];
        return (100 * sum / shares.Count, sum > 0 ? spread / (shares.Count * sum) : 0);
    }

    private double Staffed(SimulatedExpert expert) =>
        expert.Shifts.Count == 0 ? _scenario.End : expert.Shifts.Sum(shift => shift.To - shift.From);

    private static double Share(IEnumerable<Outcome> among, Func<Outcome, bool> which) => 100 * Mean(among.Select(outcome => which(outcome) ? 1.0 : 0));

    private static double Mean(IEnumerable<double> values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values) (sum, count) = (sum + value, count + 1);
        return count == 0 ? double.NaN : sum / count;
    }
}
