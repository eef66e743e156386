using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Shards;
using Proto = Relais.Contracts.Routing.V1.Routing;

namespace Relais.Contract.Routing;

/// <summary>Work finds its expert, and nothing of it is lost or doubled.</summary>
public abstract class OfferSuite(string provider) : RoutingSuite(provider)
{
    [Fact]
    public async Task Ticket_goes_to_the_most_qualified_who_accepts_and_is_released_by_its_resolution()
    {
        var (novice, master) = (await ExpertAsync(("billing", 2)), await ExpertAsync(("billing", 5)));
        var poll = master.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 20 }, cancellationToken: Stop).ResponseAsync;
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));

        var offer = Assert.Single((await poll).Offers);
        Assert.Equal((ticket.ToString(), Offer.Types.State.Offered), (offer.TicketId, offer.State));
        Assert.Equal(["billing : niveau 5 (2 demandé)", "Langue fr-FR : niveau 5", "Meilleur score des 2 personnes disponibles pour ce dossier"], offer.Reasons);
        Assert.Empty((await novice.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        var accepted = await master.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id, RequestId = "a" }, cancellationToken: Stop);
        Assert.Equal(Offer.Types.State.Accepted, accepted.State);
        Assert.Contains(Heard.OfType<OfferAccepted>(), e => e.TicketId == ticket && e.ExpertName == master.Name);
        Assert.Equal(accepted, await master.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id, RequestId = "a" }, cancellationToken: Stop));
        Assert.Equal(accepted, await master.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        Assert.Equal(1.0 / 3, (await master.GetAsync()).Load, 9);

        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), master.Id, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        Assert.Equal(0, (await master.GetAsync()).Load);
    }

    [Fact]
    public async Task Decision_explains_candidates_rejections_and_who_was_chosen()
    {
        var (chosen, other, away) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 3)), await ExpertAsync(("billing", 5)));
        await away.BeAsync(Expert.Types.Presence.Away);
        var unskilled = await ExpertAsync();
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));

        var decision = Assert.Single((await chosen.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions);

        Assert.Equal(("opened", chosen.Id.ToString(), chosen.Name), (decision.Trigger, decision.Chosen, decision.ChosenName));
        Assert.Equal([chosen.Id.ToString(), other.Id.ToString()], decision.Candidates.Select(c => c.ExpertId));
        Assert.All(decision.Candidates, c => Assert.Equal(c.Score, c.Terms.Sum(t => t.Value), 9));
        Assert.Equal(["presence"], decision.Rejected.Single(r => r.ExpertId == away.Id.ToString()).Reasons);
        Assert.Equal(["skill:billing"], decision.Rejected.Single(r => r.ExpertId == unskilled.Id.ToString()).Reasons);
        Assert.StartsWith(chosen.Name, decision.Explanation, StringComparison.Ordinal);
        Assert.Equal(decision, Assert.Single((await chosen.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = "T-1" }, cancellationToken: Stop)).Decisions));
        await FailsAsync("ticket.not_found", StatusCode.NotFound, chosen.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = Guid.NewGuid().ToString() }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Event_belongs_to_the_trace_of_its_own_acceptance()
    {
        const int Experts = 6;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        var accepted = new Dictionary<string, string>();
        var offers = new List<(Person Expert, string Id, string Trace)>();
        for (var number = 0; number < Experts; number++)
        {
            var skill = $"skill {number}";
            var (expert, ticket) = (await ExpertAsync((skill, 5)), await OpenAsync(new RequiredSkill(skill, 2)));
            var offer = Assert.Single((await expert.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 10 }, cancellationToken: Stop)).Offers);
            offers.Add((expert, offer.Id, accepted[ticket.ToString()] = ActivityTraceId.CreateRandom().ToHexString()));
        }

        // At once, so that they are committed together.
        await Task.WhenAll(offers.Select(async offer => await offer.Expert.Client.AcceptOfferAsync(
            new AcceptOfferRequest { Id = offer.Id, RequestId = "a" }, new Metadata { { "traceparent", $"00-{offer.Trace}-00f067aa0ba902b7-01" } }, cancellationToken: Stop)));

        await using var db = Routing.Open<RoutingDb>(Tenant);
        var told = await db.Outbox.Where(row => row.Name == OfferAccepted.WireName).ToListAsync(Stop);
        Assert.Equal(Experts, told.Count);
        Assert.All(told, row => Assert.Equal(
            accepted[((OfferAccepted)EventCatalogue.Deserialize(row.Name, row.Payload)).TicketId.ToString()], row.TraceParent!.Split('-')[1]));
    }

    [Fact]
    public async Task Offers_and_their_answers_are_told_in_the_trace_of_their_matter()
    {
        const int Chats = 3;
        using var spans = new RecordedSpans();
        var expert = await ExpertAsync(("billing", 5));
        var matters = new Dictionary<Guid, string>();
        for (var number = 0; number <= Chats; number++)
        {
            var opened = Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2));
            await Routing.DeliverAsync(Tenant, opened, traceParent: matters[opened.TicketId] = spans.Begin());
        }

        var offers = (await expert.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 10 }, cancellationToken: Stop)).Offers;
        Assert.Equal(Chats, offers.Count);
        var answers = offers.ToDictionary(offer => Guid.Parse(offer.TicketId), _ => spans.Begin());
        var declined = Guid.Parse(offers[0].TicketId);
        // At once, so that they are committed together where groups are.
        await Task.WhenAll(offers.Skip(1).Select(async offer => await expert.Client.AcceptOfferAsync(
            new AcceptOfferRequest { Id = offer.Id }, RecordedSpans.Headers(answers[Guid.Parse(offer.TicketId)]), cancellationToken: Stop)));
        var waiting = Assert.Single(matters.Keys.Except(answers.Keys));
        await expert.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = offers[0].Id }, RecordedSpans.Headers(answers[declined]), cancellationToken: Stop);
        var last = (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers.Single(offer => offer.TicketId == waiting.ToString());
        await Routing.RestartAsync();
        expert.Client = new Proto.RoutingClient(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));
        await expert.Client.AcceptOfferAsync(
            new AcceptOfferRequest { Id = last.Id }, RecordedSpans.Headers(answers[waiting] = spans.Begin()), cancellationToken: Stop);

        foreach (var (ticket, matter) in matters)
        {
            var told = await Routing.TracesAsync<RoutingDb>(Tenant, ticket);
            Assert.All(told.SelectMany(row => row), trace => Assert.Equal(RecordedSpans.TraceOf(matter), RecordedSpans.TraceOf(trace)));
            Assert.Single(told[OfferMade.WireName]);
            var answered = ticket == declined ? OfferDeclined.WireName : OfferAccepted.WireName;
            Assert.Equal([RecordedSpans.TraceOf(answers[ticket])], spans.LinkedFrom(matter, $"create {answered}"));
            // What made room for it was said of another matter.
            Assert.Equal(ticket == waiting ? [RecordedSpans.TraceOf(answers[declined])] : [], spans.LinkedFrom(matter, $"create {OfferMade.WireName}"));
            Assert.Contains(RecordedSpans.TraceOf(matter), spans.LinkedFrom(answers[ticket]));
        }
    }

    [Fact]
    public async Task Customer_of_a_higher_tier_who_came_later_is_offered_first_also_after_a_restart()
    {
        var now = DateTimeOffset.UtcNow;
        var tickets = new List<Guid>();
        foreach (var tier in new[] { "STANDARD", "PLATINUM", "VIP", "GOLD" })
        {
            // Calls, so that one at a time is offered.
            var opened = Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2)) with { Channel = "voice", CustomerTier = tier };
            await Routing.DeliverAsync(Tenant, opened with { RequestedAt = now.AddSeconds(tickets.Count), DueAt = now.AddMinutes(5).AddSeconds(tickets.Count) });
            tickets.Add(opened.TicketId);
        }

        await Routing.RestartAsync();
        var expert = await ExpertAsync(("billing", 5));
        var offered = new List<Guid>();
        while (offered.Count < tickets.Count)
        {
            var offer = await expert.OfferAsync();
            await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
            offered.Add(Guid.Parse(offer.TicketId));
            await Routing.DeliverAsync(Tenant, new TicketResolved(offered[^1], "T-1", Guid.NewGuid(), expert.Id, "voice", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        }

        // A tier that nobody knows is none.
        Assert.Equal([tickets[2], tickets[3], tickets[0], tickets[1]], offered);
    }

    [Fact]
    public async Task Waiting_ticket_is_offered_at_once_when_an_expert_comes()
    {
        var expert = await ExpertAsync(("billing", 5));
        await expert.BeAsync(Expert.Types.Presence.Offline);
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        var poll = expert.Client.ListOffersAsync(new ListOffersRequest { Expert = "me", WaitSeconds = 20 }, cancellationToken: Stop).ResponseAsync;

        await expert.BeAsync(Expert.Types.Presence.Available);

        Assert.Equal(ticket.ToString(), Assert.Single((await poll).Offers).TicketId);
        var decisions = (await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions;
        Assert.Equal(["opened", "available"], decisions.Select(d => d.Trigger));
        Assert.Equal("", decisions[0].Chosen);
        Assert.StartsWith("Personne ne peut le prendre maintenant : 1 absent(s).", decisions[0].Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Declined_ticket_goes_to_the_next_with_events_and_never_back()
    {
        var (first, second) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 4)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        var offer = await first.OfferAsync();

        var declined = await first.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = offer.Id, Reason = "À la pause 🍵" }, cancellationToken: Stop);

        Assert.Equal((Offer.Types.State.Declined, "À la pause 🍵"), (declined.State, declined.DeclineReason));
        Assert.Equal(ticket.ToString(), (await second.OfferAsync()).TicketId);
        await UntilAsync(() => Heard.OfType<OfferDeclined>().Any(e => e.Reason == "À la pause 🍵" && e.ExpertId == first.Id), "the decline is told");
        await second.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = (await second.OfferAsync()).Id }, cancellationToken: Stop);
        Assert.Empty((await first.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
    }

    [Fact]
    public async Task Answers_to_offers_that_are_over_or_not_ones_own_have_their_codes()
    {
        var (mine, theirs) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 1)));
        await OpenAsync(new RequiredSkill("billing", 2));
        var offer = await mine.OfferAsync();

        await FailsAsync("offer.not_yours", StatusCode.PermissionDenied, theirs.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        await FailsAsync("offer.not_yours", StatusCode.PermissionDenied, theirs.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        await FailsAsync("offer.not_found", StatusCode.NotFound, mine.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Stop));
        await FailsAsync("request.invalid", StatusCode.InvalidArgument, mine.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = "nonsense" }, cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, theirs.Client.ListOffersAsync(new ListOffersRequest { Expert = mine.Id.ToString() }, cancellationToken: Stop));
        var stranger = new Proto.RoutingClient(Routing.Call(Routing.Keys.Staff(mine.Id, "other", Roles.Expert)));
        await FailsAsync("offer.not_found", StatusCode.NotFound, stranger.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));

        await mine.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
        await FailsAsync("offer.already_accepted", StatusCode.FailedPrecondition, mine.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        await mine.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id, RequestId = "same" }, cancellationToken: Stop);
        await FailsAsync("request_id.reused", StatusCode.AlreadyExists, mine.Client.AcceptOfferAsync(
            new AcceptOfferRequest { Id = Guid.NewGuid().ToString(), RequestId = "same" }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Leaving_takes_offers_back_and_accepting_them_then_fails()
    {
        var (leaving, staying) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 2)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        var offer = await leaving.OfferAsync();

        await leaving.BeAsync(Expert.Types.Presence.Away);

        await FailsAsync("offer.rescinded", StatusCode.FailedPrecondition, leaving.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        Assert.Equal(ticket.ToString(), (await staying.OfferAsync()).TicketId);
        await UntilAsync(() => Heard.OfType<OfferRescinded>().Any(e => e.Reason == "presence"), "the rescission is told");
    }

    [Fact]
    public async Task Resolution_of_an_offered_ticket_takes_the_offer_back()
    {
        var expert = await ExpertAsync(("billing", 5));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        var offer = await expert.OfferAsync();

        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), null, "web_chat", "fr", 1, true, DateTimeOffset.UtcNow));

        await FailsAsync("offer.rescinded", StatusCode.FailedPrecondition, expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        Assert.Equal(0, (await expert.GetAsync()).Load);
    }

    [Fact]
    public async Task Reopened_ticket_prefers_its_former_expert()
    {
        var former = await ExpertAsync(("billing", 2));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        await former.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await former.OfferAsync()).Id }, cancellationToken: Stop);
        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), former.Id, "web_chat", "fr", 1, false, DateTimeOffset.UtcNow));
        await ExpertAsync(("billing", 5));

        await Routing.DeliverAsync(Tenant, new TicketReopened(ticket, Guid.NewGuid(), former.Id, DateTimeOffset.UtcNow.AddHours(1), DateTimeOffset.UtcNow));

        var offer = await former.OfferAsync();
        Assert.Equal((ticket.ToString(), "S’est déjà occupé de ce dossier"), (offer.TicketId, offer.Reasons[0]));
    }

    [Fact]
    public async Task Event_that_comes_twice_has_one_effect()
    {
        var expert = await ExpertAsync(("billing", 5));
        var (opened, message) = (Opened(Guid.NewGuid(), new RequiredSkill("billing", 2)), Guid.NewGuid());

        await Routing.DeliverAsync(Tenant, opened, message);
        await Routing.DeliverAsync(Tenant, opened, message);
        await Routing.DeliverAsync(Tenant, opened);

        Assert.Single((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
    }

    [Fact]
    public async Task Restart_keeps_experts_waiting_work_live_offers_and_load()
    {
        var expert = await ExpertAsync(("billing", 5));
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++) ids.Add(await OpenAsync(new RequiredSkill("billing", 2)));
        var offers = (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers;
        Assert.Equal(3, offers.Count);
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offers[0].Id }, cancellationToken: Stop);
        var before = await expert.GetAsync();

        await Routing.RestartAsync();
        expert.Client = new Proto.RoutingClient(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));

        Assert.Equal(before, await expert.GetAsync());
        Assert.Equal(offers.Skip(1), (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offers[1].Id }, cancellationToken: Stop);
        await Routing.DeliverAsync(Tenant, new TicketResolved(ids[0], "T-1", Guid.NewGuid(), expert.Id, "web_chat", "fr", 1, false, DateTimeOffset.UtcNow));
        Assert.Equal(
            [ids[2].ToString(), ids[3].ToString()],
            (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers.Select(o => o.TicketId));
    }

    [Fact]
    public async Task Write_that_does_not_commit_leaves_no_trace_in_memory()
    {
        var expert = await ExpertAsync(("billing", 5));
        await RefuseOffersAsync(true);
        await Assert.ThrowsAsync<DbUpdateException>(() => OpenAsync(new RequiredSkill("billing", 2)));
        Assert.Equal(0, (await expert.GetAsync()).Load);
        await RefuseOffersAsync(false);

        var ticket = await OpenAsync(new RequiredSkill("billing", 2));

        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
        Assert.Equal(1.0 / 3, (await expert.GetAsync()).Load, 9);
    }

    [Fact]
    public async Task Database_refuses_a_second_live_offer_of_an_item()
    {
        var expert = await ExpertAsync(("billing", 5));
        await OpenAsync(new RequiredSkill("billing", 2));
        var offer = Guid.Parse((await expert.OfferAsync()).Id);
        await using var db = Routing.Open<RoutingDb>(Tenant);
        var row = await db.Offers.AsNoTracking().SingleAsync(o => o.Id == offer, Stop);
        db.Offers.Add(new OfferRow
        {
            Id = Guid.NewGuid(), ItemId = row.ItemId, LiveItemId = row.ItemId, ExpertId = Guid.NewGuid(), DecisionId = row.DecisionId,
            OfferedAt = row.OfferedAt, ExpiresAt = row.ExpiresAt,
        });

        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(Stop));
    }

    [Fact]
    public async Task Decisions_past_their_retention_are_removed_and_the_others_stay()
    {
        var expert = await ExpertAsync(("billing", 5));
        var (old, recent) = (await OpenAsync(new RequiredSkill("billing", 2)), await OpenAsync(new RequiredSkill("billing", 2)));
        await using (var db = Routing.Open<RoutingDb>(Tenant))
            await db.Decisions.Where(row => row.ItemId == old).ExecuteUpdateAsync(row => row.SetProperty(r => r.At, DateTimeOffset.UtcNow.AddDays(-91)), Stop);

        await Routing.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RemoveAsync(Stop);

        Assert.Empty((await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = old.ToString() }, cancellationToken: Stop)).Decisions);
        Assert.Single((await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = recent.ToString() }, cancellationToken: Stop)).Decisions);
        var offers = (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers;
        Assert.Empty(offers.Single(offer => offer.TicketId == old.ToString()).Reasons);
    }

    [Fact]
    public async Task Matters_past_their_retention_are_removed_with_their_offers_and_those_that_are_open_or_recent_stay()
    {
        var expert = await ExpertAsync(("billing", 5));
        var (old, recent, open) = (await WorkedOffAsync(expert), await WorkedOffAsync(expert), await OpenAsync(new RequiredSkill("billing", 2)));
        await expert.OfferAsync();
        var (ago, many) = (DateTimeOffset.UtcNow.AddDays(-100), 1_200);
        await using (var db = Routing.Open<RoutingDb>(Tenant))
        {
            await db.WorkItems.Where(row => row.Id != recent).ExecuteUpdateAsync(row => row.SetProperty(r => r.QueuedSince, ago), Stop);
            await db.WorkItems.Where(row => row.Id == old).ExecuteUpdateAsync(row => row.SetProperty(r => r.ClosedAt, ago), Stop);
            await db.Offers.Where(row => row.ItemId != recent).ExecuteUpdateAsync(row => row.SetProperty(r => r.OfferedAt, ago), Stop);
            db.WorkItems.AddRange(Enumerable.Range(0, many).Select(_ => Closed(ago)));
            db.Teams.AddRange(Team("old", ago), Team("recent", DateTimeOffset.UtcNow), Team("standing", null));
            db.Pauses.AddRange(Pause("old", ago), Pause("later", DateTimeOffset.UtcNow.AddDays(1)), Pause("open", null));
            await db.SaveChangesAsync(Stop);
        }

        await Routing.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RemoveAsync(Stop);

        await using var left = Routing.Open<RoutingDb>(Tenant);
        Assert.Equal(new[] { recent, open }.Order(), (await left.WorkItems.Select(row => row.Id).ToListAsync(Stop)).Order());
        Assert.Equal(new[] { recent, open }.Order(), (await left.Offers.Select(row => row.ItemId).ToListAsync(Stop)).Order());
        Assert.Equal(["recent", "standing"], (await left.Teams.Select(row => row.Name).ToListAsync(Stop)).Order(StringComparer.Ordinal));
        Assert.Equal(["later", "open"], (await left.Pauses.Select(row => row.Channel).ToListAsync(Stop)).Order(StringComparer.Ordinal));

        static WorkItemRow Closed(DateTimeOffset at) => new()
        {
            Id = Guid.CreateVersion7(), Number = "T-2", Subject = "Ma facture", Channel = "web_chat", Language = "fr", Priority = Relais.Routing.Domain.Priority.Normal,
            Tier = Relais.Routing.Domain.CustomerTier.Standard, WeightParts = 1, Skills = [], QueuedSince = at, WaitingSince = at, DueAt = at, ClosedAt = at,
            State = Relais.Routing.Domain.ItemState.Closed,
        };

        static TeamRow Team(string name, DateTimeOffset? dissolved) => new()
        {
            Id = Guid.CreateVersion7(), Name = name, Kind = Relais.Routing.Domain.Skills.TeamKind.Central, FormedAt = DateTimeOffset.UtcNow.AddDays(-200), DissolvedAt = dissolved,
        };

        static QueuePauseRow Pause(string channel, DateTimeOffset? until) => new()
        {
            Group = "default", Channel = channel, PausedAt = DateTimeOffset.UtcNow.AddDays(-200), Until = until,
        };
    }

    [Fact]
    public async Task Ticket_reopened_after_routing_forgot_it_is_queued_as_it_was_told_anew()
    {
        var (former, better) = (await ExpertAsync(("billing", 3)), await ExpertAsync(("billing", 5)));
        var opened = Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2)) with { CustomerTier = "VIP", RequestedAt = DateTimeOffset.UtcNow.AddDays(-100) };
        var reopened = new TicketReopened(opened.TicketId, opened.ConversationId, former.Id, DateTimeOffset.UtcNow.AddHours(1), DateTimeOffset.UtcNow);
        // As a version told it that did not say what the matter is.
        await Assert.ThrowsAsync<InvalidOperationException>(() => Routing.DeliverAsync(Tenant, reopened));

        await Routing.DeliverAsync(Tenant, reopened with { Opened = opened });

        Assert.Equal(opened.TicketId.ToString(), (await former.OfferAsync()).TicketId);
        Assert.Empty((await better.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        await using var db = Routing.Open<RoutingDb>(Tenant);
        var row = await db.WorkItems.SingleAsync(item => item.Id == opened.TicketId, Stop);
        Assert.Equal(("T-1", "Ma facture", Relais.Routing.Domain.CustomerTier.Vip), (row.Number, row.Subject, row.Tier));
        Assert.Equal(opened.RequestedAt, row.QueuedSince, TimeSpan.FromMilliseconds(1));
        // The opening that comes late after all changes nothing.
        await Routing.DeliverAsync(Tenant, opened);
        Assert.Equal(1, await db.WorkItems.CountAsync(Stop));
    }

    [Fact]
    public async Task Acceptance_that_tickets_does_not_confirm_is_answered_all_the_same()
    {
        TicketsAnswers = false;
        var expert = await ExpertAsync(("billing", 5));
        await OpenAsync(new RequiredSkill("billing", 2));

        var accepted = await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await expert.OfferAsync()).Id }, cancellationToken: Stop);

        Assert.Equal(Offer.Types.State.Accepted, accepted.State);
    }

    private async Task<Guid> WorkedOffAsync(Person expert)
    {
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await expert.OfferAsync()).Id }, cancellationToken: Stop);
        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), expert.Id, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        return ticket;
    }

    [Fact]
    public async Task Parallel_tickets_and_experts_leave_nobody_over_capacity_and_no_ticket_with_two()
    {
        var experts = new List<Person>();
        for (var i = 0; i < 6; i++) experts.Add(await ExpertAsync(("billing", 1 + (i % 5))));
        var tickets = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => OpenAsync(new RequiredSkill("billing", 1))));
        var done = new ConcurrentBag<string>();
        await Task.WhenAll(experts.Select(async expert =>
        {
            while (done.Count < tickets.Length)
            {
                var offers = (await expert.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 1 }, cancellationToken: Stop)).Offers;
                foreach (var offer in offers)
                {
                    Assert.True((await expert.GetAsync()).Load <= 1);
                    await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
                    await Routing.DeliverAsync(
                        Tenant, new TicketResolved(Guid.Parse(offer.TicketId), "T-1", Guid.NewGuid(), expert.Id, "web_chat", "fr", 1, false, DateTimeOffset.UtcNow));
                    done.Add(offer.TicketId);
                }
            }
        }));

        Assert.Equal(tickets.Select(t => t.ToString()).Order(), done.Order());
        Assert.Equal(tickets.Length, Heard.OfType<OfferAccepted>().Select(e => e.TicketId).Distinct().Count());
        foreach (var expert in experts) Assert.Equal(0, (await expert.GetAsync()).Load);
    }

    [Fact]
    public async Task Expired_offer_goes_on_and_the_second_miss_sets_away_also_across_a_restart()
    {
        await using var hasty = await StartAsync("00:00:02");
        var expert = await ExpertAsync(hasty, ("billing", 5));
        await hasty.DeliverAsync(Tenant, Opened(Guid.NewGuid(), new RequiredSkill("billing", 2)));
        var offer = await expert.OfferAsync();

        await UntilAsync(() => Heard.OfType<OfferExpired>().Any(e => e.OfferId.ToString() == offer.Id), "the offer expires");
        await FailsAsync("offer.expired", StatusCode.FailedPrecondition, expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop));
        await hasty.RestartAsync();
        expert.Client = new Proto.RoutingClient(hasty.Call(hasty.Keys.Staff(expert.Id, Tenant, Roles.Expert)));

        await UntilAsync(async () => (await expert.GetAsync()).Presence == Expert.Types.Presence.Away, "the expert is set away");
    }
}

public sealed class OffersOnSqlite() : OfferSuite("Sqlite");

public sealed class OffersOnPostgres() : OfferSuite("Postgres");
