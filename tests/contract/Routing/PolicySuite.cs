using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using Relais.Routing.Data;
using PoliciesProto = Relais.Contracts.Routing.V1.Policies;
using SkillsProto = Relais.Contracts.Routing.V1.Skills;
using Step = Relais.Contracts.Routing.V1.PolicyDefinition.Types.RelaxationStep;
using SupervisionProto = Relais.Contracts.Routing.V1.Supervision;

namespace Relais.Contract.Routing;

/// <summary>Policies from the draft to the rules by which work goes.</summary>
public abstract class PolicySuite(string provider) : RoutingSuite(provider)
{
    private PoliciesProto.PoliciesClient Policies => new(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));

    private SkillsProto.SkillsClient Catalogue => new(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));

    [Fact]
    public async Task Draft_is_changed_tried_and_activated_and_the_version_before_it_retires_and_comes_back()
    {
        var first = await ActivateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1 });
        var draft = await CreateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1 });
        Assert.Equal((2, Policy.Types.State.Draft), (draft.Version, draft.State));
        var changed = await Policies.UpdatePolicyAsync(
            new UpdatePolicyRequest { Id = draft.Id, Etag = draft.Etag, Definition = new PolicyDefinition { MinimumLanguageLevel = 1, Rule = "timed" } }, cancellationToken: Stop);
        await FailsAsync("etag.stale", StatusCode.Aborted, Policies.UpdatePolicyAsync(
            new UpdatePolicyRequest { Id = draft.Id, Etag = draft.Etag, Definition = new PolicyDefinition() }, cancellationToken: Stop));
        await FailsAsync("policy.not_tried", StatusCode.FailedPrecondition, Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id }, cancellationToken: Stop));

        var tried = await Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id }, cancellationToken: Stop);
        await FailsAsync("etag.stale", StatusCode.Aborted, Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id, Etag = changed.Etag }, cancellationToken: Stop));
        var active = await Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id, Etag = tried.PolicyEtag }, cancellationToken: Stop);

        Assert.Equal((Policy.Types.State.Active, "timed"), (active.State, active.Definition.Rule));
        Assert.NotNull(active.ActivatedAt);
        Assert.Equal([(2, Policy.Types.State.Active), (1, Policy.Types.State.Retired)], (await ListAsync()).Select(policy => (policy.Version, policy.State)));
        await FailsAsync("policy.not_draft", StatusCode.FailedPrecondition, Policies.UpdatePolicyAsync(
            new UpdatePolicyRequest { Id = draft.Id, Definition = new PolicyDefinition() }, cancellationToken: Stop));
        await FailsAsync("policy.already_active", StatusCode.FailedPrecondition, Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id }, cancellationToken: Stop));
        await Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = first.Id }, cancellationToken: Stop);
        Assert.Equal(Policy.Types.State.Retired, (await Policies.GetPolicyAsync(new GetPolicyRequest { Id = draft.Id }, cancellationToken: Stop)).State);
        await FailsAsync("policy.not_found", StatusCode.NotFound, Policies.GetPolicyAsync(new GetPolicyRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Stop));
        var desk = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        Assert.Equal(
            ["default v1", "default v2", "default v1"],
            (await desk.ListRoutingAuditAsync(new ListRoutingAuditRequest(), cancellationToken: Stop)).Entries.Where(entry => entry.Action == "policy_activated").Select(entry => entry.Subject));
    }

    [Fact]
    public async Task Change_after_the_dry_run_has_to_be_tried_again()
    {
        var draft = await CreateAsync("default", new PolicyDefinition());
        await Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id }, cancellationToken: Stop);
        await Policies.UpdatePolicyAsync(new UpdatePolicyRequest { Id = draft.Id, Definition = new PolicyDefinition { MaximumOffers = 2 } }, cancellationToken: Stop);

        await FailsAsync("policy.not_tried", StatusCode.FailedPrecondition, Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id }, cancellationToken: Stop));
    }

    [Theory]
    [InlineData("chats", "web_chat")]
    [InlineData("default")]
    public async Task Group_that_is_retired_leaves_its_work_to_what_counts_without_it_at_once_and_can_come_back(string group, params string[] channels)
    {
        var chats = await ActivateAsync(group, new PolicyDefinition
        {
            Channels = { channels }, MinimumLanguageLevel = 1, RequiredSkills = { new PolicyDefinition.Types.RequiredSkill { Skill = "law", MinimumLevel = 3 } },
        });
        var expert = await ExpertAsync(("billing", 2));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        await FailsAsync("etag.stale", StatusCode.Aborted, Policies.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id, Etag = "\"0\"" }, cancellationToken: Stop));

        var manager = Policies;
        var retired = await manager.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id, Etag = chats.Etag, RequestId = "r" }, cancellationToken: Stop);

        Assert.Equal(Policy.Types.State.Retired, retired.State);
        Assert.Equal(retired, await manager.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id, Etag = chats.Etag, RequestId = "r" }, cancellationToken: Stop));
        Assert.Equal(ticket.ToString(), Assert.Single((await expert.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 10 }, cancellationToken: Stop)).Offers).TicketId);
        await FailsAsync("policy.not_active", StatusCode.FailedPrecondition, Policies.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id }, cancellationToken: Stop));
        Assert.Equal(Policy.Types.State.Active, (await Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = chats.Id }, cancellationToken: Stop)).State);
        var desk = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        Assert.Equal(
            ["policy_activated", "policy_retired", "policy_activated"],
            (await desk.ListRoutingAuditAsync(new ListRoutingAuditRequest(), cancellationToken: Stop)).Entries.Select(entry => entry.Action));
    }

    [Fact]
    public async Task Group_that_is_paused_as_a_whole_is_not_retired()
    {
        var chats = await ActivateAsync("chats", new PolicyDefinition { Channels = { "web_chat" }, MinimumLanguageLevel = 1 });
        var desk = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        var expert = await ExpertAsync(("billing", 5));
        await desk.PauseQueueAsync(new PauseQueueRequest { Group = "chats", Reason = "Outage" }, cancellationToken: Stop);
        await OpenAsync(new RequiredSkill("billing", 3));

        await FailsAsync("queue.paused", StatusCode.FailedPrecondition, Policies.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id }, cancellationToken: Stop));

        await desk.PauseQueueAsync(new PauseQueueRequest { Group = "chats", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);
        await desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "chats" }, cancellationToken: Stop);
        await Policies.RetirePolicyAsync(new RetirePolicyRequest { Id = chats.Id }, cancellationToken: Stop);
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        Assert.Equal("default", Assert.Single((await desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Pauses).Group);
    }

    [Fact]
    public async Task Activated_policy_counts_at_once_for_what_waits_and_after_a_restart()
    {
        var expert = await ExpertAsync(("billing", 2));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2), new RequiredSkill("law", 3));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        await ActivateAsync("chats", new PolicyDefinition
        {
            Channels = { "web_chat" }, MinimumLanguageLevel = 1, Relaxation = { new Step { AfterSeconds = 1, DropSkills = { "law" } } },
        });

        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
        await Routing.RestartAsync();
        expert.Client = new(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));
        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
        var relaxed = (await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions[^1];
        Assert.Equal("skill:law", Assert.Single(relaxed.Relaxations).Requirement);
    }

    [Fact]
    public async Task Required_and_wanted_skills_of_the_group_choose_the_expert_and_are_told()
    {
        await ActivateAsync("default", new PolicyDefinition
        {
            Rule = "best-skilled", MinimumLanguageLevel = 1, RequiredSkills = { new PolicyDefinition.Types.RequiredSkill { Skill = "courtesy", MinimumLevel = 1 } },
            WantedSkills = { new PolicyDefinition.Types.WantedSkill { Skill = "tv", Weight = 2 } },
        });
        var rude = await ExpertAsync(("billing", 3), ("tv", 5));
        await ExpertAsync(("billing", 3), ("courtesy", 3));
        var wanted = await ExpertAsync(("billing", 3), ("courtesy", 3), ("tv", 2));

        var ticket = await OpenAsync(new RequiredSkill("billing", 1));

        Assert.Equal(ticket.ToString(), (await wanted.OfferAsync()).TicketId);
        var decision = Assert.Single((await wanted.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions);
        Assert.Equal([4, 0], decision.Candidates.Select(candidate => candidate.Terms.Single(term => term.Name == "wanted").Value));
        Assert.Equal(["skill:courtesy"], decision.Rejected.Single(rejected => rejected.ExpertId == rude.Id.ToString()).Reasons);
    }

    [Fact]
    public async Task Minutes_of_a_tier_are_worth_as_much_waiting()
    {
        await ActivateAsync("default", new PolicyDefinition { Rule = "longest-idle", MinimumLanguageLevel = 1, TierMinutes = { ["VIP"] = 2 } });
        var now = DateTimeOffset.UtcNow;
        var (early, standard, vip) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        foreach (var (ticket, tier, waited) in new[] { (early, "STANDARD", 3), (standard, "STANDARD", 1), (vip, "VIP", 0) })
            await Routing.DeliverAsync(Tenant, Opened(ticket, new RequiredSkill("billing", 2)) with { Channel = "voice", CustomerTier = tier, RequestedAt = now.AddMinutes(-waited) });

        var expert = await ExpertAsync(("billing", 4));

        foreach (var next in new[] { early, vip, standard })
        {
            var offer = await expert.OfferAsync();
            Assert.Equal(next.ToString(), offer.TicketId);
            await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
            await Routing.DeliverAsync(Tenant, new TicketResolved(next, "T-1", Guid.NewGuid(), expert.Id, "voice", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        }
    }

    [Fact]
    public async Task Dry_run_replays_what_happened_under_both_policies_and_touches_nothing()
    {
        var (biller, lawyer) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("law", 4)));
        await Routing.DeliverAsync(Tenant, Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2), new RequiredSkill("law", 2)));
        var draft = await CreateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1, Relaxation = { new Step { AfterSeconds = 1, NeverDropOnly = true } } });

        var tried = await Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id, Days = 1 }, cancellationToken: Stop);

        Assert.Equal(1, tried.Matters);
        // The usual plan leaves the second skill after three minutes, the draft after a second.
        Assert.Equal((180.0, 1.0), Figure(tried, "waitMean"));
        Assert.Equal((100.0, 100.0), Figure(tried, "sla"));
        Assert.Empty((await biller.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        Assert.Empty((await lawyer.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        var empty = await CreateAsync("calls", new PolicyDefinition { Channels = { "voice" } });
        var (caller, once) = (Policies, new DryRunPolicyRequest { RequestId = "once", Id = empty.Id });
        Assert.Equal(await caller.DryRunPolicyAsync(once, cancellationToken: Stop), await caller.DryRunPolicyAsync(once, cancellationToken: Stop));
        await InvalidAsync("days", Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id, Days = 91 }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Closed_group_offers_nothing_until_a_version_that_is_open_is_active()
    {
        var expert = await ExpertAsync(("billing", 4));
        // Three days from now, so that it is closed whenever this runs.
        var closed = new PolicyDefinition { Channels = { "web_chat" }, MinimumLanguageLevel = 1, TimeZone = "Etc/UTC" };
        closed.BusinessHours.Add(new WorkingHours { Days = { DateTimeOffset.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant() }, From = "03:00", To = "04:00" });
        await ActivateAsync("chats", closed);
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        closed.ClosedHours = PolicyDefinition.Types.ClosedHours.Offer;
        await ActivateAsync("chats", closed);

        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Pause_of_a_channel_counts_in_whatever_group_the_channel_is()
    {
        var desk = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        var expert = await ExpertAsync(("billing", 4));
        await desk.PauseQueueAsync(new PauseQueueRequest { Group = "default", Channel = "web_chat", Reason = "Outage" }, cancellationToken: Stop);

        await ActivateAsync("chats", new PolicyDefinition { Channels = { "web_chat" }, MinimumLanguageLevel = 1 });

        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        var queues = await desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop);
        Assert.Equal(("chats", true, "chats"), (queues.Queues.Single().Group, queues.Queues.Single().Paused, queues.Pauses.Single().Group));
        foreach (var channel in new[] { "web_chat", "voice" })
        {
            var (mine, other) = channel == "voice" ? ("chats", "default") : ("default", "chats");
            var refusal = await Refusal.OfAsync(desk.PauseQueueAsync(new PauseQueueRequest { Group = mine, Channel = channel, Reason = "Outage" }, cancellationToken: Stop));
            Assert.Equal(("queue.other_group", $"The channel '{channel}' follows the group '{other}'. Name that group."), (refusal.Code, refusal.Message));
        }

        await FailsAsync("queue.other_group", StatusCode.InvalidArgument, desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "default", Channel = "web_chat" }, cancellationToken: Stop));
        await desk.PauseQueueAsync(new PauseQueueRequest { Group = "chats", Channel = "web_chat", Reason = "Still" }, cancellationToken: Stop);
        await desk.ResumeQueueAsync(new ResumeQueueRequest { Group = "chats", Channel = "web_chat" }, cancellationToken: Stop);
        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
        Assert.Empty((await desk.ListQueuesAsync(new ListQueuesRequest(), cancellationToken: Stop)).Pauses);
    }

    [Fact]
    public async Task Skill_that_an_active_policy_names_stays_in_the_catalogue()
    {
        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "law", Synonyms = { "droit" } }, cancellationToken: Stop);
        await ActivateAsync("default", new PolicyDefinition { RequiredSkills = { new PolicyDefinition.Types.RequiredSkill { Skill = "Droit", MinimumLevel = 1 } } });

        await FailsAsync("skill.in_policy", StatusCode.FailedPrecondition, Catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "law" }, cancellationToken: Stop));

        await ActivateAsync("default", new PolicyDefinition());
        await Catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "law" }, cancellationToken: Stop);
    }

    [Fact]
    public async Task Matter_that_a_policy_closes_out_while_it_waits_is_told_so()
    {
        var expert = await ExpertAsync(("billing", 1));
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        // Three days from now, so that it is closed whenever this runs.
        var closed = new PolicyDefinition { Channels = { "web_chat" }, MinimumLanguageLevel = 1, TimeZone = "Etc/UTC" };
        closed.BusinessHours.Add(new WorkingHours { Days = { DateTimeOffset.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant() }, From = "03:00", To = "04:00" });

        await ActivateAsync("chats", closed);

        var decisions = (await expert.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions;
        Assert.Equal(["opened", "parked"], decisions.Select(decision => decision.Trigger));
        var desk = new SupervisionProto.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));
        var why = await desk.GetExplanationAsync(new GetExplanationRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);
        Assert.Equal("RESUMES", Assert.Single(why.Changes).What);
    }

    [Fact]
    public async Task Closed_group_whose_policy_says_so_goes_to_the_overflow_at_once()
    {
        var (member, helper) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("billing", 4)));
        await member.BeAsync(Expert.Types.Presence.Away);
        await Catalogue.SetTeamAsync(new SetTeamRequest
        {
            Id = Guid.CreateVersion7().ToString(), Name = "Chat", Kind = Team.Types.Kind.Hybrid, Channels = { "web_chat" }, MemberIds = { member.Id.ToString() },
        }, cancellationToken: Stop);
        // Three days from now, so that it is closed whenever this runs.
        var policy = new PolicyDefinition
        {
            Channels = { "web_chat" }, MinimumLanguageLevel = 1, TimeZone = "Etc/UTC", ClosedHours = PolicyDefinition.Types.ClosedHours.Offer,
            Relaxation = { new Step { AfterSeconds = 3600, LevelsDown = 1, Overflow = true } },
        };
        policy.BusinessHours.Add(new WorkingHours { Days = { DateTimeOffset.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant() }, From = "03:00", To = "04:00" });
        await ActivateAsync("chats", policy);
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        Assert.Empty((await helper.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        policy.ClosedHours = PolicyDefinition.Types.ClosedHours.Overflow;
        await ActivateAsync("chats", policy);

        Assert.Equal(ticket.ToString(), (await helper.OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Who_declines_is_asked_again_and_who_misses_is_set_away_where_the_policy_says_so()
    {
        await ActivateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1, OfferAgainAfterDecline = true, OfferTimeoutSeconds = 8 });
        var expert = await ExpertAsync(("billing", 4));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));
        var declined = await expert.OfferAsync();

        await expert.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = declined.Id }, cancellationToken: Stop);

        Offer? again = null;
        await UntilAsync(
            async () => (again = (await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers.SingleOrDefault()) is not null,
            "the matter is offered again");
        Assert.Equal((ticket.ToString(), false), (again!.TicketId, again.Id == declined.Id));
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = again.Id }, cancellationToken: Stop);
        await ActivateAsync("default", new PolicyDefinition { MinimumLanguageLevel = 1, MissesUntilAway = 1, OfferTimeoutSeconds = 5 });
        await OpenAsync(new RequiredSkill("billing", 2));
        await UntilAsync(async () => (await expert.GetAsync()).Presence == Expert.Types.Presence.Away, "one miss sets the expert away");
    }

    [Fact]
    public async Task Wrong_policies_are_refused_with_their_fields_and_doubtful_ones_are_warned_about()
    {
        await InvalidAsync("definition.requiredSkills[0].minimumLevel", Policies.CreatePolicyAsync(new CreatePolicyRequest
        {
            Group = "default", Definition = new PolicyDefinition { RequiredSkills = { new PolicyDefinition.Types.RequiredSkill { Skill = "a", MinimumLevel = 6 } } },
        }, cancellationToken: Stop));
        await InvalidAsync("group", Policies.CreatePolicyAsync(new CreatePolicyRequest { Group = "Été", Definition = new PolicyDefinition() }, cancellationToken: Stop));
        await InvalidAsync("definition", Policies.CreatePolicyAsync(new CreatePolicyRequest { Group = "default" }, cancellationToken: Stop));
        await ActivateAsync("chats", new PolicyDefinition { Channels = { "web_chat" } });
        await InvalidAsync("definition.channels[0]", Policies.CreatePolicyAsync(new CreatePolicyRequest { Group = "others", Definition = new PolicyDefinition { Channels = { "web_chat" } } }, cancellationToken: Stop));

        var doubtful = await CreateAsync("default", new PolicyDefinition { RequiredSkills = { new PolicyDefinition.Types.RequiredSkill { Skill = "violin", MinimumLevel = 2, NeverDrop = true } } });

        Assert.Contains(doubtful.Warnings, warning => warning.Contains("nobody has 'violin' now", StringComparison.Ordinal));
        await Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = doubtful.Id }, cancellationToken: Stop);
        await Catalogue.SetSkillCatalogueAsync(new SetSkillCatalogueRequest { Closed = true }, cancellationToken: Stop);
        await FailsAsync("policy.no_longer_valid", StatusCode.FailedPrecondition, Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = doubtful.Id }, cancellationToken: Stop));
        var expert = new PoliciesProto.PoliciesClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Expert)));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, expert.ListPoliciesAsync(new ListPoliciesRequest(), cancellationToken: Stop));
    }

    [Fact]
    public async Task Database_keeps_a_group_from_having_two_active_versions()
    {
        await ActivateAsync("default", new PolicyDefinition());
        var draft = await CreateAsync("default", new PolicyDefinition());
        await using var db = Routing.Open<RoutingDb>(Tenant);
        (await db.Policies.SingleAsync(row => row.Id == Guid.Parse(draft.Id), Stop)).State = Relais.Routing.Domain.Policies.PolicyState.Active;

        await Assert.ThrowsAnyAsync<DbUpdateException>(() => db.SaveChangesAsync(Stop));
    }

    private static (double Active, double Draft) Figure(DryRunPolicyResponse response, string name)
    {
        var figure = response.Figures.Single(one => one.Name == name);
        return (figure.Active, figure.Draft);
    }

    private async Task<IReadOnlyList<Policy>> ListAsync() => (await Policies.ListPoliciesAsync(new ListPoliciesRequest { Group = "default" }, cancellationToken: Stop)).Policies;

    private async Task<Policy> CreateAsync(string group, PolicyDefinition definition) =>
        await Policies.CreatePolicyAsync(new CreatePolicyRequest { Group = group, Definition = definition }, cancellationToken: Stop);

    private async Task<Policy> ActivateAsync(string group, PolicyDefinition definition)
    {
        var draft = await CreateAsync(group, definition);
        await Policies.DryRunPolicyAsync(new DryRunPolicyRequest { Id = draft.Id }, cancellationToken: Stop);
        return await Policies.ActivatePolicyAsync(new ActivatePolicyRequest { Id = draft.Id }, cancellationToken: Stop);
    }
}

public sealed class PoliciesOnSqlite() : PolicySuite("Sqlite");

public sealed class PoliciesOnPostgres() : PolicySuite("Postgres");
