using System.Text.Json;
using NodaTime;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;

namespace Relais.Unit.Routing.Domain;

/// <summary>What a tenant's policies make of the engine.</summary>
public sealed class PolicyTests
{
    private static readonly SkillRequirement Billing = new("billing", 1, NeverDrop: true);

    [Fact]
    public void Wanted_skills_decide_between_experts_whom_the_rule_prefers_alike_and_are_told()
    {
        var world = With(new PolicyDefinition { WantedSkills = [new("tv", 2), new("law", 1)] });
        world.Expert(1, World.Skills(("billing", 3), ("law", 3)));
        var best = world.Expert(2, World.Skills(("billing", 3), ("tv", 2)));
        world.Expert(3, World.Skills(("billing", 3)));

        var item = world.Open(1, skills: Billing);

        Assert.Equal(best, item.Holder);
        var candidates = world.Decided(item).Candidates;
        Assert.Equal([4, 3, 0], candidates.Select(candidate => Assert.Single(candidate.Terms, term => term.Name == "wanted").Value));
        Assert.Single(candidates.Select(candidate => candidate.Score).Distinct());
    }

    [Fact]
    public void Wanted_skills_never_come_before_what_the_rule_prefers()
    {
        var world = With(new PolicyDefinition { WantedSkills = [new("tv", 10)] });
        world.Expert(1, World.Skills(("billing", 3), ("tv", 5)));
        var best = world.Expert(2, World.Skills(("billing", 4)));

        Assert.Equal(best, world.Open(1, skills: Billing).Holder);
    }

    [Fact]
    public void Wanted_skills_decide_where_many_items_meet_many_experts_at_once_too()
    {
        var policy = Book(new GroupPolicy("default", new PolicyDefinition { WantedSkills = [new("tv", 1)] })).Policy;
        var engine = new MatchingEngine(policy, at => Guid.CreateVersion7(at));
        var items = Enumerable.Range(1, 20).Select(number => new WorkItem(
            new WorkRequest(World.Id(2, number), $"T-{number}", "", "voice", "fr", Priority.Normal, Capacity.One, [Billing], World.Start), World.Start.AddMinutes(1), World.Start)).ToList();
        var experts = Enumerable.Range(1, 40).Select(number => new Expert(
            World.Profile(number, number % 2 == 0 ? World.Skills(("billing", 3), ("tv", 2)) : World.Skills(("billing", 3))), Presence.Available, World.Start)).ToList();

        engine.Restore(experts, items, [], World.Start);

        Assert.Equal(20, items.Select(item => item.Holder).Distinct().Count());
        Assert.All(items, item => Assert.Equal(2, engine.FindExpert(item.Holder!.Value)!.Profile.Skills["tv"]));
    }

    [Fact]
    public void Each_group_has_its_own_least_level_in_the_language_in_both_directions()
    {
        var book = Book(
            new GroupPolicy("default", new PolicyDefinition { MinimumLanguageLevel = 3 }),
            new GroupPolicy("voice", new PolicyDefinition { Channels = ["voice"], MinimumLanguageLevel = 1 }),
            new GroupPolicy("chat", new PolicyDefinition { Channels = ["chat"], MinimumLanguageLevel = 5 }));
        var world = new World(book.Policy with { Rule = new BestSkilled() });
        var (voice, chat) = (Item(1, "voice"), Item(2, "chat"));
        world.Do(new Input.Opened(world.Now, voice));
        world.Do(new Input.Opened(world.Now, chat));

        var beginner = world.Expert(1, languages: World.Languages(("fr", 2)), capacity: 2);
        Assert.Equal((beginner, null), (voice.Holder, chat.Holder));
        Assert.Equal(0, world.Engine.WhatIf(World.Profile(7, languages: World.Languages(("fr", 2)))).Suitable);
        var fluent = world.Expert(2, languages: World.Languages(("fr", 5)));

        Assert.Equal(fluent, chat.Holder);

        WorkItem Item(int number, string channel) => new(
            book.Compose(new WorkRequest(World.Id(2, number), $"T-{number}", "", channel, "fr", Priority.Normal, Capacity.One, [], World.Start)),
            World.Start.AddHours(1), World.Start);
    }

    [Fact]
    public void Closed_group_waits_for_its_opening_and_a_clock_that_goes_back_does_not_close_it_again()
    {
        var hours = new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "12:00");
        var world = With(new PolicyDefinition { BusinessHours = [hours], TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait });
        var expert = world.Expert(1, capacity: 2);
        var first = world.Open(1);
        Assert.Equal((ItemState.Waiting, World.Start.AddHours(1)), (first.State, world.Engine.NextDue()));

        world.Wait(3600);
        Assert.Equal(expert, first.Holder);
        var second = new WorkItem(first.Request with { Id = World.Id(2, 2) }, World.Start.AddHours(1), World.Start);
        world.Do(new Input.Opened(World.Start, second));

        Assert.Equal(expert, second.Holder);
    }

    [Fact]
    public void Offers_that_came_to_nothing_are_counted_and_take_all_steps_at_once()
    {
        var world = With(new PolicyDefinition
        {
            MaximumOffers = 1,
            Relaxation = [new PolicyStep(3600, 0, [], NeverDropOnly: true, Overflow: true)],
            NeverDropSkills = ["billing"],
        });
        var first = world.Expert(1, World.Skills(("billing", 1), ("law", 3)));
        var second = world.Expert(2, World.Skills(("billing", 1)));
        var item = world.Open(1, skills: [Billing, new SkillRequirement("law", 2, false)]);
        Assert.Equal(first, item.Holder);

        world.Decline(item);

        Assert.Equal(second, item.Holder);
    }

    [Fact]
    public void Offers_that_came_to_nothing_before_a_reopening_are_not_counted()
    {
        var world = With(new PolicyDefinition { MaximumOffers = 2, Relaxation = [new PolicyStep(3600, 5, [], false, false)] });
        world.Expert(1, World.Skills(("billing", 5)));
        world.Expert(2, World.Skills(("billing", 1)));
        var third = world.Expert(3, World.Skills(("billing", 1)));
        SkillRequirement[] skills = [new("billing", 3, true)];
        var request = new WorkRequest(World.Id(2, 1), "T-1", "", "voice", "fr", Priority.Normal, Capacity.One, skills, World.Start.AddDays(-1));
        var item = new WorkItem(request, World.Start.AddHours(1), World.Start) { DeclinedBy = [World.Id(1, 2), World.Id(1, 9)] };

        world.Do(new Input.Reopened(world.Now, item));

        Assert.Equal((World.Id(1, 1), 0, 0), (item.Holder, item.RelaxedSteps, item.FruitlessOffers));
        world.Decline(item);
        Assert.Equal((null, 0, 1), (item.Holder, item.RelaxedSteps, item.FruitlessOffers));
        world.Expert(4, World.Skills(("billing", 3)));
        world.Decline(item);
        Assert.Equal((third, 2), (item.Holder, item.FruitlessOffers));
    }

    [Fact]
    public void Who_declined_is_asked_again_after_everybody_else_and_an_offers_time_later()
    {
        var world = With(new PolicyDefinition { OfferAgainAfterDecline = true, OfferTimeoutSeconds = 20 });
        var first = world.Expert(1, World.Skills(("billing", 3)));
        var item = world.Open(1, skills: Billing);

        world.Decline(item);
        Assert.Null(item.Holder);
        Assert.Equal([Eligibility.Declined], world.Engine.WhyNot(item.Id, first));
        world.Wait(19);
        Assert.Null(item.Holder);
        world.Wait(1);
        Assert.Equal(first, item.Holder);

        var second = world.Expert(2, World.Skills(("billing", 1)));
        world.Decline(item);
        Assert.Equal(second, item.Holder);
        world.Decline(item);
        Assert.Null(item.Holder);
        var engine = new MatchingEngine(world.Engine.Policy, at => Guid.CreateVersion7(at));
        var again = new WorkItem(item.Request, item.DueAt, item.WaitingSince) { DeclinedBy = [.. item.DeclinedBy], MissedBy = new(item.MissedBy) };
        engine.Restore([new Expert(World.Profile(1, World.Skills(("billing", 3))), Presence.Available, World.Start)], [again], [], world.Now);
        Assert.Equal(first, again.Holder);
        world.Wait(20);
        Assert.Equal(second, item.Holder);
    }

    [Fact]
    public void What_is_parked_is_explained_as_parked()
    {
        var hours = new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "12:00");
        var world = With(new PolicyDefinition { BusinessHours = [hours], TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait });
        var item = world.Open(1);

        var decision = world.Engine.Explain(item.Id)!;

        Assert.Equal((true, World.Start.AddHours(1), null), (decision.Parked, decision.HeldUntil, decision.Chosen));
        world.Wait(3600);
        Assert.False(world.Engine.Explain(item.Id)!.Parked);
        world.Expert(1);
        Assert.Null(world.Engine.Explain(item.Id));
    }

    [Fact]
    public void Engine_with_another_plan_takes_over_what_an_engine_with_more_steps_left()
    {
        var world = With(new PolicyDefinition { Relaxation = [new PolicyStep(10, 1, [], false, false), new PolicyStep(20, 2, [], false, true)] });
        var item = world.Open(1, skills: new SkillRequirement("billing", 4, true));
        world.Wait(30);
        Assert.Equal(2, item.RelaxedSteps);

        var policy = Book(new GroupPolicy("default", new PolicyDefinition { Relaxation = [new PolicyStep(10, 1, [], false, false)] })).Policy;
        var engine = new MatchingEngine(policy, at => Guid.CreateVersion7(at));
        engine.Restore([new Expert(World.Profile(1, World.Skills(("billing", 3))), Presence.Available, World.Start)], [item], [], world.Now);

        Assert.Equal(ItemState.Offered, item.State);
    }

    [Theory]
    [InlineData("leaves")]
    [InlineData("unlearns")]
    public void Item_that_waits_for_who_had_it_is_for_others_as_soon_as_they_cannot_have_it(string how)
    {
        var world = With(new PolicyDefinition { PreferredWaitSeconds = 3600 });
        var former = world.Expert(1, World.Skills(("billing", 3)));
        world.Accept(world.Open(1, skills: Billing));
        var other = world.Expert(2, World.Skills(("billing", 3)));
        var request = new WorkRequest(World.Id(2, 2), "T-2", "", "voice", "fr", Priority.Normal, Capacity.One, [Billing], world.Now);
        var item = new WorkItem(request, world.Now.AddHours(1), world.Now) { PreferredExpert = former };
        world.Do(new Input.Reopened(world.Now, item));
        Assert.Equal([Eligibility.Preferred], world.Engine.WhyNot(item.Id, other));
        Assert.Equal(world.Now.AddHours(1), world.Engine.Explain(item.Id)!.HeldUntil);

        if (how == "leaves") world.Be(former, Presence.Away);
        else world.Expert(1, World.Skills(("law", 3)), presence: Presence.Offline);

        Assert.Equal(other, item.Holder);
    }

    [Fact]
    public void Item_waits_on_for_who_had_it_while_they_wrap_up()
    {
        var world = With(new PolicyDefinition { PreferredWaitSeconds = 300 });
        world.Do(new Input.ProfileSet(world.Now, World.Profile(1) with { WrapUp = TimeSpan.FromSeconds(30) }));
        world.Be(World.Id(1, 1), Presence.Available);
        var call = world.Open(1);
        world.Accept(call);
        var other = world.Expert(2);
        var request = new WorkRequest(World.Id(2, 2), "T-2", "", "voice", "fr", Priority.Normal, Capacity.One, [], world.Now);
        var item = new WorkItem(request, world.Now.AddHours(1), world.Now) { PreferredExpert = World.Id(1, 1) };
        world.Do(new Input.Reopened(world.Now, item));

        world.Resolve(call);

        Assert.Equal([Eligibility.Preferred], world.Engine.WhyNot(item.Id, other));
        world.Wait(30);
        Assert.Equal(World.Id(1, 1), item.Holder);
    }

    [Fact]
    public void Relaxation_begins_anew_when_a_closed_group_opens()
    {
        var world = With(new PolicyDefinition
        {
            BusinessHours = [new PolicyHours([(int)IsoDayOfWeek.Monday], "08:00", "09:10"), new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "12:00")],
            TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait, Relaxation = [new PolicyStep(60, 1, [], false, false)],
        });
        var item = world.Open(1, skills: new SkillRequirement("billing", 3, true));
        world.Wait(120);
        Assert.Equal(1, item.RelaxedSteps);

        world.Wait(480);
        world.Wait(3000);

        Assert.Equal((0, world.Now), (item.RelaxedSteps, item.WaitingSince));
        Assert.Equal(world.Now.AddSeconds(60), world.Engine.NextDue());
    }

    [Fact]
    public void What_if_takes_the_steps_of_the_wait_and_knows_that_the_group_is_closed()
    {
        var policy = new PolicyDefinition { Relaxation = [new PolicyStep(60, 1, [], false, false)] };
        var later = policy with { BusinessHours = [new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "12:00")], TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait };
        var (open, closed) = (With(policy), With(later));
        var expert = open.Expert(1, World.Skills(("billing", 2)));
        closed.Expert(1, World.Skills(("billing", 2)));

        Assert.Null(open.Engine.WhatIf(Waiting(59)).Chosen);
        Assert.Equal(expert, open.Engine.WhatIf(Waiting(60)).Chosen);
        var parked = closed.Engine.WhatIf(Waiting(60));
        Assert.Equal((null, true, World.Start.AddHours(1)), (parked.Chosen, parked.Parked, parked.HeldUntil));

        static WorkItem Waiting(int seconds) => new(
            new WorkRequest(World.Id(2, 9), "", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 3, true)], World.Start.AddSeconds(-seconds)),
            World.Start.AddHours(1), World.Start.AddSeconds(-seconds));
    }

    [Fact]
    public void Policy_that_was_stored_before_there_were_service_targets_has_none()
    {
        var stored = JsonSerializer.Deserialize("""{"rule":"timed","minimumLanguageLevel":2}""", Json<PolicyDefinition>.Type)!;

        Assert.Equal(("timed", 2), (stored.Rule, stored.MinimumLanguageLevel));
        Assert.Empty(stored.ServiceTargets);
    }

    [Fact]
    public void Warnings_name_what_nobody_can_take_as_things_are()
    {
        var policy = new PolicyDefinition
        {
            RequiredSkills = [new("billing", 4, false), new("law", 1, true), new("tv", 1, false)],
            WantedSkills = [new("violin", 1)],
            ChannelWeights = new Dictionary<string, double> { ["voice"] = 3, ["chat"] = 1 },
            MaximumOffers = 2,
            ServiceTargets = [new("chat", "", 60), new("voice", "", 60)],
        };
        var book = Book(new GroupPolicy("chat", new PolicyDefinition { Channels = ["chat"] }));

        var warnings = PolicyWarnings.Of("default", policy, book, [World.Profile(1, World.Skills(("billing", 3), ("tv", 2)))]);

        string[] begins =
        [
            "channelWeights: 'chat' follows", "channelWeights: nobody", "serviceTargets: 'chat' follows", "requiredSkills: nobody has 'billing' at level 4",
            "requiredSkills: nobody has 'law' now, and it is never dropped", "wantedSkills: nobody has 'violin'", "minimumLanguageLevel", "relaxation", "maximumOffers",
        ];
        Assert.Collection(warnings, [.. begins.Select<string, Action<string>>(begin => warning => Assert.StartsWith(begin, warning, StringComparison.Ordinal))]);
        Assert.Empty(PolicyWarnings.Of("default", new PolicyDefinition { MinimumLanguageLevel = 1, Relaxation = [new PolicyStep(60, 1, [], false, false)] }, book, []));
    }

    private static World With(PolicyDefinition definition) =>
        new(Book(new GroupPolicy(PolicyDefinition.DefaultGroup, definition)).Policy with { Rule = new BestSkilled() });

    private static RoutingBook Book(params GroupPolicy[] policies) => new(SkillCatalogue.Empty, [], policies, []);
}
