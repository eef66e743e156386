using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using Relais.Routing.Data;
using Relais.Routing.Shards;
using Relais.Routing.Simulation;
using SupervisionProto = Relais.Contracts.Routing.V1.Supervision;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Relais.Contract.Routing;

/// <summary>What a supervisor sees, does and asks.</summary>
public abstract class SupervisionSuite(string provider) : RoutingSuite(provider)
{
    private SupervisionProto.SupervisionClient Desk => new(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));

    private SupervisionProto.SupervisionClient DeskOf(Guid expert) => new(Routing.Call(Routing.Keys.Staff(expert, Tenant, Roles.Expert)));

    [Fact]
    public async Task Matter_given_by_hand_goes_to_the_expert_whatever_they_lack_and_is_on_record()
    {
        var (skilled, other) = (await ExpertAsync(("billing", 5)), await ExpertAsync());
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        await skilled.OfferAsync();

        var offer = await Desk.ForceAssignmentAsync(new ForceAssignmentRequest { TicketId = ticket.ToString(), ExpertId = other.Id.ToString(), Reason = "Knows the customer" }, cancellationToken: Stop);

        Assert.Equal((Offer.Types.State.Accepted, other.Id.ToString()), (offer.State, offer.ExpertId));
        await UntilAsync(() => Heard.OfType<OfferAccepted>().Any(accepted => accepted.TicketId == ticket && accepted.ExpertId == other.Id), "the acceptance is published");
        Assert.Empty((await skilled.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        var entry = Assert.Single((await Desk.ListRoutingAuditAsync(new ListRoutingAuditRequest(), cancellationToken: Stop)).Entries);
        Assert.Equal(("assigned", other.Id.ToString(), "Knows the customer"), (entry.Action, entry.ExpertId, entry.Reason));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, DeskOf(other.Id).ForceAssignmentAsync(new ForceAssignmentRequest(), cancellationToken: Stop));
        await FailsAsync("ticket.not_open", StatusCode.NotFound, Desk.ForceAssignmentAsync(new ForceAssignmentRequest { TicketId = Guid.NewGuid().ToString(), ExpertId = other.Id.ToString(), Reason = "x" }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Matter_given_on_by_hand_stays_there_when_tickets_tells_late_of_the_acceptance_before()
    {
        var (first, second) = (await ExpertAsync(("billing", 5)), await ExpertAsync());
        TicketsAnswers = false;
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        await first.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await first.OfferAsync()).Id }, cancellationToken: Stop);
        await Desk.ForceAssignmentAsync(new ForceAssignmentRequest { TicketId = ticket.ToString(), ExpertId = second.Id.ToString(), Reason = "Knows the customer" }, cancellationToken: Stop);

        await Routing.DeliverAsync(Tenant, new TicketAssigned(ticket, "T-1", Guid.NewGuid(), first.Id, first.Name, DateTimeOffset.UtcNow));

        var live = (await Desk.ListLiveExpertsAsync(new ListLiveExpertsRequest(), cancellationToken: Stop)).Experts.ToDictionary(expert => expert.ExpertId);
        Assert.Equal((0, 0), (live[first.Id.ToString()].Assigned, live[first.Id.ToString()].Load));
        Assert.Equal(1, live[second.Id.ToString()].Assigned);
    }

    [Fact]
    public async Task Paused_queue_offers_nothing_until_it_is_resumed_and_may_be_pulled_from()
    {
        var expert = await ExpertAsync(("billing", 5));
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);
        var (first, second) = (await OpenAsync(new RequiredSkill("billing", 3)), await OpenAsync(new RequiredSkill("billing", 3)));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        var queue = Assert.Single((await Desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Queues);
        Assert.Equal((2, true, 1, 1), (queue.Waiting, queue.Paused, queue.Qualified, queue.QualifiedAvailable));

        await DeskOf(expert.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = first.ToString() }, cancellationToken: Stop);
        await Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop);

        Assert.Equal(second.ToString(), (await expert.OfferAsync()).TicketId);
        await FailsAsync("queue.not_paused", StatusCode.NotFound, Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default" }, cancellationToken: Stop));
        await FailsAsync("queue.not_found", StatusCode.NotFound, Desk.PauseQueueAsync(new PauseQueueRequest { Group = "nowhere", Reason = "x" }, cancellationToken: Stop));
        var live = Assert.Single((await Desk.ListLiveExpertsAsync(new ListLiveExpertsRequest(), cancellationToken: Stop)).Experts);
        Assert.Equal((1, 1, 2), (live.Offered, live.Assigned, live.HeldByChannel["web_chat"]));
    }

    [Fact]
    public async Task Explanation_tells_what_stands_in_the_way_now_whatever_did_when_it_was_decided()
    {
        var expert = await ExpertAsync(("billing", 5));
        await expert.BeAsync(Expert.Types.Presence.Away);
        var opened = new List<string>();
        for (var number = 0; number < 4; number++)
            opened.Add((await OpenAsync(new RequiredSkill("billing", 3))).ToString());
        await expert.BeAsync(Expert.Types.Presence.Available);
        var offered = (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers.Select(offer => offer.TicketId).ToList();
        var waits = Assert.Single(opened.Except(offered));

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = waits, ExpertId = expert.Id.ToString() }, cancellationToken: Stop);

        Assert.Equal(("presence", "capacity"), (Assert.Single(why.ReasonsThen), Assert.Single(why.ReasonsNow)));
        Assert.Contains("déjà occupé", why.Why, StringComparison.Ordinal);
        Assert.Equal($"{expert.Name} : déjà occupé(s).", why.WhyNot);
        var held = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = offered[0], ExpertId = expert.Id.ToString() }, cancellationToken: Stop);
        Assert.Empty(held.ReasonsNow);
    }

    [Fact]
    public async Task Matter_that_waits_when_its_queue_is_paused_is_told_so_and_nothing_that_will_not_happen()
    {
        var expert = await ExpertAsync(("billing", 3));
        await expert.BeAsync(Expert.Types.Presence.Away);
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));

        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Reason = "Outage" }, cancellationToken: Stop);
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Still" }, cancellationToken: Stop);

        await expert.BeAsync(Expert.Types.Presence.Available);
        var decisions = (await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions;
        Assert.Equal(["opened", "parked"], decisions.Select(decision => decision.Trigger));
        Assert.Equal("La file est en pause.", decisions[1].Explanation);
        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString(), ExpertId = expert.Id.ToString() }, cancellationToken: Stop);
        Assert.Equal(("La file est en pause.", "La file est en pause."), (why.Why, why.WhyNot));
        Assert.Empty(why.ReasonsNow);
        Assert.Empty(why.Changes);
    }

    [Fact]
    public async Task Matter_that_is_offered_to_somebody_without_further_room_can_be_pulled_by_them()
    {
        var expert = await ExpertAsync(("billing", 5));
        await Manager().SetProfileAsync(new SetProfileRequest
        {
            Id = expert.Id.ToString(), Capacity = 1, TimeZone = "Etc/UTC", ChannelCeilings = { ["web_chat"] = 1 }, Languages = { new LanguageLevel { Language = "fr", Level = 5 } },
        }, cancellationToken: Stop);
        var (offered, other) = (await OpenAsync(new RequiredSkill("billing", 3)), await OpenAsync(new RequiredSkill("billing", 3)));
        Assert.Equal(offered.ToString(), (await expert.OfferAsync()).TicketId);

        await FailsAsync("expert.no_room", StatusCode.FailedPrecondition, DeskOf(expert.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = other.ToString() }, cancellationToken: Stop));
        var pulled = await DeskOf(expert.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = offered.ToString() }, cancellationToken: Stop);

        Assert.Equal((Offer.Types.State.Accepted, offered.ToString()), (pulled.State, pulled.TicketId));
    }

    [Fact]
    public async Task Matter_that_is_held_at_a_busy_time_is_explained_as_the_engine_holds_it()
    {
        // This process decides for the tenant from here on, and reads the engine anew when the queue goes on.
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);
        var now = DateTimeOffset.UtcNow;
        var beginner = Guid.Empty;
        var held = Guid.CreateVersion7();
        await using (var db = Routing.Open<RoutingDb>(Tenant))
        {
            for (var number = 0; number < 9; number++)
            {
                var (master, matter) = (Guid.CreateVersion7(), Guid.CreateVersion7());
                db.Experts.AddRange(Person(master, 5, busy: true), Person(beginner = Guid.CreateVersion7(), 1, busy: false));
                db.WorkItems.Add(Call(matter, master));
                db.Offers.Add(new OfferRow
                {
                    Id = Guid.CreateVersion7(), ItemId = matter, LiveItemId = matter, ExpertId = master, DecisionId = Guid.CreateVersion7(), OfferedAt = now, ExpiresAt = now,
                    SettledAt = now, State = Relais.Routing.Domain.OfferState.Accepted,
                });
            }

            db.WorkItems.Add(Call(held, holder: null));
            await db.SaveChangesAsync(Stop);
        }

        // An hour in which one of ten had nothing to do.
        Routing.Services.GetRequiredService<ShardTable>().Of(Tenant).IdleShare.Take(now.AddHours(-1), there: 10, idle: 1);
        await Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop);

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = held.ToString(), ExpertId = beginner.ToString() }, cancellationToken: Stop);

        Assert.Equal(("WAITING", "held"), (why.State, Assert.Single(why.ReasonsNow)));
        Assert.Contains(why.Changes, change => change.What == "HOLD_ENDS");

        ExpertRow Person(Guid id, int level, bool busy) => new()
        {
            Id = id, DisplayName = "Expert", Locale = "fr", Active = true, Presence = Relais.Routing.Domain.Presence.Available, PresenceSince = now, IdleSince = busy ? null : now,
            CapacityParts = Relais.Routing.Domain.Capacity.One.Parts, LoadParts = busy ? Relais.Routing.Domain.Capacity.One.Parts : 0, TimeZone = "Etc/UTC",
            Languages = [new StoredLanguage("fr", 5)], Skills = { new ExpertSkillRow { ExpertId = id, Key = "billing", Name = "billing", Level = level } },
        };

        WorkItemRow Call(Guid id, Guid? holder) => new()
        {
            Id = id, Number = "T-2", Subject = "Ma facture", Channel = "voice", Language = "fr", Priority = Relais.Routing.Domain.Priority.Normal,
            Tier = Relais.Routing.Domain.CustomerTier.Standard, WeightParts = Relais.Routing.Domain.Capacity.One.Parts,
            Skills = [new Relais.Routing.Domain.SkillRequirement("billing", 1, true)], QueuedSince = now, WaitingSince = now, DueAt = now.AddHours(4),
            HolderId = holder, AssignedExpertId = holder, State = holder is null ? Relais.Routing.Domain.ItemState.Waiting : Relais.Routing.Domain.ItemState.Assigned,
        };
    }

    [Fact]
    public async Task Matter_that_is_offered_is_explained_with_the_moment_at_which_the_offer_ends()
    {
        var expert = await ExpertAsync(("billing", 5));
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        var offer = await expert.OfferAsync();

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);

        var change = Assert.Single(why.Changes);
        Assert.Equal(("OFFERED", "OFFER_EXPIRES", expert.Id.ToString(), offer.ExpiresAt), (why.State, change.What, change.Detail, change.At));
    }

    [Fact]
    public async Task Matter_that_waits_is_explained_with_who_finishes_soon_and_whose_shift_begins()
    {
        var (finishes, away) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 5)));
        await away.BeAsync(Expert.Types.Presence.Offline);
        await Manager().SetProfileAsync(Profile(finishes, profile => profile.WrapUpSeconds = 600), cancellationToken: Stop);
        var shift = DateTimeOffset.UtcNow.AddDays(3);
        await Manager().SetProfileAsync(
            Profile(away, profile => profile.WorkingHours.Add(new WorkingHours { Days = { shift.DayOfWeek.ToString().ToLowerInvariant() }, From = "03:00", To = "04:00" })), cancellationToken: Stop);
        var first = await OpenAsync(new RequiredSkill("billing", 3));
        await finishes.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await finishes.OfferAsync()).Id }, cancellationToken: Stop);
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);
        // Somebody who forgot to sign off at the end of a shift of before.
        await using (var db = Routing.Open<RoutingDb>(Tenant))
        {
            await db.Experts.Where(expert => expert.Id == away.Id).ExecuteUpdateAsync(
                row => row.SetProperty(expert => expert.Presence, Relais.Routing.Domain.Presence.Available).SetProperty(expert => expert.PresenceSince, shift.AddDays(-30)), Stop);
        }

        await Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop);
        await Routing.DeliverAsync(Tenant, new TicketResolved(first, "T-1", Guid.NewGuid(), finishes.Id, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);

        Assert.Equal("WAITING", why.State);
        Assert.Equal([("RELAXES", ""), ("WRAP_UP_ENDS", finishes.Name), ("SHIFT_BEGINS", away.Name)], why.Changes.Select(change => (change.What, change.Detail)));
        Assert.Equal(new DateTimeOffset(shift.Date, TimeSpan.Zero).AddHours(3), why.Changes[2].At.ToDateTimeOffset());
        Assert.InRange(why.Changes[1].At.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(5), DateTimeOffset.UtcNow.AddMinutes(10));

        static SetProfileRequest Profile(Person expert, Action<SetProfileRequest> change)
        {
            var profile = new SetProfileRequest { Id = expert.Id.ToString(), Capacity = 2, TimeZone = "Etc/UTC", Languages = { new LanguageLevel { Language = "fr", Level = 5 } } };
            change(profile);
            return profile;
        }
    }

    [Fact]
    public async Task Who_declined_a_matter_that_may_come_again_is_told_that_they_did()
    {
        await ActivateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1, OfferAgainAfterDecline = true, OfferTimeoutSeconds = 3600 });
        var expert = await ExpertAsync(("billing", 5));
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        await expert.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = (await expert.OfferAsync()).Id, Reason = "Holidays" }, cancellationToken: Stop);

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString(), ExpertId = expert.Id.ToString() }, cancellationToken: Stop);

        Assert.Equal(("WAITING", "declined"), (why.State, Assert.Single(why.ReasonsNow)));
    }

    [Fact]
    public async Task Matter_in_a_language_that_somebody_does_not_speak_cannot_be_pulled()
    {
        var expert = await ExpertAsync(("billing", 5));
        var opened = Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 1)) with { Locale = "de" };
        await Routing.DeliverAsync(Tenant, opened);

        await FailsAsync("expert.not_qualified", StatusCode.FailedPrecondition, DeskOf(expert.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = opened.TicketId.ToString() }, cancellationToken: Stop));
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task Program_of_a_partner_sees_queues_and_policies_and_steers_nothing()
    {
        await OpenAsync();
        var program = Routing.Call(Routing.Keys.Client(Tenant, "queues.read", "policies.read"));

        Assert.Equal(1, (await new SupervisionProto.SupervisionClient(program).ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Waiting);
        await new Relais.Contracts.Routing.V1.Policies.PoliciesClient(program).ListPoliciesAsync(new ListPoliciesRequest(), cancellationToken: Stop);
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, new SupervisionProto.SupervisionClient(program).PauseQueueAsync(new PauseQueueRequest { Group = "default", Reason = "x" }, cancellationToken: Stop));
    }

    [Fact]
    public async Task What_an_expert_would_be_given_depends_on_their_teams_and_on_what_skills_mean()
    {
        var catalogue = new Relais.Contracts.Routing.V1.Skills.SkillsClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        var expert = await ExpertAsync(("billing", 5));
        await expert.BeAsync(Expert.Types.Presence.Away);
        await catalogue.SetSkillAsync(new SetSkillRequest { Id = "billing", Synonyms = { "invoices" } }, cancellationToken: Stop);
        var ticket = await OpenAsync(new RequiredSkill("billing", 4));
        var team = await catalogue.SetTeamAsync(new SetTeamRequest { Id = Guid.CreateVersion7().ToString(), Name = "Centre", Kind = Team.Types.Kind.Central }, cancellationToken: Stop);
        var asked = new GetWhatIfRequest { Expert = new() { Id = expert.Id.ToString() } };

        Assert.Empty((await Desk.GetWhatIfAsync(asked, cancellationToken: Stop)).Given);
        asked.Expert.TeamIds.Add(team.Id);
        Assert.Equal(ticket.ToString(), Assert.Single((await Desk.GetWhatIfAsync(asked, cancellationToken: Stop)).Given).TicketId);
        asked.Expert.Skills.Add(new SkillLevel { Skill = "invoices", Level = 1 });
        Assert.Empty((await Desk.GetWhatIfAsync(asked, cancellationToken: Stop)).Given);
        asked.Expert.TeamIds[0] = Guid.NewGuid().ToString();
        await FailsAsync("team.not_found", StatusCode.NotFound, Desk.GetWhatIfAsync(asked, cancellationToken: Stop));
        asked.Expert.TeamIds[0] = "x";
        await InvalidAsync("expert.teamIds[0]", Desk.GetWhatIfAsync(asked, cancellationToken: Stop));
    }

    [Fact]
    public async Task Matter_in_somebodys_hands_is_given_on_by_hand()
    {
        var (first, second) = (await ExpertAsync(("billing", 5)), await ExpertAsync());
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        await first.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await first.OfferAsync()).Id }, cancellationToken: Stop);
        await FailsAsync("ticket.already_assigned", StatusCode.FailedPrecondition, Desk.ForceAssignmentAsync(new ForceAssignmentRequest { TicketId = ticket.ToString(), ExpertId = first.Id.ToString(), Reason = "x" }, cancellationToken: Stop));

        await Desk.ForceAssignmentAsync(new ForceAssignmentRequest { TicketId = ticket.ToString(), ExpertId = second.Id.ToString(), Reason = "End of shift" }, cancellationToken: Stop);

        var live = (await Desk.ListLiveExpertsAsync(new ListLiveExpertsRequest(), cancellationToken: Stop)).Experts.ToDictionary(expert => expert.ExpertId);
        Assert.Equal((0, 1), (live[first.Id.ToString()].Assigned, live[second.Id.ToString()].Assigned));
        await FailsAsync("ticket.not_waiting", StatusCode.FailedPrecondition, DeskOf(first.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = ticket.ToString() }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Pulls_and_pauses_are_for_who_may_and_on_record()
    {
        var expert = await ExpertAsync(("billing", 5));
        var analyst = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Analyst)));
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));

        await FailsAsync("permission.denied", StatusCode.PermissionDenied, analyst.PullFromQueueAsync(new PullFromQueueRequest { TicketId = ticket.ToString() }, cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, DeskOf(expert.Id).PauseQueueAsync(new PauseQueueRequest { Group = "default", Reason = "x" }, cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, analyst.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop));
        await DeskOf(expert.Id).PullFromQueueAsync(new PullFromQueueRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);
        await Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop);

        Assert.Equal(
            [("resumed", "default/web_chat", "", ""), ("pulled", "T-1", expert.Id.ToString(), ""), ("paused", "default/web_chat", "", "Outage")],
            (await AuditAsync()).Select(entry => (entry.Action, entry.Subject, entry.ExpertId, entry.Reason)));
    }

    [Fact]
    public async Task Wrap_up_goes_on_across_a_restart()
    {
        var expert = await ExpertAsync(("billing", 5));
        await Manager().SetProfileAsync(new SetProfileRequest
        {
            Id = expert.Id.ToString(), Capacity = 1, TimeZone = "Etc/UTC", WrapUpSeconds = 3600, Languages = { new LanguageLevel { Language = "fr", Level = 5 } },
        }, cancellationToken: Stop);
        var done = await OpenAsync(new RequiredSkill("billing", 3));
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = (await expert.OfferAsync()).Id }, cancellationToken: Stop);
        await Routing.DeliverAsync(Tenant, new TicketResolved(done, "T-1", Guid.NewGuid(), expert.Id, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow));

        await Routing.RestartAsync();

        await OpenAsync(new RequiredSkill("billing", 3));
        expert.Client = new(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        Assert.True(Assert.Single((await Desk.ListLiveExpertsAsync(new ListLiveExpertsRequest(), cancellationToken: Stop)).Experts).WrappingUp);
    }

    [Fact]
    public async Task Pause_that_has_ended_cannot_be_resumed()
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(1);
        await Desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Reason = "Outage", Until = Timestamp.FromDateTimeOffset(until) }, cancellationToken: Stop);
        await UntilAsync(() => DateTimeOffset.UtcNow > until, "the pause is over");

        await FailsAsync("queue.not_paused", StatusCode.NotFound, Desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default" }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Queue_shows_the_tier_of_who_waits_also_when_the_matter_comes_again()
    {
        var opened = Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 3)) with { CustomerTier = "GOLD" };
        await Routing.DeliverAsync(Tenant, opened);
        Assert.Equal("GOLD", await ShownAsync());

        await Routing.DeliverAsync(Tenant, new TicketResolved(opened.TicketId, "T-1", opened.ConversationId, null, "web_chat", "fr-FR", 1, true, DateTimeOffset.UtcNow));
        await Routing.DeliverAsync(Tenant, new TicketReopened(opened.TicketId, opened.ConversationId, null, DateTimeOffset.UtcNow.AddHours(1), DateTimeOffset.UtcNow));

        Assert.Equal("GOLD", await ShownAsync());

        async Task<string> ShownAsync() =>
            Assert.Single(Assert.Single((await Desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Queues).Items).Tier;
    }

    [Fact]
    public async Task Forecast_expects_what_came_at_such_hours_and_says_who_is_needed_and_who_is_planned()
    {
        var expert = await ExpertAsync(("billing", 3));
        await Manager().SetProfileAsync(new SetProfileRequest
        {
            Id = expert.Id.ToString(), Capacity = 1, TimeZone = "Etc/UTC", Languages = { new LanguageLevel { Language = "fr", Level = 5 } },
            WorkingHours = { new WorkingHours { Days = { Enum.GetNames<DayOfWeek>().Select(day => day.ToLowerInvariant()) }, From = "00:00", To = "00:00" } },
        }, cancellationToken: Stop);
        await ExpertAsync(("billing", 3));
        await ExpertAsync(("law", 3));
        var empty = Assert.Single((await Desk.GetForecastAsync(new GetForecastRequest { Hours = 1 }, cancellationToken: Stop)).Groups);
        Assert.Equal((0, false, false), (empty.Hours[0].Samples, empty.Hours[0].HasContacts, empty.Hours[0].HasExpertsNeeded));
        Assert.Contains(empty.Warnings, warning => warning.StartsWith("The history has 0 hours, less than a week", StringComparison.Ordinal));
        var begins = empty.Hours[0].BeginsAt.ToDateTimeOffset().AddHours(1);
        await using (var db = Routing.Open<RoutingDb>(Tenant))
        {
            Add(db, begins.AddDays(-22), taken: true);
            for (var minute = 0; minute < 6; minute++)
                Add(db, begins.AddDays(-21).AddMinutes(minute), taken: minute > 0);
            for (var minute = 0; minute < 3; minute++)
                Add(db, begins.AddDays(-7).AddMinutes(minute), taken: true);
            await db.SaveChangesAsync(Stop);
        }

        var group = Assert.Single((await Desk.GetForecastAsync(new GetForecastRequest { Hours = 3, Weeks = 3, Group = "default" }, cancellationToken: Stop)).Groups);

        Assert.Equal(("Europe/Paris", 600, 120, .8), (group.TimeZone, group.HandleSeconds, group.WithinSeconds, group.Share));
        // Eight who waited a minute, and one who gave up after half of one.
        Assert.Equal((510, 1.0 / 3), (group.PatienceSeconds, group.Weight));
        var hour = group.Hours.Single(hour => hour.BeginsAt.ToDateTimeOffset() == begins);
        Assert.Equal((3, 3, 1), (hour.Samples, hour.Contacts, hour.ExpertsPlanned));
        var expected = StaffingForecast.Of(0, 3, 600, 510, .8, 120);
        Assert.Equal(((int)Math.Ceiling(expected.Agents / 3.0), expected.Expected.InTime), (hour.ExpertsNeeded, hour.InTime));
        Assert.Contains("Experts who could take these matters but have no working hours, and are not counted as planned: 1.", group.Warnings);
        Assert.All(group.Hours.Where(other => other != hour), other => Assert.Equal((3, 0, 0), (other.Samples, other.Contacts, other.ExpertsNeeded)));

        await InvalidAsync("hours", Desk.GetForecastAsync(new GetForecastRequest { Hours = 169 }, cancellationToken: Stop));
        await InvalidAsync("share", Desk.GetForecastAsync(new GetForecastRequest { Share = double.NaN }, cancellationToken: Stop));
        await FailsAsync("queue.not_found", StatusCode.NotFound, Desk.GetForecastAsync(new GetForecastRequest { Group = "nowhere" }, cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, DeskOf(expert.Id).GetForecastAsync(new GetForecastRequest(), cancellationToken: Stop));

        void Add(RoutingDb db, DateTimeOffset at, bool taken)
        {
            var (id, accepted) = (Guid.CreateVersion7(), at.AddSeconds(60));
            db.WorkItems.Add(new WorkItemRow
            {
                Id = id, Number = "T-2", Subject = "Ma facture", Channel = "web_chat", Language = "fr", Priority = Relais.Routing.Domain.Priority.Normal,
                Tier = Relais.Routing.Domain.CustomerTier.Standard, WeightParts = 1, Skills = [new Relais.Routing.Domain.SkillRequirement("billing", 2, true)],
                QueuedSince = at, WaitingSince = at, DueAt = at.AddSeconds(120), ClosedAt = taken ? accepted.AddSeconds(600) : at.AddSeconds(30), State = Relais.Routing.Domain.ItemState.Closed,
            });
            if (taken)
            {
                db.Offers.Add(new OfferRow
                {
                    Id = Guid.CreateVersion7(), ItemId = id, ExpertId = expert.Id, DecisionId = Guid.CreateVersion7(), OfferedAt = at, ExpiresAt = accepted,
                    SettledAt = accepted, State = Relais.Routing.Domain.OfferState.Accepted,
                });
            }
        }
    }

    [Fact]
    public async Task Forecast_needs_nobody_in_closed_hours_and_says_that_their_matters_wait()
    {
        var closed = new PolicyDefinition { Channels = { "web_chat" }, MinimumLanguageLevel = 1, TimeZone = "Asia/Kolkata" };
        // Three days from now, so that it is closed whenever this runs.
        closed.BusinessHours.Add(new WorkingHours { Days = { DateTimeOffset.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant() }, From = "12:00", To = "13:00" });
        await ActivateAsync("chats", closed);

        var groups = (await Desk.GetForecastAsync(new GetForecastRequest { Hours = 12 }, cancellationToken: Stop)).Groups;

        var chats = groups.Single(group => group.Group == "chats");
        Assert.Equal(("Asia/Kolkata", 2), (chats.TimeZone, groups.Count));
        Assert.All(chats.Hours, hour => Assert.Equal((true, false, 30), (hour.Closed, hour.HasExpertsNeeded, hour.BeginsAt.ToDateTimeOffset().Minute)));
        Assert.All(groups.Single(group => group.Group == "default").Hours, hour => Assert.False(hour.Closed));
    }

    [Fact]
    public async Task Forecast_takes_an_hour_that_opens_within_for_open_reopenings_for_work_and_the_service_target_for_usual()
    {
        var begins = new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero).AddDays(1).AddHours(8);
        var chats = new PolicyDefinition
        {
            Channels = { "web_chat" }, MinimumLanguageLevel = 1, TimeZone = "Etc/UTC",
            ServiceTargets = { new PolicyDefinition.Types.ServiceTarget { Channel = "web_chat", Seconds = 20 } },
        };
        chats.BusinessHours.Add(new WorkingHours { Days = { Enum.GetNames<DayOfWeek>().Select(name => name.ToLowerInvariant()) }, From = "08:30", To = "18:00" });
        await ActivateAsync("chats", chats);
        await using (var db = Routing.Open<RoutingDb>(Tenant))
        {
            var opened = begins.AddDays(-15);
            db.WorkItems.Add(new WorkItemRow
            {
                Id = Guid.CreateVersion7(), Number = "T-2", Subject = "Ma facture", Channel = "web_chat", Language = "fr", Priority = Relais.Routing.Domain.Priority.Normal,
                Tier = Relais.Routing.Domain.CustomerTier.Standard, WeightParts = 1, Skills = [], QueuedSince = opened, WaitingSince = begins.AddDays(-7).AddMinutes(40),
                PreferredExpertId = Guid.NewGuid(), DueAt = begins.AddDays(-6), ClosedAt = begins.AddDays(-7).AddMinutes(41), State = Relais.Routing.Domain.ItemState.Closed,
            });
            await db.SaveChangesAsync(Stop);
        }

        var group = Assert.Single((await Desk.GetForecastAsync(new GetForecastRequest { Hours = 48, Weeks = 4, Group = "chats" }, cancellationToken: Stop)).Groups);

        Assert.Equal(20, group.WithinSeconds);
        var hours = group.Hours.ToLookup(hour => hour.BeginsAt.ToDateTimeOffset().Hour);
        Assert.All(hours[7].Concat(hours[18]), hour => Assert.True(hour.Closed));
        Assert.All(hours[8], hour => Assert.False(hour.Closed));
        Assert.Equal((2, .5), group.Hours.Where(hour => hour.BeginsAt.ToDateTimeOffset() == begins).Select(hour => (hour.Samples, hour.Contacts)).Single());
    }

    [Fact]
    public async Task Queue_is_overdue_by_the_service_target_of_its_group_where_that_is_sooner()
    {
        var now = DateTimeOffset.UtcNow;
        await Routing.DeliverAsync(Tenant, Opened(Guid.CreateVersion7()) with { RequestedAt = now.AddSeconds(-10), DueAt = now.AddHours(4) });
        await Routing.DeliverAsync(Tenant, Opened(Guid.CreateVersion7()) with { RequestedAt = now, DueAt = now.AddHours(4), CustomerTier = "GOLD" });
        Assert.Equal((0, 0), await DueAsync());

        await ActivateAsync("default", new PolicyDefinition
        {
            MinimumLanguageLevel = 1,
            ServiceTargets =
            {
                new PolicyDefinition.Types.ServiceTarget { Channel = "web_chat", Seconds = 1 },
                new PolicyDefinition.Types.ServiceTarget { Channel = "web_chat", Tier = "GOLD", Seconds = 250 },
            },
        });

        Assert.Equal((1, 1), await DueAsync());

        async Task<(int, int)> DueAsync()
        {
            var queue = Assert.Single((await Desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Queues);
            return (queue.Overdue, queue.DueSoon);
        }
    }

    [Fact]
    public async Task Questions_are_answered_and_touch_nothing()
    {
        var expert = await ExpertAsync(("billing", 2));
        var ticket = await OpenAsync(new RequiredSkill("billing", 4));

        var why = await Desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString(), ExpertId = expert.Id.ToString() }, cancellationToken: Stop);
        Assert.Equal(("WAITING", "skill:billing"), (why.State, Assert.Single(why.ReasonsNow)));
        Assert.Contains(why.Changes, change => change.What == "RELAXES");
        var learned = await Desk.GetWhatIfAsync(new GetWhatIfRequest { Expert = new() { Id = expert.Id.ToString(), Skills = { new SkillLevel { Skill = "billing", Level = 4 } } } }, cancellationToken: Stop);
        Assert.Equal(ticket.ToString(), Assert.Single(learned.Given).TicketId);
        var item = await Desk.GetWhatIfAsync(new GetWhatIfRequest { Item = new() { Channel = "web_chat", Language = "fr", Skills = { new SkillRequirement { Skill = "billing", MinimumLevel = 1 } } } }, cancellationToken: Stop);
        Assert.Equal(expert.Id.ToString(), item.Decision.Chosen);

        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        Assert.Equal(2, Assert.Single((await expert.GetAsync()).Skills).Level);
        await InvalidAsync("item", Desk.GetWhatIfAsync(new GetWhatIfRequest(), cancellationToken: Stop));
        var vip = await Desk.GetWhatIfAsync(new GetWhatIfRequest { Item = new() { Channel = "web_chat", Tier = "VIP" } }, cancellationToken: Stop);
        Assert.Equal(expert.Id.ToString(), vip.Decision.Chosen);
        var forged = new GetWhatIfRequest { Item = new() { Channel = "web_chat", Skills = { new SkillRequirement { Skill = "@channel:*", MinimumLevel = 1 } } } };
        await InvalidAsync("item.skills[0].skill", Desk.GetWhatIfAsync(forged, cancellationToken: Stop));
        forged = new GetWhatIfRequest { Expert = new() { Skills = { new SkillLevel { Skill = "@channel:*", Level = 1 } } } };
        await InvalidAsync("expert.skills[0].skill", Desk.GetWhatIfAsync(forged, cancellationToken: Stop));
        await InvalidAsync("item.tier", Desk.GetWhatIfAsync(new GetWhatIfRequest { Item = new() { Channel = "web_chat", Tier = "vip" } }, cancellationToken: Stop));
    }

    private async Task ActivateAsync(string group, PolicyDefinition definition)
    {
        var policies = new Relais.Contracts.Routing.V1.Policies.PoliciesClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        var draft = await policies.CreatePolicyAsync(new CreatePolicyRequest { Group = group, Definition = definition }, cancellationToken: Stop);
        await policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id }, cancellationToken: Stop);
        await policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id }, cancellationToken: Stop);
    }
}

public sealed class SupervisionOnSqlite() : SupervisionSuite("Sqlite");

public sealed class SupervisionOnPostgres() : SupervisionSuite("Postgres");
