using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;
using Types = Relais.Contracts.Types.V1;

namespace Relais.Identity.Features;

/// <summary>Changes the fields that the update mask names; without a mask, those that are set.</summary>
internal sealed class UpdateCustomer(IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, AuditLog audit)
{
    private const string DisplayName = "display_name";
    private const string Locale = "locale";
    private const string Tier = "tier";

    public async Task<Outcome<Proto.Customer>> HandleAsync(Proto.UpdateCustomerRequest request, CancellationToken cancellationToken)
    {
        var fields = FieldsOf(request);
        if (Check(request, fields) is { } failure)
            return failure;
        var id = Guid.Parse(request.Id);
        return await unit.OnceAsync<Proto.Customer>(request.RequestId, request, async ct =>
        {
            if (await db.Customers.Include(row => row.ContactPoints).FirstOrDefaultAsync(row => row.Id == id, ct) is not { } customer)
                return GetCustomer.NotFound(request.Id);
            if (Etags.Check(request.Etag, customer, "customer") is { } stale)
                return stale;
            if (fields.Contains(DisplayName))
                customer.DisplayName = request.DisplayName.Trim();
            if (fields.Contains(Locale))
                customer.Locale = request.Locale;
            if (fields.Contains(Tier))
                customer.Tier = TierOf(request.Tier)!.Value;
            // Saved before the answer is made, which carries the new etag.
            await db.SaveChangesAsync(ct);
            unit.AfterCommit(() => audit.CustomerChanged(customer.TenantId, customer.Id, string.Join(' ', fields), caller.Caller.SubjectId));
            return customer.ToProto();
        }, cancellationToken);
    }

    private static HashSet<string> FieldsOf(Proto.UpdateCustomerRequest request)
    {
        if (request.UpdateMask is { Paths.Count: > 0 } mask)
            return [.. mask.Paths];
        var set = new HashSet<string>();
        if (request.DisplayName.Length > 0)
            set.Add(DisplayName);
        if (request.Locale.Length > 0)
            set.Add(Locale);
        if (request.Tier != Types.CustomerTier.Unspecified)
            set.Add(Tier);
        return set;
    }

    private static Failure? Check(Proto.UpdateCustomerRequest request, HashSet<string> fields)
    {
        var check = new Check().RequestId(request.RequestId).Id(request.Id, "id").That(fields.Count > 0, "updateMask", "names no field to change.");
        foreach (var field in fields.Except([DisplayName, Locale, Tier]))
            check.That(false, "updateMask", $"'{field}' cannot be changed here.");
        if (fields.Contains(DisplayName))
            check.Text(request.DisplayName, "displayName", 200);
        if (fields.Contains(Locale))
            check.Locale(request.Locale, "locale");
        if (fields.Contains(Tier))
            check.That(TierOf(request.Tier) is not null, "tier", "must be STANDARD, GOLD or VIP.");
        return check.Failure;
    }

    /// <returns>Null for a tier that there is not.</returns>
    private static CustomerTier? TierOf(Types.CustomerTier tier) => tier switch
    {
        Types.CustomerTier.Standard => CustomerTier.Standard,
        Types.CustomerTier.Gold => CustomerTier.Gold,
        Types.CustomerTier.Vip => CustomerTier.Vip,
        _ => null,
    };
}
