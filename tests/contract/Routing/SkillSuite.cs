using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using SkillsProto = Relais.Contracts.Routing.V1.Skills;

namespace Relais.Contract.Routing;

/// <summary>The catalogue, teams and the skills matrix.</summary>
public abstract class SkillSuite(string provider) : RoutingSuite(provider)
{
    private SkillsProto.SkillsClient Catalogue => new(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));

    [Fact]
    public async Task Skill_given_to_an_expert_enters_the_catalogue_until_that_is_closed()
    {
        var expert = await ExpertAsync(("Billing", 4));
        Assert.Equal("Billing", Assert.Single((await Catalogue.ListSkillsAsync(new ListSkillsRequest(), cancellationToken: Stop)).Skills).Id);

        await Catalogue.SetSkillCatalogueAsync(new SetSkillCatalogueRequest { Closed = true }, cancellationToken: Stop);

        await FailsAsync("skill.unknown", StatusCode.InvalidArgument, Manager().SetSkillsAsync(Skills(expert.Id, ("biling", 4)), cancellationToken: Stop));
        await Manager().SetSkillsAsync(Skills(expert.Id, ("billing", 3)), cancellationToken: Stop);
        var catalogue = await Catalogue.GetSkillCatalogueAsync(new GetSkillCatalogueRequest(), cancellationToken: Stop);
        Assert.Equal((true, 1), (catalogue.Closed, catalogue.SkillCount));
        await Catalogue.SetSkillCatalogueAsync(new SetSkillCatalogueRequest { Closed = true }, cancellationToken: Stop);
        await Catalogue.SetSkillCatalogueAsync(new SetSkillCatalogueRequest { Closed = false }, cancellationToken: Stop);
        Assert.Equal(["catalogue_opened", "catalogue_closed"], (await AuditAsync()).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Expert_in_a_child_skill_or_a_synonym_is_offered_the_parents_work_at_once()
    {
        var expert = await ExpertAsync(("fibre", 4));
        var ticket = await OpenAsync(new RequiredSkill("internet", 3));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "connectivity", NameFr = "Connexion", NameEn = "Connectivity", Synonyms = { "internet" } }, cancellationToken: Stop);
        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "fibre", Parent = "connectivity" }, cancellationToken: Stop);

        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Wrong_catalogue_entries_have_their_codes()
    {
        var catalogue = Catalogue;
        await ExpertAsync(("a", 1));
        await catalogue.SetSkillAsync(new SetSkillRequest { Id = "b", Parent = "a", Synonyms = { "beta" } }, cancellationToken: Stop);
        await FailsAsync("skill.cycle", StatusCode.InvalidArgument, catalogue.SetSkillAsync(new SetSkillRequest { Id = "a", Parent = "beta" }, cancellationToken: Stop));
        await FailsAsync("skill.cycle", StatusCode.InvalidArgument, catalogue.SetSkillAsync(new SetSkillRequest { Id = "a", Parent = "A" }, cancellationToken: Stop));
        await FailsAsync("skill.parent_unknown", StatusCode.InvalidArgument, catalogue.SetSkillAsync(new SetSkillRequest { Id = "c", Parent = "z" }, cancellationToken: Stop));
        await FailsAsync("skill.synonym_taken", StatusCode.AlreadyExists, catalogue.SetSkillAsync(new SetSkillRequest { Id = "c", Synonyms = { "BETA" } }, cancellationToken: Stop));
        await FailsAsync("skill.is_synonym", StatusCode.AlreadyExists, catalogue.SetSkillAsync(new SetSkillRequest { Id = "beta" }, cancellationToken: Stop));
        await FailsAsync("skill.has_children", StatusCode.FailedPrecondition, catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "a" }, cancellationToken: Stop));
        await catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "b" }, cancellationToken: Stop);
        await FailsAsync("skill.in_use", StatusCode.FailedPrecondition, catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "a" }, cancellationToken: Stop));
        await FailsAsync("skill.not_found", StatusCode.NotFound, catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "b" }, cancellationToken: Stop));
        await InvalidAsync("id", catalogue.SetSkillAsync(new SetSkillRequest { Id = "@team" }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Nobody_becomes_a_member_of_a_team_by_the_name_of_a_skill_or_a_channel()
    {
        var (phone, catalogue) = (await ExpertAsync(("phone", 5)), Catalogue);
        foreach (var name in new[] { "@channel:voice", " phone", "pho\nne" })
        {
            await InvalidAsync("synonyms[0]", catalogue.SetSkillAsync(new SetSkillRequest { Id = "phone", Synonyms = { name } }, cancellationToken: Stop));
            await InvalidAsync("parent", catalogue.SetSkillAsync(new SetSkillRequest { Id = "mobile", Parent = name }, cancellationToken: Stop));
            await InvalidAsync("skills[0].skill", Manager().SetSkillsAsync(Skills(phone.Id, (name, 5)), cancellationToken: Stop));
            await InvalidAsync("skills[0].skill", catalogue.FormTeamAsync(
                new FormTeamRequest { TicketId = Guid.NewGuid().ToString(), Skills = { new SkillRequirement { Skill = name, MinimumLevel = 1 } } }, cancellationToken: Stop));
        }

        var everywhere = new SetTeamRequest
        {
            Id = Guid.CreateVersion7().ToString(), Name = "Chat", Kind = Team.Types.Kind.Channel, Channels = { "*" }, MemberIds = { phone.Id.ToString() },
        };
        await InvalidAsync("channels[0]", catalogue.SetTeamAsync(everywhere, cancellationToken: Stop));
    }

    [Fact]
    public async Task Matter_that_asks_for_a_team_by_name_asks_for_its_other_skills_alone()
    {
        var expert = await ExpertAsync(("billing", 3));

        var ticket = await OpenAsync(new RequiredSkill("@channel:*", 5), new RequiredSkill("billing", 3));

        Assert.Equal(ticket.ToString(), (await expert.OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Certificate_that_ended_while_its_owner_was_away_lets_them_pull_and_lead_nothing()
    {
        var expert = await ExpertAsync(("billing", 1));
        var (skills, end) = (Skills(expert.Id, ("gas", 5)), DateTimeOffset.UtcNow.AddSeconds(2));
        skills.Skills[0].ExpiresAt = end.ToTimestamp();
        await Manager().SetSkillsAsync(skills, cancellationToken: Stop);
        await expert.BeAsync(Expert.Types.Presence.Away);
        var ticket = (await OpenAsync(new RequiredSkill("gas", 1))).ToString();
        await UntilAsync(() => DateTimeOffset.UtcNow > end, "the certificate has ended");

        var desk = new Relais.Contracts.Routing.V1.Supervision.SupervisionClient(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));
        await FailsAsync("expert.not_qualified", StatusCode.FailedPrecondition, desk.PullFromQueueAsync(new PullFromQueueRequest { TicketId = ticket }, cancellationToken: Stop));
        await FailsAsync("team.not_coverable", StatusCode.FailedPrecondition, Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = ticket }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Expired_certificate_no_longer_counts_also_across_a_restart()
    {
        var expert = await ExpertAsync();
        var request = Skills(expert.Id, ("gas", 5));
        request.Skills[0].ExpiresAt = DateTimeOffset.UtcNow.AddHours(-1).ToTimestamp();
        var answer = await Manager().SetSkillsAsync(request, cancellationToken: Stop);
        Assert.NotNull(Assert.Single(answer.Skills).ExpiresAt);
        await OpenAsync(new RequiredSkill("gas", 1));
        await Routing.RestartAsync();
        expert.Client = new(Routing.Call(Routing.Keys.Staff(expert.Id, Tenant, Roles.Expert)));

        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);
        await Manager().SetSkillsAsync(Skills(expert.Id, ("gas", 5)), cancellationToken: Stop);
        await expert.OfferAsync();
    }

    [Fact]
    public async Task Channel_team_gets_its_channel_and_others_do_not()
    {
        var (best, member) = (await ExpertAsync(("billing", 5)), await ExpertAsync(("billing", 3)));
        var team = await Catalogue.SetTeamAsync(new SetTeamRequest
        {
            Id = Guid.CreateVersion7().ToString(), Name = "Chat", Kind = Team.Types.Kind.Channel, Channels = { "web_chat" }, MemberIds = { member.Id.ToString() },
        }, cancellationToken: Stop);
        var ticket = await OpenAsync(new RequiredSkill("billing", 2));

        Assert.Equal(ticket.ToString(), (await member.OfferAsync()).TicketId);
        var decision = Assert.Single((await best.Client.ListDecisionsAsync(new ListDecisionsRequest { TicketId = ticket.ToString() }, cancellationToken: Stop)).Decisions);
        Assert.Equal(["team"], decision.Rejected.Single(rejected => rejected.ExpertId == best.Id.ToString()).Reasons);
        await Catalogue.DissolveTeamAsync(new DissolveTeamRequest { Id = team.Id }, cancellationToken: Stop);
        await OpenAsync(new RequiredSkill("billing", 2));
        await best.OfferAsync();
        Assert.Empty((await Catalogue.ListTeamsAsync(new ListTeamsRequest(), cancellationToken: Stop)).Teams);
    }

    [Fact]
    public async Task Team_for_one_matter_covers_what_nobody_masters_alone_and_dissolves_with_it()
    {
        var (biller, lawyer) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("law", 5)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2), new RequiredSkill("law", 2));
        Assert.Empty((await biller.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        var team = await Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);

        Assert.Equal(new[] { biller.Id.ToString(), lawyer.Id.ToString() }.Order(), team.Members.Select(member => member.ExpertId).Order());
        Assert.Equal(ticket.ToString(), (await biller.OfferAsync()).TicketId);
        await FailsAsync("team.exists", StatusCode.AlreadyExists, Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = ticket.ToString() }, cancellationToken: Stop));
        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), biller.Id, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow));
        var dissolved = Assert.Single((await Catalogue.ListTeamsAsync(new ListTeamsRequest { IncludeDissolved = true }, cancellationToken: Stop)).Teams);
        Assert.NotNull(dissolved.DissolvedAt);
        var impossible = await OpenAsync(new RequiredSkill("violin", 3));
        await FailsAsync("team.not_coverable", StatusCode.FailedPrecondition, Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = impossible.ToString() }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Team_for_one_matter_has_somebody_who_may_be_given_it_and_ends_when_they_decline()
    {
        var (biller, lawyer) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("law", 5)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2), new RequiredSkill("law", 2));
        var form = new FormTeamRequest { TicketId = ticket.ToString(), Skills = { new SkillRequirement { Skill = "law", MinimumLevel = 3 } } };

        var team = await Catalogue.FormTeamAsync(form, cancellationToken: Stop);

        Assert.Equal([biller.Id.ToString(), lawyer.Id.ToString()], team.Members.Select(member => member.ExpertId));
        await biller.Client.DeclineOfferAsync(new DeclineOfferRequest { Id = (await biller.OfferAsync()).Id, Reason = "Holidays" }, cancellationToken: Stop);
        Assert.Empty((await Catalogue.ListTeamsAsync(new ListTeamsRequest(), cancellationToken: Stop)).Teams);
        var refusal = await Refusal.OfAsync(Catalogue.FormTeamAsync(form, cancellationToken: Stop));
        Assert.Equal("team.not_coverable", refusal.Code);
        Assert.Contains("billing at level 2", refusal.Message, StringComparison.Ordinal);
        var outsider = await ExpertAsync(("billing", 3), ("law", 3));
        Assert.Equal(ticket.ToString(), (await outsider.OfferAsync()).TicketId);
    }

    [Theory]
    [InlineData("leaves")]
    [InlineData("forgets")]
    [InlineData("certificate ends")]
    [InlineData("certificate ends while away")]
    public async Task Team_for_one_matter_ends_when_nobody_in_it_may_have_the_matter_any_more(string how)
    {
        var (biller, _) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("law", 5)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2), new RequiredSkill("law", 2));
        await Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);
        await biller.OfferAsync();
        var outsider = await ExpertAsync(("billing", 3), ("law", 3));
        Assert.Empty((await outsider.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        var skills = Skills(biller.Id, ("billing", how == "forgets" ? 1 : 4));
        var end = DateTimeOffset.UtcNow.AddSeconds(2);
        skills.Skills[0].ExpiresAt = how.StartsWith("certificate ends", StringComparison.Ordinal) ? end.ToTimestamp() : null;
        if (how == "leaves")
            await Routing.DeliverAsync(Tenant, new StaffMemberChanged(biller.Id, "b@example.org", biller.Name, "fr", [Roles.Expert], true));
        else
            await Manager().SetSkillsAsync(skills, cancellationToken: Stop);
        if (how == "certificate ends while away")
        {
            await biller.BeAsync(Expert.Types.Presence.Away);
            await UntilAsync(() => DateTimeOffset.UtcNow > end, "the certificate has ended");
            await OpenAsync(new RequiredSkill("violin", 1));
        }

        Assert.Equal(ticket.ToString(), (await outsider.OfferAsync()).TicketId);
        Assert.Empty((await Catalogue.ListTeamsAsync(new ListTeamsRequest(), cancellationToken: Stop)).Teams);
        Assert.Equal(["team_dissolved", "team_formed"], (await AuditAsync()).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Name_that_became_a_skill_with_an_expert_can_become_a_synonym_with_what_was_given()
    {
        await ExpertAsync(("billing", 1));
        var misspelt = await ExpertAsync(("biling", 4));
        await ExpertAsync(("fibre", 1), ("internet", 1));
        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "fibre", Parent = "internet" }, cancellationToken: Stop);

        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "billing", Synonyms = { "Biling" } }, cancellationToken: Stop);

        Assert.Equal(["billing", "fibre", "internet"], (await Catalogue.ListSkillsAsync(new ListSkillsRequest(), cancellationToken: Stop)).Skills.Select(skill => skill.Id));
        Assert.Equal("took in biling", (await AuditAsync())[0].Reason);
        var ticket = await OpenAsync(new RequiredSkill("billing", 3));
        Assert.Equal(ticket.ToString(), (await misspelt.OfferAsync()).TicketId);
        foreach (var parent in new[] { "", "internet" })
        {
            await FailsAsync("skill.synonym_taken", StatusCode.AlreadyExists, Catalogue.SetSkillAsync(
                new SetSkillRequest { Id = "connectivity", Parent = parent, Synonyms = { "internet" } }, cancellationToken: Stop));
        }

        await FailsAsync("skill.synonym_taken", StatusCode.AlreadyExists, Catalogue.SetSkillAsync(
            new SetSkillRequest { Id = "law", Parent = "fibre", Synonyms = { "fibre" } }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Skill_stays_in_the_catalogue_while_somebody_has_it_under_another_name()
    {
        await Catalogue.SetSkillAsync(new SetSkillRequest { Id = "billing", Synonyms = { "invoices" } }, cancellationToken: Stop);
        var expert = await ExpertAsync(("Invoices", 2));

        await FailsAsync("skill.in_use", StatusCode.FailedPrecondition, Catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "billing" }, cancellationToken: Stop));
        await Manager().SetSkillsAsync(Skills(expert.Id), cancellationToken: Stop);
        await Catalogue.DeleteSkillAsync(new DeleteSkillRequest { Id = "billing" }, cancellationToken: Stop);
    }

    [Fact]
    public async Task Team_in_which_nobody_takes_work_is_warned_about()
    {
        var member = await ExpertAsync();
        var team = new SetTeamRequest { Id = Guid.CreateVersion7().ToString(), Name = "Chat", Kind = Team.Types.Kind.Channel, Channels = { "web_chat" } };

        var empty = await Catalogue.SetTeamAsync(team, cancellationToken: Stop);

        Assert.StartsWith("memberIds: nobody of the team takes work", Assert.Single(empty.Warnings), StringComparison.Ordinal);
        Assert.Equal(empty.Warnings, Assert.Single((await Catalogue.ListTeamsAsync(new ListTeamsRequest(), cancellationToken: Stop)).Teams).Warnings);
        team.MemberIds.Add(member.Id.ToString());
        Assert.Empty((await Catalogue.SetTeamAsync(team, cancellationToken: Stop)).Warnings);
    }

    [Fact]
    public async Task Reopened_matter_is_free_of_the_team_that_was_formed_for_it()
    {
        var (biller, lawyer) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("law", 5)));
        var ticket = await OpenAsync(new RequiredSkill("billing", 2), new RequiredSkill("law", 2));
        await Catalogue.FormTeamAsync(new FormTeamRequest { TicketId = ticket.ToString() }, cancellationToken: Stop);
        await biller.OfferAsync();
        var now = DateTimeOffset.UtcNow;
        await Routing.DeliverAsync(Tenant, new TicketResolved(ticket, "T-1", Guid.NewGuid(), biller.Id, "web_chat", "fr-FR", 1, false, now));
        await biller.BeAsync(Expert.Types.Presence.Offline);
        await lawyer.BeAsync(Expert.Types.Presence.Offline);

        await Routing.DeliverAsync(Tenant, new TicketReopened(ticket, Guid.NewGuid(), biller.Id, now.AddMinutes(5), now));

        var other = await ExpertAsync(("billing", 3), ("law", 3));
        Assert.Equal(ticket.ToString(), (await other.OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Matrix_shows_the_grid_the_gap_and_the_training_that_would_have_ended_the_wait()
    {
        var (single, trainee) = (await ExpertAsync(("billing", 4)), await ExpertAsync(("billing", 1), ("law", 3)));
        await single.BeAsync(Expert.Types.Presence.Away);
        await OpenAsync(new RequiredSkill("billing", 3));

        var matrix = await Catalogue.GetSkillsMatrixAsync(new GetSkillsMatrixRequest(), cancellationToken: Stop);

        Assert.Equal(28, matrix.Days);
        Assert.Equal(28, (DateTimeOffset.UtcNow - matrix.DecisionsSince.ToDateTimeOffset()).TotalDays, tolerance: .1);
        Assert.Equal([("billing", 1), ("law", 3)], matrix.Experts.Single(row => row.ExpertId == trainee.Id.ToString()).Skills.Select(skill => (skill.Skill, skill.Level)));
        var billing = matrix.Skills.Single(column => column.Skill == "billing");
        Assert.Equal((1, 3, 1, 1, "SINGLE"), (billing.Demand, billing.LevelNeeded, billing.Qualified, billing.Unmet, billing.Gap));
        Assert.Equal([1, 0, 0, 1, 0], billing.ExpertsByLevel);
        var training = matrix.Trainings[0];
        Assert.Equal((trainee.Id.ToString(), "billing", 1, 3, 1), (training.ExpertId, training.Skill, training.FromLevel, training.ToLevel, training.WaitsAvoided));
        Assert.Equal((1, .5), (training.DemandPerExpertBefore, training.DemandPerExpertAfter));
        await InvalidAsync("days", Catalogue.GetSkillsMatrixAsync(new GetSkillsMatrixRequest { Days = 91 }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Ceilings_wrap_up_and_presence_reasons_come_back_and_wrong_ones_are_refused()
    {
        var expert = await ExpertAsync();
        var profile = new SetProfileRequest { Id = expert.Id.ToString(), Capacity = 2, TimeZone = "Europe/Paris", WrapUpSeconds = 30, ChannelCeilings = { ["web_chat"] = 1 } };
        profile.Languages.Add(new LanguageLevel { Language = "fr", Level = 5 });
        await Manager().SetProfileAsync(profile, cancellationToken: Stop);
        await expert.Client.SetPresenceAsync(new SetPresenceRequest { Id = "me", State = Expert.Types.Presence.Away, Reason = "déjeuner" }, cancellationToken: Stop);

        var read = await expert.GetAsync();
        Assert.Equal((30, 1, "déjeuner"), (read.WrapUpSeconds, read.ChannelCeilings["web_chat"], read.PresenceReason));
        await expert.BeAsync(Expert.Types.Presence.Available);
        await OpenAsync();
        await OpenAsync();
        await expert.OfferAsync();
        profile.WrapUpSeconds = -1;
        await InvalidAsync("wrapUpSeconds", Manager().SetProfileAsync(profile, cancellationToken: Stop));
        (profile.WrapUpSeconds, profile.ChannelCeilings["web_chat"]) = (0, -1);
        await InvalidAsync("channelCeilings", Manager().SetProfileAsync(profile, cancellationToken: Stop));
    }
}

public sealed class SkillsOnSqlite() : SkillSuite("Sqlite");

public sealed class SkillsOnPostgres() : SkillSuite("Postgres");
