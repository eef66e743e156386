using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Types.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Skills;
using ProtoTeam = Relais.Contracts.Routing.V1.Team;

namespace Relais.Routing.Features.Skills;

/// <summary>Teams as the contract shows them.</summary>
internal sealed class TeamReader(RoutingDb db, RoutingOptions options)
{
    public async Task<IReadOnlyList<ProtoTeam>> OfAsync(IReadOnlyList<TeamRow> rows, CancellationToken cancellationToken)
    {
        var ids = rows.SelectMany(row => row.Members).Distinct().ToList();
        var experts = await db.Experts.AsNoTracking().Include(row => row.Skills).Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, cancellationToken);
        var views = rows.Select(row => Of(row, experts)).ToList();
        if (rows.Any(row => row.DissolvedAt is null))
            await WarnAsync(rows, views, cancellationToken);
        return views;
    }

    public async Task<ProtoTeam> OfAsync(TeamRow row, CancellationToken cancellationToken) => (await OfAsync([row], cancellationToken))[0];

    public static TeamKind? KindOf(ProtoTeam.Types.Kind kind) => kind switch
    {
        ProtoTeam.Types.Kind.Central => TeamKind.Central,
        ProtoTeam.Types.Kind.Channel => TeamKind.Channel,
        ProtoTeam.Types.Kind.Hybrid => TeamKind.Hybrid,
        ProtoTeam.Types.Kind.AdHoc => TeamKind.AdHoc,
        _ => null,
    };

    private async Task WarnAsync(IReadOnlyList<TeamRow> rows, List<ProtoTeam> views, CancellationToken cancellationToken)
    {
        var book = await db.BookAsync(options.ToPolicy(), cancellationToken);
        var active = (await db.Experts.Where(expert => expert.Active).Select(expert => expert.Id).ToListAsync(cancellationToken)).ToHashSet();
        foreach (var (row, view) in rows.Zip(views).Where(pair => pair.First.DissolvedAt is null))
            view.Warnings.AddRange(TeamWarnings.Of(row.ToTeam(), book, active));
    }

    private static ProtoTeam Of(TeamRow row, Dictionary<Guid, ExpertRow> experts)
    {
        var team = new ProtoTeam
        {
            Id = row.Id.ToString(),
            Name = row.Name,
            Kind = row.Kind switch
            {
                TeamKind.Central => ProtoTeam.Types.Kind.Central,
                TeamKind.Channel => ProtoTeam.Types.Kind.Channel,
                TeamKind.Hybrid => ProtoTeam.Types.Kind.Hybrid,
                TeamKind.AdHoc => ProtoTeam.Types.Kind.AdHoc,
                _ => throw new UnreachableException(),
            },
            TicketId = row.TicketId?.ToString() ?? "",
            FormedAt = row.FormedAt.ToTimestamp(),
            DissolvedAt = row.DissolvedAt?.ToTimestamp(),
            Etag = Etags.Of(row),
        };
        team.Channels.AddRange(row.Channels);
        team.Skills.AddRange(row.Skills.Select(skill => new SkillRequirement { Skill = skill.Skill, MinimumLevel = skill.MinimumLevel }));
        foreach (var id in row.Members)
        {
            var member = new ProtoTeam.Types.Member { ExpertId = id.ToString() };
            if (experts.GetValueOrDefault(id) is { } expert)
            {
                member.ExpertName = expert.DisplayName;
                member.Skills.AddRange(expert.Skills
                    .Where(given => row.Skills.Any(skill => ExpertSkillRow.KeyOf(skill.Skill) == given.Key))
                    .Select(given => new SkillLevel { Skill = given.Name, Level = given.Level }));
            }

            team.Members.Add(member);
        }

        return team;
    }
}
