using NodaTime;
using Relais.Routing;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;
using Xunit;
using static Relais.Unit.Routing.Domain.World;

namespace Relais.Unit.Routing.Domain;

/// <summary>An engine that takes another's place goes on as that one would have.</summary>
public sealed class HandoverTests
{
    private static readonly DateTimeOffset Ten = Start.AddHours(1);

    [Theory]
    [InlineData("opening")]
    [InlineData("pause")]
    public void What_waited_out_a_night_that_ended_meanwhile_begins_to_wait_at_its_end(string night)
    {
        var definition = new PolicyDefinition { Relaxation = [new PolicyStep(60, 1, [], false, false)] };
        if (night == "opening")
        {
            definition = definition with
            {
                BusinessHours = [new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "12:00")], TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait,
            };
        }

        GroupPause[] pauses = night == "pause" ? [new(PolicyDefinition.DefaultGroup, new QueuePause("voice", Ten))] : [];
        var book = new RoutingBook(SkillCatalogue.Empty, [], [new GroupPolicy(PolicyDefinition.DefaultGroup, definition)], pauses);
        var world = new World(book.Policy, Ten.AddSeconds(5));
        var item = Item(1, Start.AddHours(-2), new SkillRequirement("billing", 3, true));

        var reaction = world.Engine.Restore([], [item], [], world.Now);

        Assert.Equal((Ten, 0), (item.WaitingSince, item.RelaxedSteps));
        Assert.Contains(reaction.Changes, change => change is Change.ItemChanged changed && changed.Item == item);
        world.Wait(60);
        Assert.Equal(1, item.RelaxedSteps);
    }

    [Fact]
    public void What_came_after_the_opening_keeps_its_wait()
    {
        var definition = new PolicyDefinition
        {
            BusinessHours = [new PolicyHours([(int)IsoDayOfWeek.Monday], "08:00", "08:30"), new PolicyHours([(int)IsoDayOfWeek.Monday], "08:30", "12:00")],
            TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait,
        };
        var book = new RoutingBook(
            SkillCatalogue.Empty, [], [new GroupPolicy(PolicyDefinition.DefaultGroup, definition)],
            [new(PolicyDefinition.DefaultGroup, new QueuePause("chat", Start.AddMinutes(-5)))]);
        var world = new World(book.Policy);
        var item = Item(1, Start.AddMinutes(-40));

        world.Engine.Restore([], [item], [], world.Now);

        Assert.Equal(Start.AddMinutes(-40), item.WaitingSince);
    }

    [Theory]
    [InlineData("round-robin", 1)]
    [InlineData("longest-idle", 2)]
    public void Whose_turn_it_is_outlives_the_engine(string rule, int expected)
    {
        var policy = new RoutingPolicy { Rule = MatchingRules.Named(rule)!, AcceptsAtOnce = true };
        var world = new World(policy);
        world.Expert(1);
        world.Expert(2, presence: Presence.Away);
        var first = world.Open(1);
        world.Wait(600);
        world.Be(Id(1, 2), Presence.Available);
        var second = world.Open(2);
        world.Wait(120);
        world.Resolve(second);
        world.Wait(1080);
        world.Resolve(first);

        var next = new MatchingEngine(policy, at => Guid.CreateVersion7(at));
        next.Restore(world.Engine.Experts.Select(Stored), [], [], world.Now);

        Assert.Equal(Id(1, expected), Given(world.Engine, 3));
        Assert.Equal(Id(1, expected), Given(next, 3));

        Guid? Given(MatchingEngine engine, int number)
        {
            var item = Item(number, world.Now);
            engine.Apply(new Input.Opened(world.Now, item));
            return item.Holder;
        }
    }

    [Fact]
    public void Which_offer_is_taken_back_does_not_depend_on_ids_that_chance_gave()
    {
        var rescinded = new[] { true, false }.Select(rises =>
        {
            var ids = rises ? 0 : 1000;
            var engine = new MatchingEngine(new RoutingPolicy(), _ => Id(0xF0, rises ? ++ids : --ids));
            engine.Restore([new Expert(Profile(1, capacity: 2), Presence.Available, Start)], [Item(1, Start), Item(2, Start)], [], Start);
            var settled = engine.Apply(new Input.ProfileSet(Start, Profile(1))).Changes.OfType<Change.OfferSettled>();
            return Assert.Single(settled).Offer.ItemId;
        });

        Assert.Single(rescinded.Distinct());
    }

    private static Expert Stored(Expert expert)
    {
        var row = new ExpertRow { Id = expert.Id };
        row.Take(expert.Profile);
        row.Take(expert);
        return row.ToExpert(RoutingBook.Empty, Start);
    }

    private static WorkItem Item(int number, DateTimeOffset since, params SkillRequirement[] skills) => new(
        new WorkRequest(Id(2, number), "", "", "voice", "fr", Priority.Normal, Capacity.One, skills, since), since.AddHours(12), since);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_has_one_chat_at_a_time_is_not_kept_free_for_a_call(bool restored)
    {
        var world = new World(new RoutingOptions().ToPolicy());
        var expert = world.Expert(1, Skills(("billing", 5)), capacity: 1.0 / 3);
        var needs = new SkillRequirement("billing", 2, NeverDrop: true);
        var items = Enumerable.Range(1, 20).Select(number => world.Open(number, 1.0 / 3, "fr", Priority.Normal, null, needs)).ToList();
        var held = items.Single(item => item.Holder == expert);
        if (restored)
        {
            var next = new World(new RoutingOptions().ToPolicy(), world.Now.AddSeconds(7));
            next.Engine.Restore([new Expert(world.Engine.FindExpert(expert)!.Profile, Presence.Available, Start)], items.Select(Stored), world.Engine.LiveOffers, next.Now);
            world = next;
        }

        world.Do(new Input.Resolved(world.Now, held.Id));

        Assert.Single(world.Engine.LiveOffers);
    }

    private static WorkItem Stored(WorkItem item)
    {
        var row = WorkItemRow.Of(item);
        row.Take(item, Start);
        return row.ToItem(RoutingBook.Empty);
    }
}
