using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Simulation;

/// <summary>
/// A contact centre and its traffic, to be routed on a virtual clock. Times are seconds since the beginning.
/// </summary>
/// <param name="End">No contact begins after it; occupancy is measured up to it. What waits then still ends.</param>
/// <param name="WarmUp">Contacts that began before it are not measured.</param>
/// <param name="Curves">What a level changes.</param>
/// <param name="WaitingPlaces">Contacts beyond so many waiting ones are turned away; null for any number.</param>
/// <param name="Contacts">
/// The first contacts of a seed, in order of time. What is random about a contact is drawn from the contact's own stream
/// and not in the order of decisions, so that two policies meet the same contacts.
/// </param>
/// <param name="Again">The same matter once more, at a time, because it was not resolved; null when nobody comes back.</param>
internal sealed record Scenario(
    string Name, IReadOnlyList<SimulatedExpert> Experts, double End, double WarmUp, LevelCurves Curves, int? WaitingPlaces,
    Func<int, IReadOnlyList<Contact>> Contacts, Func<Contact, double, int, Contact>? Again)
{
    /// <summary>Policies to try here, by the names that the scenario gives them.</summary>
    public IReadOnlyDictionary<string, PolicyDefinition> Policies { get; init; } = new Dictionary<string, PolicyDefinition>();

    /// <summary>Whether every offer is accepted as it is made.</summary>
    public bool AcceptsAtOnce => Experts.All(expert => expert.Answer is null);
}

/// <summary>An expert and when they are there.</summary>
/// <param name="Shifts">In order; none for always.</param>
internal sealed record SimulatedExpert(
    string Name, SkillLevels Skills, LanguageLevels Languages, Capacity Capacity, IReadOnlyList<(double From, double To)> Shifts)
{
    /// <summary>Null when they accept every offer at once.</summary>
    public AnswerHabit? Answer { get; init; }
}

/// <summary>How an expert answers offers.</summary>
/// <param name="Time">From an offer to its answer; null for none. An offer that ends first is missed.</param>
/// <param name="Decline">Share of offers that are declined, 0 to 1.</param>
/// <param name="Miss">Share of offers that are never answered, 0 to 1; what is neither is accepted.</param>
/// <param name="Away">Seconds after which the expert is available again when missed offers have set them away.</param>
internal sealed record AnswerHabit(RandomTime? Time, double Decline, double Miss, double Away);

/// <summary>A random duration in seconds: lognormal, or exponential.</summary>
/// <param name="Variation">Coefficient of variation of the lognormal.</param>
internal sealed record RandomTime(double Mean, double Variation, bool Exponential)
{
    public double From(PythonRandom random)
    {
        if (Exponential) return random.Exponential(1 / Mean);
        var logVariance = Math.Log(1 + (Variation * Variation));
        return Mean * Math.Exp((Math.Sqrt(logVariance) * random.Normal()) - (logVariance / 2));
    }
}

/// <summary>What the expert's level changes, for levels 0 to 5.</summary>
/// <param name="HandleTime">Factor of the handle time.</param>
/// <param name="Resolution">Probability that the contact resolves the matter.</param>
internal sealed record LevelCurves(IReadOnlyList<double> HandleTime, IReadOnlyList<double> Resolution)
{
    /// <summary>A level changes nothing, and every contact resolves.</summary>
    public static readonly LevelCurves None = new([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]);
}

/// <summary>What contacts of a kind ask for.</summary>
/// <param name="Language">Empty when any does.</param>
/// <param name="Target">Seconds within which an answer is in time.</param>
internal sealed record ContactKind(
    IReadOnlyList<SkillRequirement> Skills, string Language, string Channel, CustomerTier Tier, Capacity Weight, double Target);

/// <summary>One contact with everything that chance decides about it; no rule sees more than its kind.</summary>
/// <param name="Attempt">1 for the first contact about a matter.</param>
/// <param name="Handle">Seconds it takes at factor 1.</param>
/// <param name="Patience">Seconds after which the customer gives up waiting; infinite for never.</param>
/// <param name="ResolutionDraw">Uniform: resolved when it is not above the probability.</param>
/// <param name="Returns">Whether an unresolved matter comes back.</param>
/// <param name="ReturnAfter">Seconds after the end of the contact.</param>
internal sealed record Contact(
    long Id, int Attempt, double At, ContactKind Kind, double Handle, double Patience, double ResolutionDraw, bool Returns, double ReturnAfter);

/// <summary>How a contact ended.</summary>
/// <param name="Waited">Seconds until the answer, or until it gave up.</param>
/// <param name="Level">Of the expert who took it; null when nobody did.</param>
/// <param name="TopLevel">The best on the roster for it.</param>
internal readonly record struct Outcome(Contact Contact, double Waited, int? Level, int TopLevel, bool Resolved, bool Blocked)
{
    /// <summary>Offers of it that were declined, or that nobody answered.</summary>
    public (int Declined, int Missed) Fruitless { get; init; }

    public bool Served => Level is not null;

    public bool InTime => Served && Waited <= Contact.Kind.Target;
}
