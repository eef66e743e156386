using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Identity.Data;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

internal sealed class GetStaffMember(IdentityDb db, CallerContext caller)
{
    public async Task<Outcome<Proto.StaffMember>> HandleAsync(Proto.GetStaffMemberRequest request, CancellationToken cancellationToken)
    {
        var id = caller.ResolveMe(request.Id, "id");
        if (id.Failure is { } failure)
            return failure;
        return await db.Staff.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id.Value, cancellationToken) is { } member
            ? member.ToProto()
            : NotFound(request.Id);
    }

    public static Failure NotFound(string id) => Failure.NotFound("staff.not_found", $"There is no member of staff '{id}'.");
}
