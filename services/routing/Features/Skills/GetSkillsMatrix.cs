using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Grpc;
using Expert = Relais.Routing.Domain.Expert;
using SkillCatalogue = Relais.Routing.Domain.Skills.SkillCatalogue;

namespace Relais.Routing.Features.Skills;

/// <summary>Who masters what next to what was asked for, and which training would change most.</summary>
internal sealed class GetSkillsMatrix(RoutingDb db, RoutingOptions options, TimeProvider clock)
{
    private const int UsualDays = 28;
    private const int LongestDays = 90;

    // More than these are sampled by taking the newest: figures are shares and ratios.
    private const int MostItems = 20_000;
    private const int MostDecisions = 5_000;

    public async Task<Outcome<SkillsMatrix>> HandleAsync(GetSkillsMatrixRequest request, CancellationToken cancellationToken)
    {
        if (new Check().That(request.Days is >= 0 and <= LongestDays, "days", $"must be from 1 to {LongestDays}.").Failure is { } invalid)
            return invalid;
        var days = request.Days == 0 ? UsualDays : request.Days;
        var now = clock.GetUtcNow();
        var since = now.AddDays(-days);
        var book = await db.BookAsync(options.ToPolicy(), cancellationToken);
        var rows = await db.Experts.AsNoTracking().Include(row => row.Skills).Where(row => row.Active).OrderBy(row => row.DisplayName).ToListAsync(cancellationToken);
        var asked = await db.WorkItems.AsNoTracking().Where(row => row.QueuedSince >= since).OrderByDescending(row => row.QueuedSince).Take(MostItems)
            .Select(row => row.Skills).ToListAsync(cancellationToken);
        var decisions = await db.Decisions.AsNoTracking().Where(row => row.At >= since).OrderByDescending(row => row.At).Take(MostDecisions)
            .Select(row => new { row.At, row.Decision }).ToListAsync(cancellationToken);
        var demand = SkillDemand.Of(
            book.Catalogue, [.. rows.Select(row => row.ToExpert(book, now))], asked, [.. decisions.Select(row => row.Decision).Where(decision => decision.Chosen is null)]);
        var matrix = new SkillsMatrix { Days = days, DecisionsSince = (decisions.Count < MostDecisions ? since : decisions[^1].At).ToTimestamp() };
        foreach (var (row, expert) in rows.Zip(demand.Experts))
            matrix.Experts.Add(RowOf(row, expert));
        var expiring = rows.SelectMany(row => row.Skills).Where(skill => skill.ExpiresAt > now && skill.ExpiresAt < now.AddDays(30))
            .CountBy(skill => book.Catalogue.IdOf(skill.Name), StringComparer.OrdinalIgnoreCase).ToDictionary(StringComparer.OrdinalIgnoreCase);
        matrix.Skills.AddRange(demand.Columns.Select(column => ColumnOf(column, book.Catalogue, expiring.GetValueOrDefault(column.Skill))));
        foreach (var training in demand.Trainings)
        {
            var view = new SkillsMatrix.Types.Training
            {
                ExpertId = training.Expert.Id.ToString(), ExpertName = training.Expert.Profile.DisplayName, Skill = training.Skill,
                FromLevel = training.From, ToLevel = training.To, WaitsAvoided = training.WaitsAvoided, DemandPerExpertAfter = training.After,
            };
            if (training.Before is { } before)
                view.DemandPerExpertBefore = before;
            matrix.Trainings.Add(view);
        }

        return matrix;
    }

    private static SkillsMatrix.Types.Row RowOf(ExpertRow row, Expert expert)
    {
        var view = new SkillsMatrix.Types.Row { ExpertId = row.Id.ToString(), ExpertName = row.DisplayName, Presence = ExpertView.PresenceOf(row.Presence) };
        view.Skills.AddRange(expert.Profile.Skills.Where(skill => !TeamSkill.Is(skill.Key) && skill.Value > Level.None)
            .OrderBy(skill => skill.Key, StringComparer.OrdinalIgnoreCase).Select(skill => new SkillLevel { Skill = skill.Key, Level = skill.Value }));
        return view;
    }

    private static SkillsMatrix.Types.Column ColumnOf(SkillColumn column, SkillCatalogue catalogue, int expiring)
    {
        var view = new SkillsMatrix.Types.Column
        {
            Skill = column.Skill, InCatalogue = catalogue.Find(column.Skill) is not null, Present = column.Present, Demand = column.Demand,
            LevelNeeded = column.LevelNeeded, Qualified = column.Qualified, Unmet = column.Unmet, Gap = column.Gap, Expiring = expiring,
        };
        if (column.DemandPerExpert is { } demand)
            view.DemandPerExpert = demand;
        view.ExpertsByLevel.AddRange(column.ByLevel);
        return view;
    }
}
