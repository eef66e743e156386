using Relais.Routing.Domain;
using Xunit;
using static Relais.Unit.Routing.Domain.World;

namespace Relais.Unit.Routing.Domain;

/// <summary>What goes wrong in other products' routing does not here.</summary>
public sealed class FaultsSeenInOthersTests
{
    private static readonly SkillRequirement Billing = new("billing", 2, true);
    private readonly World _world = new();

    [Fact]
    public void Assignment_never_rests_on_what_an_expert_no_longer_is()
    {
        var moved = _world.Expert(1, Skills(("billing", 5)));
        _world.Do(new Input.ProfileSet(_world.Now, Profile(1, Skills(("network", 5)))));
        var item = _world.Open(1, skills: Billing);

        Assert.Equal(ItemState.Waiting, item.State);
        Assert.Equal(["skill:billing"], _world.Engine.WhyNot(item.Id, moved));
    }

    [Fact]
    public void Second_writer_cannot_move_an_item_that_is_being_answered()
    {
        var first = _world.Expert(1);
        var second = _world.Expert(2);
        var item = _world.Open(1);
        var offer = _world.OfferOf(item)!;
        Assert.Equal(first, item.Holder);

        Assert.Equal(Refusal.OfferNotYours, _world.Do(new Input.Accepted(_world.Now, offer.Id, second)).Refusal);
        _world.Do(new Input.Accepted(_world.Now, offer.Id, first));
        Assert.Equal(Refusal.OfferNotLive, _world.Do(new Input.Accepted(_world.Now, offer.Id, second)).Refusal);
        _world.Do(new Input.Opened(_world.Now, new WorkItem(item.Request, item.DueAt, item.WaitingSince)));

        Assert.Equal((ItemState.Assigned, first), (item.State, item.Holder));
        Assert.Equal(Capacity.None, _world.Engine.FindExpert(second)!.Load);
    }

    [Fact]
    public void Newer_chat_does_not_overtake_the_one_that_waits()
    {
        var expert = _world.Expert(1, Skills(("billing", 3)));
        var held = _world.Open(1, skills: Billing);
        _world.Accept(held);
        var older = _world.Open(2, skills: Billing);
        _world.Wait(5);
        var newer = _world.Open(3, skills: Billing);

        _world.Resolve(held);

        Assert.Equal((expert, null), (older.Holder, newer.Holder));
    }

    [Fact]
    public void Idle_expert_is_given_the_waiting_chat_in_the_same_turn()
    {
        var item = _world.Open(1, skills: Billing);
        _world.Do(new Input.ProfileSet(_world.Now, Profile(1, Skills(("billing", 2)))));

        var reaction = _world.Be(Id(1, 1), Presence.Available);

        Assert.Equal(item.Id, Assert.Single(reaction.Changes.OfType<Change.OfferMade>()).Item.Id);
    }

    [Fact]
    public void Declined_item_is_never_offered_to_the_same_expert_again_whatever_happens()
    {
        var expert = _world.Expert(1, Skills(("billing", 5)));
        var item = _world.Open(1, skills: Billing);
        _world.Decline(item);
        _world.Be(expert, Presence.Offline);
        _world.Be(expert, Presence.Available);
        _world.Do(new Input.ProfileSet(_world.Now, Profile(1, Skills(("billing", 4)), capacity: 3)));
        _world.Wait(24 * 3600);
        _world.Resolve(item);
        var again = new WorkItem(item.Request, _world.Now.AddHours(1), _world.Now) { PreferredExpert = expert, DeclinedBy = [.. item.DeclinedBy] };
        _world.Do(new Input.Reopened(_world.Now, again));

        Assert.Equal(ItemState.Waiting, again.State);
        Assert.Equal(["declined"], _world.Engine.WhyNot(again.Id, expert));
    }

    [Fact]
    public void Clock_that_goes_back_neither_revives_nor_delays()
    {
        var expert = _world.Expert(1);
        var first = _world.Open(1);
        _world.Wait(20);
        _world.Do(new Input.TimePassed(Start.AddHours(-3)));
        var second = _world.Open(2, since: Start.AddHours(-1));

        Assert.Equal(Start.AddSeconds(30), _world.OfferOf(first)!.ExpiresAt);
        _world.Wait(10);
        Assert.Equal(expert, second.Holder);
    }

    [Fact]
    public void Voice_call_blocks_the_rest_and_part_work_blocks_the_call()
    {
        _world.Expert(1);
        _world.Accept(_world.Open(1, weight: 1));
        var chat = _world.Open(2, weight: 1.0 / 3);
        Assert.Equal(ItemState.Waiting, chat.State);

        _world.Expert(2);
        Assert.Equal(Id(1, 2), chat.Holder);
        var call = _world.Open(3, weight: 1);
        var item = _world.Open(4, weight: .5);

        Assert.Equal((ItemState.Waiting, ItemState.Offered), (call.State, item.State));
    }

    [Fact]
    public void Channel_ceiling_keeps_room_for_other_channels()
    {
        _world.Do(new Input.ProfileSet(_world.Now, Profile(1, capacity: 3) with { ChannelCeilings = new Dictionary<string, int> { ["voice"] = 1 } }));
        _world.Be(Id(1, 1), Presence.Available);
        var first = _world.Open(1);
        var second = _world.Open(2);
        Assert.Equal((Id(1, 1), null), (first.Holder, second.Holder));
        Assert.Equal(["capacity"], _world.Engine.WhyNot(second.Id, Id(1, 1)));

        _world.Accept(first);
        _world.Resolve(first);

        Assert.Equal(Id(1, 1), second.Holder);
    }

    [Fact]
    public void What_if_changes_nothing_and_foretells_what_happens()
    {
        _world.Expert(1, Skills(("billing", 3)));
        var best = _world.Expert(2, Skills(("billing", 5)));
        var due = _world.Engine.NextDue();
        var item = new WorkItem(
            new WorkRequest(Id(2, 9), "", "", "voice", "fr", Priority.Normal, Capacity.One, [Billing], _world.Now), _world.Now.AddHours(1), _world.Now);

        var foretold = _world.Engine.WhatIf(item);

        Assert.Equal((best, "asked"), (foretold.Chosen, foretold.Trigger));
        Assert.Equal((due, ItemState.Waiting, 0), (_world.Engine.NextDue(), item.State, _world.Engine.OpenItems.Count));
        _world.Do(new Input.Opened(_world.Now, item));
        Assert.Equal(best, item.Holder);
        Assert.Equal(foretold.Candidates.Select(c => (c.ExpertId, c.Score)), _world.Decided(item).Candidates.Select(c => (c.ExpertId, c.Score)));
    }

    [Fact]
    public void What_if_tells_what_one_more_expert_would_take()
    {
        var items = Enumerable.Range(1, 4).Select(n => _world.Open(n, weight: .5, skills: Billing)).ToList();
        _world.Open(5, weight: .5, skills: new SkillRequirement("network", 1, true));

        var outlook = _world.Engine.WhatIf(Profile(7, Skills(("billing", 4))));

        Assert.Equal(items.Take(2).Select(item => item.Id), outlook.Takes);
        Assert.Equal(4, outlook.Suitable);
        Assert.Null(_world.Engine.FindExpert(Id(1, 7)));
        Assert.All(items, item => Assert.Equal(ItemState.Waiting, item.State));
    }

    [Fact]
    public void Much_at_once_is_assigned_as_a_whole()
    {
        // One at a time, the first item would take the only expert who can do the second.
        var items = Enumerable.Range(1, 20).Select(n => _world.Open(n, skills: [n % 2 == 0 ? new SkillRequirement("billing", 3, true) : new SkillRequirement("network", 1, true)])).ToList();
        var experts = Enumerable.Range(1, 20).Select(n => new Expert(
            Profile(n, n <= 10 ? Skills(("billing", 3), ("network", 3)) : Skills(("network", 2))), Presence.Available, Start)).ToList();

        var engine = new MatchingEngine(new RoutingPolicy(), at => Guid.CreateVersion7(at));
        engine.Restore(experts, items.Select(item => new WorkItem(item.Request, item.DueAt, item.WaitingSince)), [], _world.Now);

        Assert.All(engine.OpenItems, item => Assert.Equal(ItemState.Offered, item.State));
    }
}
