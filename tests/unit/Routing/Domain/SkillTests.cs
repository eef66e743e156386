using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;

namespace Relais.Unit.Routing.Domain;

public sealed class SkillTests
{
    private static readonly DateTimeOffset Now = World.Start;

    private static SkillCatalogue Catalogue(params (string Id, string Parent, string[] Synonyms)[] skills) =>
        new(skills.Select(skill => new CatalogueSkill(skill.Id, "", "", skill.Parent, skill.Synonyms)), closed: false);

    [Fact]
    public void Child_skill_satisfies_its_ancestors_and_their_synonyms_and_not_the_other_way_round()
    {
        var catalogue = Catalogue(("telephony", "", ["phones"]), ("mobile", "telephony", ["cell"]), ("5g", "mobile", []));

        Assert.Equal(["5g", "mobile", "cell", "telephony", "phones"], catalogue.Satisfies("5G"), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(["telephony", "phones"], catalogue.Satisfies("telephony"));
        Assert.Equal(["unheard of"], catalogue.Satisfies("unheard of"));
        Assert.Equal("mobile", catalogue.IdOf("CELL"));
    }

    [Fact]
    public void Cycle_in_the_hierarchy_is_told_with_its_way_and_a_stored_one_ends_by_itself()
    {
        var catalogue = Catalogue(("a", "b", []), ("b", "c", []), ("c", "", []));

        Assert.Equal(["c", "a", "b", "c"], catalogue.CycleWith("c", "a"));
        Assert.Equal(["a", "a"], catalogue.CycleWith("a", "a"));
        Assert.Null(catalogue.CycleWith("c", ""));
        Assert.Equal(3, Catalogue(("a", "b", []), ("b", "c", []), ("c", "a", [])).Satisfies("a").Count);
    }

    [Fact]
    public void Certificate_counts_until_it_ends_and_what_it_implied_ends_with_it()
    {
        var catalogue = Catalogue(("electricity", "", []), ("high voltage", "electricity", []));
        var end = Now.AddDays(1);
        var (levels, later) = Mastery.Of([new("high voltage", 5, end), new("electricity", 2)], [], catalogue, Now);

        Assert.Equal((5, 5), (levels["high voltage"], levels["electricity"]));
        var then = Assert.Single(later);
        Assert.Equal((end, 0, 2), (then.From, then.Skills["high voltage"], then.Skills["electricity"]));
        Assert.Equal(0, Mastery.Of([new("high voltage", 5, end)], [], catalogue, end).Now["high voltage"]);
    }

    [Fact]
    public void Nobody_is_in_a_team_by_a_skill_that_a_catalogue_says_means_it()
    {
        var (levels, _) = Mastery.Of([new("phone", 5)], [KeyValuePair.Create("@channel:chat", 1)], Catalogue(("phone", "", ["@channel:voice", "@channel:chat"])), Now);

        Assert.Equal((5, 0, 1), (levels["phone"], levels["@channel:voice"], levels["@channel:chat"]));
    }

    [Fact]
    public void Engine_takes_an_offer_back_when_the_certificate_behind_it_ends()
    {
        var world = new World(new RoutingPolicy { OfferTimeout = TimeSpan.FromHours(1) });
        var end = world.Now.AddSeconds(30);
        var skilled = World.Profile(1, World.Skills(("billing", 5)));
        world.Do(new Input.ProfileSet(world.Now, skilled with { Later = [new LaterSkills(end, SkillLevels.Empty)] }));
        world.Be(World.Id(1, 1), Presence.Available);
        var item = world.Open(1, skills: new SkillRequirement("billing", 3, NeverDrop: true));
        Assert.Equal(ItemState.Offered, item.State);
        Assert.Equal(end, world.Engine.NextDue());

        world.Wait(30);

        Assert.Equal(ItemState.Waiting, item.State);
        Assert.Equal(0, world.Engine.FindExpert(World.Id(1, 1))!.Profile.Skills["billing"]);
        Assert.Contains(world.Last.Changes, change => change is Change.OfferSettled { State: OfferState.Rescinded, Reason: "profile" });
    }

    [Fact]
    public void Certificate_of_somebody_who_is_away_ends_too()
    {
        var world = new World();
        var later = new LaterSkills(world.Now.AddMinutes(10), SkillLevels.Empty);
        world.Do(new Input.ProfileSet(world.Now, World.Profile(1, World.Skills(("gas", 5))) with { Later = [later] }));

        Assert.Equal(later.From, world.Engine.NextDue());
        world.Wait(600);

        Assert.Equal(0, world.Engine.FindExpert(World.Id(1, 1))!.Profile.Skills["gas"]);
        Assert.Null(world.Engine.NextDue());
    }

    [Fact]
    public void Wrap_up_keeps_new_work_away_after_a_finished_item_until_it_is_over()
    {
        var world = new World();
        world.Do(new Input.ProfileSet(world.Now, World.Profile(1) with { WrapUp = TimeSpan.FromSeconds(20) }));
        world.Be(World.Id(1, 1), Presence.Available);
        var first = world.Open(1);
        world.Accept(first);
        var second = world.Open(2);
        world.Resolve(first);
        Assert.Equal(ItemState.Waiting, second.State);

        world.Wait(19);
        Assert.Equal(ItemState.Waiting, second.State);
        world.Wait(1);
        Assert.Equal(ItemState.Offered, second.State);
    }

    [Fact]
    public void Presence_reason_is_kept_while_away_and_gone_when_back()
    {
        var world = new World();
        var expert = world.Expert(1);
        world.Do(new Input.PresenceSet(world.Now, expert, Presence.Away, "lunch"));
        Assert.Equal("lunch", world.Engine.FindExpert(expert)!.PresenceReason);
        world.Be(expert, Presence.Available);
        Assert.Equal("", world.Engine.FindExpert(expert)!.PresenceReason);
    }
}
