using Relais.Routing.Domain;
using Relais.Routing.Domain.Matching;
using Relais.Routing.Domain.Rules;
using Xunit;
using static Relais.Unit.Routing.Domain.World;

namespace Relais.Unit.Routing.Domain;

public sealed class MatchingEngineTests
{
    private readonly World _world = new();

    [Fact]
    public void Opened_item_goes_to_the_most_qualified_of_the_available()
    {
        _world.Expert(1, Skills(("billing", 3)));
        var best = _world.Expert(2, Skills(("billing", 5)));
        _world.Expert(3, Skills(("billing", 5)), presence: Presence.Away);
        _world.Expert(4, Skills(("network", 5)));

        var item = _world.Open(1, skills: new SkillRequirement("Billing", 2, true));

        Assert.Equal(best, _world.OfferOf(item)!.ExpertId);
        Assert.Equal(Start.AddSeconds(30), _world.OfferOf(item)!.ExpiresAt);
        var decision = _world.Decided(item);
        Assert.Equal(Trigger.Opened, decision.Trigger);
        Assert.Equal([best, Id(1, 1)], decision.Candidates.Select(c => c.ExpertId));
        Assert.Equal(
            [(Id(1, 3), "presence"), (Id(1, 4), "skill:Billing")], decision.Rejections.Select(r => (r.ExpertId, string.Join(',', r.Reasons))));
        Assert.All(decision.Candidates, c => Assert.Equal(c.Score, c.Terms.Sum(t => t.Value), 9));
    }

    [Fact]
    public void Qualification_outweighs_idle_time_and_load()
    {
        _world.Expert(1, Skills(("billing", 4)), capacity: 2);
        _world.Wait(4 * 3600);
        var best = _world.Expert(2, Skills(("billing", 5)), capacity: 2);
        _world.Accept(_world.Open(1, weight: 1, skills: new SkillRequirement("billing", 1, true)));

        var second = _world.Open(2, weight: 1, skills: new SkillRequirement("billing", 1, true));

        Assert.Equal(best, second.Holder);
    }

    [Fact]
    public void Equals_are_served_longest_idle_first()
    {
        var first = _world.Expert(1);
        _world.Wait(10);
        var second = _world.Expert(2);
        _world.Wait(10);
        var item = _world.Open(1);
        Assert.Equal(first, item.Holder);
        _world.Accept(item);
        _world.Resolve(item);
        _world.Wait(10);

        Assert.Equal(second, _world.Open(2).Holder);
    }

    [Fact]
    public void Available_expert_is_given_the_oldest_of_equal_waiting_items_at_once()
    {
        var newer = _world.Open(1);
        var older = _world.Open(2, since: Start.AddSeconds(-5));
        Assert.Equal(Trigger.Opened, _world.Decided(older).Trigger);
        Assert.Null(_world.Decided(older).Chosen);

        var expert = _world.Expert(1);

        Assert.Equal(expert, older.Holder);
        Assert.Equal(ItemState.Waiting, newer.State);
        Assert.Equal(Trigger.Available, _world.Decided(older).Trigger);
    }

    [Fact]
    public void Priority_is_worth_minutes_of_waiting()
    {
        var world = new World(new RoutingPolicy { Rule = new Timed() });
        var normal = world.Open(1, since: Start.AddMinutes(-5));
        var high = world.Open(2, priority: Priority.High);
        var expert = world.Expert(1);

        Assert.Equal(expert, high.Holder);
        Assert.Null(normal.Holder);
    }

    [Fact]
    public void Resolved_work_gives_its_expert_the_next_item_at_once()
    {
        var expert = _world.Expert(1);
        var first = _world.Open(1);
        _world.Accept(first);
        var second = _world.Open(2);
        Assert.Equal(ItemState.Waiting, second.State);

        _world.Resolve(first);

        Assert.Equal(expert, second.Holder);
        Assert.Equal(Trigger.Released, _world.Decided(second).Trigger);
    }

    [Fact]
    public void Live_offer_reserves_capacity_and_three_chats_fill_one_expert()
    {
        _world.Expert(1);
        var chats = Enumerable.Range(1, 4).Select(n => _world.Open(n, weight: 1.0 / 3)).ToList();

        Assert.Equal([ItemState.Offered, ItemState.Offered, ItemState.Offered, ItemState.Waiting], chats.Select(c => c.State));
        Assert.Equal(["capacity"], Assert.Single(_world.Decided(chats[3]).Rejections).Reasons);
    }

    [Fact]
    public void Declined_item_goes_to_the_next_and_never_back()
    {
        var first = _world.Expert(1, Skills(("billing", 5)));
        var second = _world.Expert(2, Skills(("billing", 4)));
        var item = _world.Open(1, skills: new SkillRequirement("billing", 1, true));
        Assert.Equal(first, item.Holder);

        _world.Decline(item);
        Assert.Equal(second, item.Holder);
        Assert.Equal(Trigger.Declined, _world.Decided(item).Trigger);

        _world.Decline(item);
        Assert.Equal(ItemState.Waiting, item.State);
        Assert.Equal(2, _world.Decided(item).RejectionCounts[Eligibility.Declined]);
        _world.Be(first, Presence.Away);
        _world.Be(first, Presence.Available);
        Assert.Equal(ItemState.Waiting, item.State);
    }

    [Fact]
    public void Expired_offer_goes_to_the_next_with_the_original_age_and_two_misses_set_away()
    {
        var first = _world.Expert(1, Skills(("billing", 5)));
        var second = _world.Expert(2, Skills(("billing", 4)));
        var item = _world.Open(1, skills: new SkillRequirement("billing", 1, true));

        _world.Wait(29);
        Assert.Equal(first, item.Holder);
        _world.Wait(1);
        Assert.Equal(second, item.Holder);
        Assert.Equal(Trigger.Expired, _world.Decided(item).Trigger);
        Assert.Equal(Start, item.Request.QueuedSince);
        Assert.Equal(30, _world.Decided(item).WaitedSeconds);

        _world.Be(second, Presence.Offline);
        Assert.Equal(first, item.Holder);
        _world.Wait(30);
        Assert.Equal(Presence.Away, _world.Engine.FindExpert(first)!.Presence);
        Assert.Equal(ItemState.Waiting, item.State);
    }

    [Fact]
    public void Accepting_resets_the_misses()
    {
        var expert = _world.Expert(1);
        var first = _world.Open(1);
        _world.Wait(30);
        Assert.Equal(1, _world.Engine.FindExpert(expert)!.MissesInRow);
        _world.Accept(first);
        _world.Resolve(first);
        _world.Open(2);
        _world.Wait(30);

        Assert.Equal(Presence.Available, _world.Engine.FindExpert(expert)!.Presence);
    }

    [Theory]
    [InlineData(Presence.Away)]
    [InlineData(Presence.Offline)]
    public void Leaving_takes_back_offers_and_keeps_accepted_work(object presence)
    {
        var leaving = _world.Expert(1, Skills(("billing", 5)), capacity: 2);
        var staying = _world.Expert(2, Skills(("billing", 1)));
        var accepted = _world.Open(1, skills: new SkillRequirement("billing", 1, true));
        _world.Accept(accepted);
        var offered = _world.Open(2, skills: new SkillRequirement("billing", 1, true));
        Assert.Equal(leaving, offered.Holder);

        var reaction = _world.Be(leaving, (Presence)presence);

        Assert.Equal("presence", Assert.Single(reaction.Changes.OfType<Change.OfferSettled>()).Reason);
        Assert.Equal(staying, offered.Holder);
        Assert.Equal((ItemState.Assigned, leaving), (accepted.State, accepted.Holder));
    }

    [Fact]
    public void Answers_to_an_offer_that_is_not_live_or_not_yours_are_refused()
    {
        var expert = _world.Expert(1);
        var item = _world.Open(1);
        var offer = _world.OfferOf(item)!;

        Assert.Equal(Refusal.OfferNotYours, _world.Do(new Input.Accepted(_world.Now, offer.Id, Id(1, 9))).Refusal);
        Assert.Equal(Refusal.OfferNotYours, _world.Do(new Input.Declined(_world.Now, offer.Id, Id(1, 9), "")).Refusal);
        Assert.Equal(Refusal.None, _world.Accept(item).Refusal);
        Assert.Equal(Refusal.OfferNotLive, _world.Do(new Input.Accepted(_world.Now, offer.Id, expert)).Refusal);
        Assert.Equal(Refusal.OfferNotLive, _world.Do(new Input.Declined(_world.Now, offer.Id, expert, "")).Refusal);
    }

    [Fact]
    public void Answer_at_the_moment_of_expiry_is_too_late()
    {
        var expert = _world.Expert(1);
        var offer = _world.OfferOf(_world.Open(1))!;

        Assert.Equal(Refusal.OfferNotLive, _world.Do(new Input.Accepted(offer.ExpiresAt, offer.Id, expert)).Refusal);
    }

    [Fact]
    public void Minimum_levels_relax_in_steps_and_never_drop_skills_stay()
    {
        _world.Expert(1, Skills(("billing", 1), ("network", 2)));
        var item = _world.Open(
            1, skills: [new SkillRequirement("billing", 3, true), new SkillRequirement("network", 3, false), new SkillRequirement("tv", 4, false)]);
        Assert.Equal(Start.AddSeconds(60), _world.Decided(item).NextRelaxationAt);
        Assert.Equal(Start.AddSeconds(60), _world.Engine.NextDue());

        _world.Wait(60);
        var relaxed = _world.Decided(item);
        Assert.Equal((Trigger.Relaxed, null), (relaxed.Trigger, relaxed.Chosen));
        Assert.Equal([("billing", 3, 2), ("network", 3, 2), ("tv", 4, 3)], relaxed.Relaxations.Select(r => (r.Skill, r.From, r.To)));
        Assert.Equal(["skill:billing", "skill:tv"], Assert.Single(relaxed.Rejections).Reasons);

        _world.Wait(120);
        Assert.Equal(Id(1, 1), item.Holder);
        Assert.Equal([("billing", 3, 1), ("network", 3, 0), ("tv", 4, 0)], _world.Decided(item).Relaxations.Select(r => (r.Skill, r.From, r.To)));
    }

    [Fact]
    public void Never_drop_skill_and_language_wait_for_ever()
    {
        _world.Expert(1, Skills(("network", 5)));
        _world.Expert(2, Skills(("billing", 5)), Languages(("en", 5)));
        var item = _world.Open(1, language: "fr-CA", skills: new SkillRequirement("billing", 3, true));

        _world.Wait(24 * 3600);

        Assert.Equal(ItemState.Waiting, item.State);
        Assert.Null(_world.Engine.NextDue());
        Assert.Equal("Nobody can take it now: 1 without the language, 1 below the level in billing.", Wording.Explanation(_world.Decided(item), "en"));
    }

    [Fact]
    public void Reopened_item_prefers_its_former_expert_and_keeps_its_age()
    {
        var former = _world.Expert(1, Skills(("billing", 2)));
        var better = _world.Expert(2, Skills(("billing", 5)));
        _world.Be(better, Presence.Away);
        var item = _world.Open(1, skills: new SkillRequirement("billing", 2, true));
        _world.Accept(item);
        _world.Resolve(item);
        _world.Be(better, Presence.Available);
        _world.Wait(3600);

        var again = new WorkItem(item.Request, _world.Now.AddHours(1), _world.Now) { PreferredExpert = former };
        _world.Do(new Input.Reopened(_world.Now, again));

        Assert.Equal(former, again.Holder);
        Assert.Equal(Start, again.Request.QueuedSince);
        Assert.Empty(_world.Decided(again).Relaxations);
        Assert.True(_world.Decided(again).ChosenPreferred);
    }

    [Fact]
    public void Opening_twice_changes_nothing()
    {
        _world.Expert(1);
        var item = _world.Open(1);

        Assert.Empty(_world.Do(new Input.Opened(_world.Now, new WorkItem(item.Request, item.DueAt, item.WaitingSince))).Changes);
    }

    [Fact]
    public void Assignment_by_tickets_to_another_expert_takes_the_offer_back_and_moves_the_load()
    {
        var offered = _world.Expert(1);
        var other = _world.Expert(2, presence: Presence.Away);
        var item = _world.Open(1);
        Assert.Equal(offered, item.Holder);

        var reaction = _world.Do(new Input.Assigned(_world.Now, item.Id, other));

        Assert.Equal((OfferState.Rescinded, "taken"), reaction.Changes.OfType<Change.OfferSettled>().Select(s => (s.State, s.Reason)).Single());
        Assert.Equal(other, item.Holder);
        Assert.Equal(Capacity.None, _world.Engine.FindExpert(offered)!.Load);
        Assert.Equal(Capacity.One, _world.Engine.FindExpert(other)!.Load);
        Assert.Empty(_world.Engine.LiveOffers);
    }

    [Fact]
    public void Assignment_that_tickets_tells_after_the_matter_was_given_on_changes_nothing()
    {
        var first = _world.Expert(1);
        var second = _world.Expert(2, presence: Presence.Away);
        var item = _world.Open(1);
        _world.Accept(item);
        _world.Do(new Input.Forced(_world.Now, item.Id, second, Trigger.Forced));

        var reaction = _world.Do(new Input.Assigned(_world.Now, item.Id, first));

        Assert.Empty(reaction.Changes);
        Assert.Equal(second, item.Holder);
    }

    [Fact]
    public void Resolution_while_offered_takes_the_offer_back()
    {
        var expert = _world.Expert(1);
        var item = _world.Open(1);

        var reaction = _world.Resolve(item);

        Assert.Equal("resolved", Assert.Single(reaction.Changes.OfType<Change.OfferSettled>()).Reason);
        Assert.Equal(Capacity.None, _world.Engine.FindExpert(expert)!.Load);
        Assert.Empty(_world.Engine.OpenItems);
    }

    [Fact]
    public void Profile_that_no_longer_fits_takes_offers_back()
    {
        _world.Expert(1, Skills(("billing", 5)));
        var item = _world.Open(1, skills: new SkillRequirement("billing", 3, true));

        var reaction = _world.Do(new Input.ProfileSet(_world.Now, Profile(1, Skills(("billing", 2)))));

        Assert.Equal("profile", Assert.Single(reaction.Changes.OfType<Change.OfferSettled>()).Reason);
        Assert.Equal(ItemState.Waiting, item.State);
    }

    [Fact]
    public void Disabled_expert_loses_offers_and_cannot_come_back()
    {
        var expert = _world.Expert(1);
        var item = _world.Open(1);

        _world.Do(new Input.ProfileSet(_world.Now, Profile(1) with { Active = false }));

        Assert.Equal(ItemState.Waiting, item.State);
        Assert.Equal(Refusal.ExpertUnknown, _world.Be(expert, Presence.Available).Refusal);
    }

    [Fact]
    public void Clock_that_goes_back_revives_nothing()
    {
        var expert = _world.Expert(1);
        var item = _world.Open(1);
        var offer = _world.OfferOf(item)!;
        _world.Wait(60);

        Assert.Equal(Refusal.OfferNotLive, _world.Do(new Input.Accepted(Start, offer.Id, expert)).Refusal);
    }

    [Fact]
    public void Restore_honours_live_offers_and_settles_expired_ones_without_a_miss()
    {
        var now = Start.AddSeconds(20);
        var (live, expired) = (Waiting(1), Waiting(2));
        live.Offer(Id(1, 1));
        expired.Offer(Id(1, 2));
        var experts = new[] { 1, 2 }.Select(n => new Expert(Profile(n), Presence.Available, Start)).ToList();
        var offers = new[]
        {
            new Offer(Id(3, 1), live.Id, Id(1, 1), Start, Start.AddSeconds(30)),
            new Offer(Id(3, 2), expired.Id, Id(1, 2), Start.AddSeconds(-15), Start.AddSeconds(15)),
        };

        var reaction = _world.Engine.Restore(experts, [live, expired], offers, now);

        var settled = Assert.Single(reaction.Changes.OfType<Change.OfferSettled>());
        Assert.Equal((OfferState.Expired, now), (settled.State, settled.At));
        Assert.Equal(Id(3, 1), _world.OfferOf(live)!.Id);
        Assert.Equal((Id(1, 2), now.AddSeconds(30)), (_world.OfferOf(expired)!.ExpertId, _world.OfferOf(expired)!.ExpiresAt));
        Assert.Equal(0, experts[1].MissesInRow);
        Assert.Equal(Refusal.None, _world.Engine.Apply(new Input.Accepted(now, Id(3, 1), Id(1, 1))).Refusal);

        static WorkItem Waiting(int number) => new(
            new WorkRequest(Id(2, number), "", "", "voice", "fr", Priority.Normal, Capacity.One, [], Start), Start.AddHours(1), Start);
    }

    [Fact]
    public void Who_wraps_up_is_counted_so_and_not_as_outside_their_hours()
    {
        _world.Do(new Input.ProfileSet(Start, Profile(1) with { WrapUp = TimeSpan.FromSeconds(30) }));
        _world.Be(Id(1, 1), Presence.Available);
        var first = _world.Open(1);
        _world.Accept(first);
        _world.Resolve(first);

        var item = _world.Open(2);

        Assert.Equal([Eligibility.WrapUp], _world.Engine.WhyNot(item.Id, Id(1, 1)));
        Assert.Equal([KeyValuePair.Create(Eligibility.WrapUp, 1)], _world.Decided(item).RejectionCounts);
        _world.Wait(30);
        Assert.Equal(Id(1, 1), item.Holder);
        _world.Accept(item);
        _world.Resolve(item);
        _world.Be(Id(1, 1), Presence.Away);
        var last = _world.Open(3);
        Assert.Equal([KeyValuePair.Create(Eligibility.Presence, 1)], _world.Decided(last).RejectionCounts);
    }

    [Fact]
    public void Item_is_no_longer_held_for_who_left_with_an_offer_of_the_same_kind_of_work()
    {
        var engine = Busy(idle: 2, masters: 2);
        var (offered, held) = (Call(1), Call(2));
        engine.Apply(new Input.Opened(Start, offered));
        engine.Apply(new Input.Opened(Start, held));
        Assert.Equal((Id(1, 2), null), (offered.Holder, held.Holder));

        engine.Apply(new Input.PresenceSet(Start, Id(1, 2), Presence.Away));

        Assert.Equal([Id(1, 20), Id(1, 21)], new[] { offered.Holder, held.Holder }.Order());
    }

    [Fact]
    public void Nothing_is_held_any_more_as_soon_as_many_are_idle()
    {
        var engine = Busy(idle: 9, masters: 9);
        var held = new WorkItem(Call(1).Request with { Channel = "email" }, Start.AddHours(4), Start);
        engine.Apply(new Input.Opened(Start, held));
        Assert.Null(held.Holder);

        engine.Apply(new Input.TimePassed(Start.AddMinutes(30)));

        Assert.NotNull(held.Holder);
    }

    /// <summary>
    /// After a busy time: masters of whom all but the last have work in hand (the last too where there are many), beginners
    /// from 20 on with nothing in hand.
    /// </summary>
    private static MatchingEngine Busy(int idle, int masters)
    {
        var share = new IdleShare();
        share.Take(Start.AddHours(-1), there: 10, idle: 1);
        var engine = new MatchingEngine(new RoutingPolicy(), at => Guid.CreateVersion7(at), share);
        var able = Enumerable.Range(1, masters).Select(n => new Expert(Profile(n, Skills(("billing", 5))), Presence.Available, Start)).ToList();
        var beginners = Enumerable.Range(20, idle).Select(n => new Expert(Profile(n, Skills(("billing", 1))), Presence.Available, Start));
        var inHand = able.Take(masters > 2 ? masters : 1).Select(master =>
        {
            var item = Call(100 + master.Id.ToByteArray()[0]);
            item.Assign(master.Id);
            return item;
        });
        engine.Restore([.. able, .. beginners], [.. inHand], [], Start);
        return engine;
    }

    private static WorkItem Call(int number) => new(
        new WorkRequest(Id(2, number), "", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 1, true)], Start), Start.AddHours(1), Start);

    [Theory]
    [InlineData(1, false)]
    [InlineData(9, true)]
    public void Restored_engine_holds_what_was_held_at_a_busy_time(int idle, bool knowsHowBusyItWas)
    {
        var share = new IdleShare();
        if (knowsHowBusyItWas) share.Take(Start.AddHours(-1), there: 10, idle: 1);
        var masters = Enumerable.Range(1, 9).Select(n => new Expert(Profile(n, Skills(("billing", 5))), Presence.Available, Start)).ToList();
        var inHand = masters.ConvertAll(master => Item(masters.IndexOf(master) + 1, master.Id));
        var held = Item(99, holder: null);
        var engine = new MatchingEngine(new RoutingPolicy(), at => Guid.CreateVersion7(at), knowsHowBusyItWas ? share : null);
        var beginners = Enumerable.Range(20, idle).Select(n => new Expert(Profile(n, Skills(("billing", 1))), Presence.Available, Start));

        engine.Restore([.. masters, .. beginners], [.. inHand, held], [], Start);

        Assert.Equal([Eligibility.Held], engine.WhyNot(held.Id, Id(1, 20)));

        static WorkItem Item(int number, Guid? holder)
        {
            var item = new WorkItem(
                new WorkRequest(Id(2, number), "", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 1, true)], Start), Start.AddMinutes(1), Start);
            if (holder is { } expert) item.Assign(expert);
            return item;
        }
    }
}
