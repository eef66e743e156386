using Relais.Routing.Domain;
using Relais.Routing.Domain.Matching;
using Relais.Routing.Domain.Skills;

namespace Relais.Unit.Routing.Domain;

public sealed class SkillDemandTests
{
    [Fact]
    public void Wait_for_a_higher_level_than_the_training_leads_to_is_not_avoided_by_it()
    {
        Expert[] experts =
        [
            new(World.Profile(1, World.Skills(("billing", 1))), Presence.Available, World.Start),
            new(World.Profile(2, World.Skills(("billing", 3))), Presence.Available, World.Start),
        ];
        IReadOnlyList<SkillRequirement>[] asked = [.. Enumerable.Repeat<IReadOnlyList<SkillRequirement>>([new("billing", 3, true)], 20)];

        var demand = SkillDemand.Of(SkillCatalogue.Empty, experts, asked, [Waits("billing", 3), Waits("Billing", 5)]);

        var training = Assert.Single(demand.Trainings);
        Assert.Equal((World.Id(1, 1), 3, 1), (training.Expert.Id, training.To, training.WaitsAvoided));
        Assert.Equal(2, Assert.Single(demand.Columns).Unmet);
    }

    /// <summary>A matter waits though an expert is free, for their level alone.</summary>
    private static Decision Waits(string skill, int minimum)
    {
        var code = Eligibility.SkillPrefix + skill;
        return new Decision(
            World.Id(4, minimum), World.Id(2, minimum), World.Start, Trigger.Opened, [], 0, [new Rejection(World.Id(1, 1), "", [code])],
            ReasonCounts.Of([new(code, 1)]), [], null, "", false, [new SkillMatch(skill, minimum, 0)], "fr", 0, 0, null);
    }
}
