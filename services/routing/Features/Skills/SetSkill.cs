using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Shards;
using SkillCatalogue = Relais.Routing.Domain.Skills.SkillCatalogue;

namespace Relais.Routing.Features.Skills;

/// <summary>
/// Adds a skill to the catalogue or changes it. What it implies counts for every expert at once. What is a synonym from now
/// on may have been a skill by itself, as every name becomes that is given to an expert, unless others hang on it.
/// </summary>
internal sealed class SetSkill(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, Audit audit)
{
    private const int MostSynonyms = 50;
    private const int LongestTitle = 200;

    public async Task<Outcome<Skill>> HandleAsync(SetSkillRequest request, CancellationToken cancellationToken)
    {
        var check = new Check().RequestId(request.RequestId)
            .Skill(request.Id, "id")
            .Text(request.NameFr, "nameFr", LongestTitle, required: false)
            .Text(request.NameEn, "nameEn", LongestTitle, required: false)
            .Skill(request.Parent, "parent", required: false)
            .That(request.Synonyms.Count <= MostSynonyms, "synonyms", $"at most {MostSynonyms} synonyms.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { request.Id };
        foreach (var (synonym, position) in request.Synonyms.Select((synonym, position) => (synonym, position)))
        {
            check.Skill(synonym, $"synonyms[{position}]")
                .That(seen.Add(synonym), $"synonyms[{position}]", $"'{synonym}' is given twice.");
        }

        if (check.Failure is { } invalid)
            return invalid;
        return await shard.AloneAsync(turn => unit.OnceAsync<Skill>(request.RequestId, request, async ct =>
        {
            var catalogue = await db.CatalogueAsync(ct);
            var absorbed = catalogue.Skills.Where(skill => IsAbsorbed(skill, request, catalogue)).Select(skill => skill.Id).ToList();
            if (Conflict(request, catalogue, absorbed) is { } conflict)
                return conflict;
            var key = ExpertSkillRow.KeyOf(request.Id);
            var row = await db.Skills.FirstOrDefaultAsync(skill => skill.Key == key, ct);
            if (row is null)
            {
                if (catalogue.Skills.Count - absorbed.Count >= CatalogueReader.MostSkills)
                    return new Failure(FailureKind.Exhausted, "skill.too_many", $"A catalogue holds at most {CatalogueReader.MostSkills} skills.");
                db.Skills.Add(row = new SkillRow { Key = key, Name = request.Id });
            }
            else if (Etags.Check(request.Etag, row, "skill") is { } stale)
            {
                return stale;
            }

            (row.Name, row.NameFr, row.NameEn) = (request.Id, request.NameFr, request.NameEn);
            row.Parent = request.Parent.Length == 0 ? "" : catalogue.IdOf(request.Parent);
            row.Synonyms = [.. request.Synonyms];
            var keys = absorbed.ConvertAll(ExpertSkillRow.KeyOf);
            db.Skills.RemoveRange(await db.Skills.Where(skill => keys.Contains(skill.Key)).ToListAsync(ct));
            audit.Note(turn.Now, Audit.SkillChanged, request.Id, reason: absorbed.Count == 0 ? "" : $"took in {string.Join(", ", absorbed)}");
            await turn.RenewAsync(ct);
            return CatalogueReader.Of(row);
        }, cancellationToken), cancellationToken);
    }

    private static bool IsAbsorbed(CatalogueSkill skill, SetSkillRequest request, SkillCatalogue catalogue) =>
        skill.Synonyms.Count == 0 && !Same(skill.Id, request.Id) && request.Synonyms.Any(synonym => Same(synonym, skill.Id))
        && !Same(skill.Id, request.Parent) && !catalogue.Skills.Any(other => !Same(other.Id, request.Id) && catalogue.AreSame(other.Parent, skill.Id));

    private static Failure? Conflict(SetSkillRequest request, SkillCatalogue catalogue, List<string> absorbed)
    {
        if (catalogue.Find(request.Id) is { } known && !Same(known.Id, request.Id))
        {
            return new Failure(FailureKind.AlreadyExists, "skill.is_synonym", $"'{request.Id}' is a synonym of '{known.Id}'. Take it away there first.")
            {
                Fields = [new FieldViolation("id", $"is a synonym of '{known.Id}'.")],
            };
        }

        foreach (var (synonym, position) in request.Synonyms.Select((synonym, position) => (synonym, position)))
        {
            if (catalogue.Find(synonym) is { } other && !Same(other.Id, request.Id) && !absorbed.Contains(other.Id))
            {
                return new Failure(FailureKind.AlreadyExists, "skill.synonym_taken", $"'{synonym}' already means '{other.Id}'. Take it away there, or what hangs on it, first.")
                {
                    Fields = [new FieldViolation($"synonyms[{position}]", $"already means '{other.Id}'.")],
                };
            }
        }

        if (request.Parent.Length == 0)
            return null;
        if (catalogue.Find(request.Parent) is null && !Same(request.Parent, request.Id))
        {
            return Failure.Invalid("skill.parent_unknown", $"There is no skill '{request.Parent}'. Add the parent first.",
                new FieldViolation("parent", $"there is no skill '{request.Parent}'."));
        }

        return catalogue.CycleWith(request.Id, request.Parent) is { } cycle
            ? Failure.Invalid("skill.cycle", $"A skill cannot be its own ancestor: {string.Join(" → ", cycle)}.",
                new FieldViolation("parent", $"closes a circle: {string.Join(" → ", cycle)}."))
            : null;
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
