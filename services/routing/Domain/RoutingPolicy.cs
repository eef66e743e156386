using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain;

/// <summary>The rules that an engine follows.</summary>
internal sealed record RoutingPolicy
{
    public RelaxationPlan Relaxation { get; init; } = new(
    [
        new RelaxationStep(TimeSpan.FromSeconds(60), LevelsDown: 1),
        new RelaxationStep(TimeSpan.FromSeconds(180), LevelsDown: 0, NeverDropOnly: true),
    ]);

    /// <summary>How long an expert has to answer an offer.</summary>
    public TimeSpan OfferTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Offers missed in a row after which an expert is set away; 0 for never.</summary>
    public int MissesUntilAway { get; init; } = 2;

    /// <summary>The least level in the item's language.</summary>
    public int MinimumLanguageLevel { get; init; } = 1;

    /// <summary>Candidates and rejections that a decision keeps in detail; totals always count everyone.</summary>
    public int RecordedExperts { get; init; } = 50;

    /// <summary>How long an item waits for its preferred expert, while that expert is there but busy, before others may have it.</summary>
    public TimeSpan PreferredWait { get; init; }

    /// <summary>Whether whoever is offered an item has it at once, as where calls are put through without asking.</summary>
    public bool AcceptsAtOnce { get; init; }

    /// <summary>How experts and items are chosen.</summary>
    public MatchingRule Rule { get; init; } = new RelaisRule();
}
