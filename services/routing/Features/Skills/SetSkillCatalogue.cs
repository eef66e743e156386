using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Routing.Features.Skills;

/// <summary>Closes the catalogue, so that typing errors make no skills, or opens it again.</summary>
internal sealed class SetSkillCatalogue(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, CatalogueReader reader, Audit audit)
{
    public async Task<Outcome<SkillCatalogue>> HandleAsync(SetSkillCatalogueRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Failure is { } invalid)
            return invalid;
        return await shard.AloneAsync(turn => unit.OnceAsync<SkillCatalogue>(request.RequestId, request, async ct =>
        {
            var row = await db.Catalogues.FirstOrDefaultAsync(ct);
            if (row is null)
                db.Catalogues.Add(row = new CatalogueRow());
            if (row.Closed != request.Closed)
                audit.Note(turn.Now, request.Closed ? Audit.CatalogueClosed : Audit.CatalogueOpened, "");
            row.Closed = request.Closed;
            await turn.RenewAsync(ct);
            return await reader.ReadAsync(ct);
        }, cancellationToken), cancellationToken);
    }
}
