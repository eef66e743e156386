using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Policies;

/// <summary>Writes a draft with the next version of its group. It changes nothing until it is activated.</summary>
internal sealed class CreatePolicy(RoutingDb db, UnitOfWork<RoutingDb> unit, PolicyReader policies, Audit audit, TimeProvider clock)
{
    public async Task<Outcome<Policy>> HandleAsync(CreatePolicyRequest request, CancellationToken cancellationToken)
    {
        var form = new Check().RequestId(request.RequestId).Text(request.Group, "group", PolicyRow.LongestGroup)
            .That(request.Group.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_'),
                "group", "must be of small letters, digits, '-' and '_'.");
        if (form.Failure is { } malformed)
            return malformed;
        return await unit.OnceAsync<Policy>(request.RequestId, request, async ct =>
        {
            var check = new Check();
            var definition = new PolicyForm(request.Group, await policies.BookAsync(ct), check).Read(request.Definition);
            if (check.Failure is { } invalid)
                return invalid;
            var now = clock.GetUtcNow();
            var latest = await db.Policies.Where(row => row.Group == request.Group).MaxAsync(row => (int?)row.Version, ct) ?? 0;
            var row = new PolicyRow
            {
                Id = Guid.CreateVersion7(now), Group = request.Group, Version = latest + 1, Definition = definition, CreatedAt = now, CreatedBy = audit.Who,
            };
            db.Policies.Add(row);
            await db.SaveChangesAsync(ct);
            return await policies.OfAsync(row, ct);
        }, cancellationToken);
    }
}
