using Relais.Common.Hosting;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing;

/// <summary>How work finds experts.</summary>
internal sealed class RoutingOptions : ITargetOptions
{
    public static string Section => "Routing";

    /// <summary>How experts and items are chosen: the name of one of <see cref="MatchingRules"/>.</summary>
    public string Rule { get; set; } = "relais";

    /// <summary>How long an expert has to answer an offer.</summary>
    public TimeSpan OfferTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Offers missed in a row after which an expert is set away; 0 for never.</summary>
    public int MissesUntilAway { get; set; } = 2;

    /// <summary>What a conversation takes of an expert's capacity, by channel: a voice call takes a whole expert.</summary>
    public Dictionary<string, double> ChannelWeights { get; set; } = new(StringComparer.Ordinal)
    {
        ["voice"] = 1,
        ["web_chat"] = 1.0 / 3,
        ["email"] = 0.5,
        ["case"] = 0.5,
    };

    /// <summary>The weight of a channel that is not among them.</summary>
    public double OtherChannelWeight { get; set; } = 0.5;

    /// <summary>The capacity of an expert for whom nobody has set one.</summary>
    public double DefaultCapacity { get; set; } = 1;

    /// <summary>The time zone of an expert for whom nobody has set one.</summary>
    public string DefaultTimeZone { get; set; } = "Europe/Paris";

    /// <summary>The least level in the matter's language.</summary>
    public int MinimumLanguageLevel { get; set; } = 1;

    /// <summary>The steps in which minimum levels give way to waiting; the two of <see cref="RoutingPolicy"/> where none are given.</summary>
    public List<RelaxationOption> Relaxation { get; set; } = [];

    /// <summary>Candidates and rejections that a decision keeps in detail.</summary>
    public int RecordedExperts { get; set; } = 10;

    /// <summary>How long decisions are kept.</summary>
    public TimeSpan DecisionRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long closed matters, offers that are over, dissolved teams and ended pauses are kept: how far back policies can
    /// be tried. A matter that is reopened later is queued as tickets tells it anew.
    /// </summary>
    public TimeSpan WorkRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long accepting an offer waits for the ticket's assignment to come back.</summary>
    public TimeSpan AssignmentWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long matters are kept in fact: decisions about one that is forgotten could not be found.</summary>
    public TimeSpan WorkKept => WorkRetention > DecisionRetention ? WorkRetention : DecisionRetention;

    public Capacity WeightOf(string channel) => Capacity.Of(ChannelWeights.GetValueOrDefault(channel, OtherChannelWeight));

    public RoutingPolicy ToPolicy()
    {
        var policy = new RoutingPolicy
        {
            Rule = MatchingRules.Named(Rule) ?? throw new InvalidOperationException($"There is no rule {Rule}."),
            OfferTimeout = OfferTimeout,
            MissesUntilAway = MissesUntilAway,
            MinimumLanguageLevel = MinimumLanguageLevel,
            RecordedExperts = RecordedExperts,
            UsualWeight = WeightOf,
        };
        return Relaxation.Count == 0 ? policy : policy with { Relaxation = Plan() };
    }

    public IEnumerable<string> Problems()
    {
        if (MatchingRules.Named(Rule) is null)
            yield return $"{nameof(Rule)} must be one of {string.Join(", ", MatchingRules.Names)}; '{Rule}' is none.";
        if (OfferTimeout < TimeSpan.FromSeconds(1) || OfferTimeout > TimeSpan.FromHours(1))
            yield return $"{nameof(OfferTimeout)} must be from 1 s to 1 h.";
        if (MissesUntilAway < 0)
            yield return $"{nameof(MissesUntilAway)} must be 0 (never) or more.";
        foreach (var (channel, weight) in ChannelWeights.Append(KeyValuePair.Create(nameof(OtherChannelWeight), OtherChannelWeight)))
        {
            if (!(weight is > 0 and <= Capacity.Largest))
                yield return $"{nameof(ChannelWeights)}: the weight of {channel} must be more than 0 and at most {Capacity.Largest}.";
        }

        if (!(DefaultCapacity is >= 0 and <= Capacity.Largest))
            yield return $"{nameof(DefaultCapacity)} must be from 0 to {Capacity.Largest}.";
        if (WorkingSchedule.ZoneOf(DefaultTimeZone) is null)
            yield return $"{nameof(DefaultTimeZone)} must be an IANA time zone such as Europe/Paris; '{DefaultTimeZone}' is none.";
        if (!Level.IsValid(MinimumLanguageLevel))
            yield return $"{nameof(MinimumLanguageLevel)} must be from {Level.None} to {Level.Master}.";
        if (RecordedExperts < 1)
            yield return $"{nameof(RecordedExperts)} must be at least 1.";
        if (DecisionRetention < TimeSpan.FromHours(1))
            yield return $"{nameof(DecisionRetention)} must be at least an hour.";
        if (WorkRetention < TimeSpan.FromHours(1))
            yield return $"{nameof(WorkRetention)} must be at least an hour.";
        if (AssignmentWait < TimeSpan.Zero || AssignmentWait > TimeSpan.FromSeconds(10))
            yield return $"{nameof(AssignmentWait)} must be from 0 to 10 s.";
        if (PlanProblem() is { } problem)
            yield return $"{nameof(Relaxation)}: {problem}";
    }

    private RelaxationPlan Plan() => new(Relaxation.Select(step => new RelaxationStep(step.After, step.LevelsDown, step.NeverDropOnly) { Overflow = step.NeverDropOnly }));

    private string? PlanProblem()
    {
        try
        {
            Plan();
            return null;
        }
        catch (ArgumentException problem)
        {
            // The plan says itself what it cannot be.
            return problem.Message;
        }
    }
}

/// <summary>One step of <see cref="RoutingOptions.Relaxation"/>; see <see cref="RelaxationStep"/>.</summary>
internal sealed class RelaxationOption
{
    public TimeSpan After { get; set; }

    public int LevelsDown { get; set; }

    public bool NeverDropOnly { get; set; }
}
