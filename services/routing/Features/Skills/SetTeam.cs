using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Shards;
using ProtoTeam = Relais.Contracts.Routing.V1.Team;

namespace Relais.Routing.Features.Skills;

/// <summary>Adds a central, per-channel or hybrid team or changes it. Who may have what follows at once.</summary>
internal sealed class SetTeam(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, TeamReader teams, Audit audit)
{
    private const int MostChannels = 50;
    private const int MostMembers = 5_000;
    private const int LongestChannel = 64;

    public async Task<Outcome<ProtoTeam>> HandleAsync(SetTeamRequest request, CancellationToken cancellationToken)
    {
        var kind = TeamReader.KindOf(request.Kind);
        var check = new Check().RequestId(request.RequestId).Id(request.Id, "id").Text(request.Name, "name", TeamRow.LongestName)
            .That(kind is TeamKind.Central or TeamKind.Channel or TeamKind.Hybrid, "kind", "must be CENTRAL, CHANNEL or HYBRID; POST /v1/tickets/{id}:formTeam forms the others.")
            .That(kind is not (TeamKind.Channel or TeamKind.Hybrid) || request.Channels.Count > 0, "channels", "must name at least one channel.")
            .That(kind != TeamKind.Central || request.Channels.Count == 0, "channels", "a central team answers for what no other team does; it names none.")
            .That(request.Channels.Count <= MostChannels, "channels", $"at most {MostChannels}.")
            .That(request.MemberIds.Count <= MostMembers, "memberIds", $"at most {MostMembers}.")
            .That(request.Channels.Distinct(StringComparer.Ordinal).Count() == request.Channels.Count, "channels", "a channel is given twice.")
            .That(request.MemberIds.Distinct(StringComparer.OrdinalIgnoreCase).Count() == request.MemberIds.Count, "memberIds", "a member is given twice.");
        foreach (var (channel, position) in request.Channels.Select((channel, position) => (channel, position)))
        {
            check.Text(channel, $"channels[{position}]", LongestChannel)
                .That(channel != "*", $"channels[{position}]", "'*' is no channel. A CENTRAL team answers for every channel that no other team has.");
        }

        foreach (var (member, position) in request.MemberIds.Select((member, position) => (member, position)))
            check.Id(member, $"memberIds[{position}]");
        if (check.Failure is { } invalid)
            return invalid;
        var id = Guid.Parse(request.Id);
        var members = request.MemberIds.Select(Guid.Parse).ToList();
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoTeam>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (members.Find(member => engine.FindExpert(member) is null) is var stranger && stranger != Guid.Empty)
                return Failure.NotFound("expert.not_found", $"There is no expert {stranger}. GET /v1/experts lists them.");
            var row = await db.Teams.FirstOrDefaultAsync(team => team.Id == id, ct);
            if (row is { Kind: TeamKind.AdHoc } or { DissolvedAt: not null })
                return Failure.Precondition("team.not_changeable", "A team that was formed for a matter, or has dissolved, cannot be changed.");
            if (row is null)
                db.Teams.Add(row = new TeamRow { Id = id, Name = request.Name, Kind = kind!.Value, FormedAt = turn.Now });
            else if (Etags.Check(request.Etag, row, "team") is { } stale)
                return stale;
            (row.Name, row.Kind, row.Channels, row.Members) = (request.Name, kind!.Value, [.. request.Channels], members);
            audit.Note(turn.Now, Audit.TeamChanged, row.Name);
            await turn.RenewAsync(ct);
            return await teams.OfAsync(row, ct);
        }, cancellationToken), cancellationToken);
    }
}
