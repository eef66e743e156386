using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing.V1;

namespace Relais.Contract.Routing;

/// <summary>Who is there and what they master.</summary>
public abstract class ExpertSuite(string provider) : RoutingSuite(provider)
{
    [Fact]
    public async Task Staff_without_a_role_that_takes_work_is_no_expert_and_who_is_disabled_leaves()
    {
        var (analyst, expert) = (Guid.NewGuid(), await ExpertAsync(("billing", 5)));
        await Routing.DeliverAsync(Tenant, new StaffMemberAdded(analyst, "a@example.org", "Analyst", "fr", [Roles.Analyst]));
        await FailsAsync("expert.not_found", StatusCode.NotFound, expert.Client.GetExpertAsync(new GetExpertRequest { Id = analyst.ToString() }, cancellationToken: Stop));

        await Routing.DeliverAsync(Tenant, new StaffMemberChanged(expert.Id, "e@example.org", "Renommée", "en", [Roles.Expert], Disabled: false));
        Assert.Equal("Renommée", (await expert.GetAsync()).DisplayName);
        await Routing.DeliverAsync(Tenant, new StaffMemberChanged(expert.Id, "e@example.org", "Renommée", "en", [Roles.Expert], Disabled: true));
        Assert.Equal(Expert.Types.Presence.Offline, (await expert.GetAsync()).Presence);
        await FailsAsync("expert.not_found", StatusCode.NotFound, expert.Client.SetPresenceAsync(new SetPresenceRequest { Id = "me", State = Expert.Types.Presence.Available }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Profile_and_skills_come_back_as_they_went_in()
    {
        var expert = await ExpertAsync();
        var request = new SetProfileRequest { Id = expert.Id.ToString(), Capacity = 2.5, TimeZone = "America/Montreal" };
        request.Languages.Add(new Relais.Contracts.Types.V1.LanguageLevel { Language = "fr-CA", Level = 5 });
        request.WorkingHours.Add(new WorkingHours { Days = { "monday", "friday" }, From = "22:00", To = "06:00" });
        await Manager().SetProfileAsync(request, cancellationToken: Stop);
        await Manager().SetSkillsAsync(Skills(expert.Id, ("Électricité", 4), ("fibre optique", 0)), cancellationToken: Stop);

        var read = await expert.GetAsync();

        Assert.Equal((2.5, "America/Montreal"), (read.Capacity, read.TimeZone));
        Assert.Equal(request.Languages, read.Languages);
        Assert.Equal(request.WorkingHours, read.WorkingHours);
        Assert.Equal([("Électricité", 4), ("fibre optique", 0)], read.Skills.Select(s => (s.Skill, s.Level)));
        Assert.Equal(expert.Id.ToString(), Assert.Single((await ListAsync("skill:électricité")).Experts).Id);
        Assert.Empty((await ListAsync("skill:électricité presence:AWAY")).Experts);
    }

    [Fact]
    public async Task Wrong_values_are_refused_with_the_field()
    {
        var (expert, manager) = (await ExpertAsync(), Manager());
        await InvalidAsync("skills[0].level", manager.SetSkillsAsync(Skills(expert.Id, ("billing", 6)), cancellationToken: Stop));
        await InvalidAsync("skills[1].skill", manager.SetSkillsAsync(Skills(expert.Id, ("billing", 1), ("Billing", 2)), cancellationToken: Stop));
        await InvalidAsync("skills[0].skill", manager.SetSkillsAsync(Skills(expert.Id, ("bil\0ling", 1)), cancellationToken: Stop));
        await InvalidAsync("skills[0].skill", manager.SetSkillsAsync(Skills(expert.Id, (" ", 1)), cancellationToken: Stop));
        await InvalidAsync("state", expert.Client.SetPresenceAsync(new SetPresenceRequest { Id = "me" }, cancellationToken: Stop));
        await InvalidAsync("state", expert.Client.SetPresenceAsync(new SetPresenceRequest { Id = "me", State = (Expert.Types.Presence)9 }, cancellationToken: Stop));
        await InvalidAsync("timeZone", manager.SetProfileAsync(Profile(p => p.TimeZone = "Europe/Atlantis"), cancellationToken: Stop));
        await InvalidAsync("capacity", manager.SetProfileAsync(Profile(p => p.Capacity = -1), cancellationToken: Stop));
        await InvalidAsync("capacity", manager.SetProfileAsync(Profile(p => p.Capacity = double.NaN), cancellationToken: Stop));
        await InvalidAsync("workingHours[0].days", manager.SetProfileAsync(Profile(p => p.WorkingHours[0].Days[0] = "lundi"), cancellationToken: Stop));
        await InvalidAsync("workingHours[0].from", manager.SetProfileAsync(Profile(p => p.WorkingHours[0].From = "24:00"), cancellationToken: Stop));
        await InvalidAsync("workingHours[1]", manager.SetProfileAsync(Profile(p => p.WorkingHours.Add(new WorkingHours { Days = { "sunday" }, From = "23:00", To = "09:30" })), cancellationToken: Stop));
        await InvalidAsync("languages[0].language", manager.SetProfileAsync(Profile(p => p.Languages[0].Language = "français"), cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, expert.Client.SetSkillsAsync(Skills(expert.Id, ("billing", 5)), cancellationToken: Stop));
        await FailsAsync("permission.denied", StatusCode.PermissionDenied, expert.Client.SetPresenceAsync(
            new SetPresenceRequest { Id = Guid.NewGuid().ToString(), State = Expert.Types.Presence.Available }, cancellationToken: Stop));
        await FailsAsync("filter.invalid", StatusCode.InvalidArgument, Manager().ListExpertsAsync(new ListExpertsRequest { Filter = "presence:GONE" }, cancellationToken: Stop));
        Assert.Empty((await expert.GetAsync()).Skills);

        SetProfileRequest Profile(Action<SetProfileRequest> spoil)
        {
            var profile = new SetProfileRequest { Id = expert.Id.ToString(), Capacity = 1, TimeZone = "Europe/Paris" };
            profile.Languages.Add(new Relais.Contracts.Types.V1.LanguageLevel { Language = "fr", Level = 5 });
            profile.WorkingHours.Add(new WorkingHours { Days = { "monday" }, From = "09:00", To = "18:00" });
            spoil(profile);
            return profile;
        }
    }

    [Fact]
    public async Task Skills_set_before_the_new_expert_has_arrived_wait_for_them()
    {
        var id = Guid.CreateVersion7();
        var setting = Manager().SetSkillsAsync(Skills(id, ("billing", 3)), cancellationToken: Stop).ResponseAsync;
        await Routing.DeliverAsync(Tenant, new StaffMemberAdded(id, "n@example.org", "New", "fr", [Roles.Agent]));

        Assert.Equal(3, Assert.Single((await setting).Skills).Level);
        await FailsAsync("expert.not_found", StatusCode.NotFound, Manager().SetSkillsAsync(Skills(Guid.NewGuid()), cancellationToken: Stop));
    }
}

public sealed class ExpertsOnSqlite() : ExpertSuite("Sqlite");

public sealed class ExpertsOnPostgres() : ExpertSuite("Postgres");
