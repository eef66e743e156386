using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Shards;
using ProtoTeam = Relais.Contracts.Routing.V1.Team;

namespace Relais.Routing.Features.Skills;

/// <summary>
/// Forms a team for one matter out of as few experts as cover its skills between them, one of whom may be given it: has
/// its first skill, what its group's policy requires and its language, and did not decline it. The team dissolves when the
/// matter is resolved, or when nobody is left who may be given it.
/// </summary>
internal sealed class FormTeam(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, TeamReader teams, Audit audit)
{
    private const int MostSkills = 20;

    public async Task<Outcome<ProtoTeam>> HandleAsync(FormTeamRequest request, CancellationToken cancellationToken)
    {
        var check = new Check().RequestId(request.RequestId).Id(request.TicketId, "ticketId")
            .That(request.Skills.Count <= MostSkills, "skills", $"at most {MostSkills}.");
        foreach (var (skill, position) in request.Skills.Select((skill, position) => (skill, position)))
        {
            check.Skill(skill.Skill, $"skills[{position}].skill")
                .That(skill.MinimumLevel is >= 1 and <= Level.Master, $"skills[{position}].minimumLevel", $"must be from 1 to {Level.Master}; it is {skill.MinimumLevel}.");
        }

        if (check.Failure is { } invalid)
            return invalid;
        var ticket = Guid.Parse(request.TicketId);
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoTeam>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindItem(ticket) is not { } item)
                return Failure.NotFound("ticket.not_open", "Routing has no such open matter. Give the id of one that is not resolved.");
            if (await db.Teams.AnyAsync(team => team.TicketId == ticket && team.DissolvedAt == null, ct))
                return new Failure(FailureKind.AlreadyExists, "team.exists", "There is a team for this matter. Dissolve it to form another.");
            var skills = request.Skills.Count > 0
                ? request.Skills.Select(skill => new SkillRequirement(skill.Skill, skill.MinimumLevel, NeverDrop: false)).ToList()
                : [.. item.Request.Asked ?? item.Request.Skills];
            if (skills.Count == 0)
                return Failure.Invalid("team.no_skills", "The matter asks for no skills. Name those that the team shall cover.", new FieldViolation("skills", "must not be empty."));
            var people = engine.Experts.Where(expert => expert.Profile.Active).ToList();
            if (TeamSkill.Cover(skills, people, TeamLead.Of(item, engine.Policy, turn.Now), turn.Now) is not { } members)
                return NotCoverable(skills, people, engine.Policy.Book.ForLead(item).Request, turn.Now);

            var row = new TeamRow
            {
                Id = Guid.CreateVersion7(turn.Now), Name = item.Request.Number, Kind = TeamKind.AdHoc, TicketId = ticket, FormedAt = turn.Now,
                Members = [.. members.Select(member => member.Id)], Skills = skills,
            };
            db.Teams.Add(row);
            audit.Note(turn.Now, Audit.TeamFormed, item.Request.Number);
            await turn.RenewAsync(ct);
            return await teams.OfAsync(row, ct);
        }, cancellationToken), cancellationToken);
    }

    private static Failure NotCoverable(IReadOnlyList<SkillRequirement> skills, List<Domain.Expert> people, WorkRequest lead, DateTimeOffset now)
    {
        var missing = skills.Where(skill => !people.Exists(expert => expert.Profile.SkillsAt(now)[skill.Skill] >= skill.MinimumLevel)).ToList();
        if (missing.Count > 0)
            return Failure.Precondition("team.not_coverable", $"Nobody masters {Words(missing)}.");
        var language = lead.Language.Length == 0 ? "" : $" and the language {lead.Language}";
        return Failure.Precondition(
            "team.not_coverable", $"Nobody could be given the matter: that takes {(lead.Skills.Count == 0 ? "any skill" : Words(lead.Skills))}{language}, of somebody who has not declined it.");

        static string Words(IReadOnlyList<SkillRequirement> some) => string.Join(", ", some.Select(skill => $"{skill.Skill} at level {skill.MinimumLevel}"));
    }
}
