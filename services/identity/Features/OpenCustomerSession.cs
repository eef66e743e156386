using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>
/// Finds the customer that a contact point belongs to, or registers a new one, and issues the token of one conversation.
/// Contact points that belong to different customers give the first one's; nobody's address moves to somebody else.
/// </summary>
internal sealed class OpenCustomerSession(
    IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, Tenants tenants, TokenIssuer tokens, TimeProvider clock)
{
    private const int MostContactPoints = 10;

    public async Task<Outcome<Proto.CustomerSession>> HandleAsync(Proto.OpenCustomerSessionRequest request, CancellationToken cancellationToken)
    {
        var tenant = caller.Caller.TenantId;
        if (tenant.Length == 0 || await tenants.FindAsync(tenant, null, cancellationToken) is null)
            return Failure.NotFound("tenant.unknown", $"There is no tenant '{tenant}'. A service names the tenant it works for in the relais-tenant header.");
        var points = new List<(string Kind, string Address)>();
        var check = new Check()
            .Id(request.ConversationId, "conversationId")
            .Text(request.DisplayName, "displayName", 200, required: false)
            .Locale(request.Locale, "locale", required: false)
            .That(request.ContactPoints.Count <= MostContactPoints, "contactPoints", $"must be at most {MostContactPoints}.");
        for (var position = 0; position < request.ContactPoints.Count && position < MostContactPoints; position++)
        {
            var point = request.ContactPoints[position];
            check.That(ContactAddress.IsKind(point.Kind), $"contactPoints[{position}].kind", "must be lower-case letters, digits and underscores.");
            if (ContactAddress.Normalise(point.Kind, point.Address) is { } address)
                points.Add((point.Kind, address));
            else
                check.That(false, $"contactPoints[{position}].address", "cannot be an address of this kind.");
        }

        if (check.Failure is { } failure)
            return failure;
        var visit = new Visit(Guid.Parse(request.ConversationId), request.DisplayName.Trim(), request.Locale, [.. points.Distinct()]);

        // Somebody who comes again and of whom there is nothing to learn costs no transaction.
        var (known, unclaimed) = await FindAsync(visit, cancellationToken);
        if (known is null || known.Learn(visit.DisplayName, visit.Locale, unclaimed))
        {
            db.ChangeTracker.Clear();
            var written = await unit.WriteAsync<Customer>(async ct => await FindOrRegisterAsync(visit, ct), cancellationToken);
            if (written.Failure is { } conflict)
                return conflict;
            known = written.Value;
        }

        return new Proto.CustomerSession { Customer = known.ToProto(), AccessToken = tokens.ForCustomer(known, visit.ConversationId).Value };
    }

    private async Task<Customer> FindOrRegisterAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (customer, unclaimed) = await FindAsync(visit, cancellationToken);
        if (customer is null)
        {
            var now = clock.GetUtcNow();
            customer = new Customer
            {
                Id = Guid.CreateVersion7(now),
                DisplayName = "",
                Locale = "",
                FirstConversationId = visit.ConversationId,
                CreatedAt = now,
            };
            db.Customers.Add(customer);
        }

        if (customer.Learn(visit.DisplayName, visit.Locale, unclaimed))
            db.ContactPoints.AddRange(customer.ContactPoints.Where(point => db.Entry(point).State == EntityState.Detached));
        return customer;
    }

    /// <returns>The customer whom the first known contact point belongs to, else the one of this conversation; and the points that nobody has.</returns>
    private async Task<(Customer? Customer, List<(string Kind, string Address)> Unclaimed)> FindAsync(Visit visit, CancellationToken cancellationToken)
    {
        var owners = new Dictionary<(string, string), Guid>();
        if (visit.Points.Count > 0)
        {
            // One query: a row may match the kind of one point and the address of another, which the dictionary ignores.
            var kinds = visit.Points.Select(point => point.Kind).ToList();
            var addresses = visit.Points.Select(point => point.Address).ToList();
            owners = await db.ContactPoints.AsNoTracking().Where(row => kinds.Contains(row.Kind) && addresses.Contains(row.Address))
                .ToDictionaryAsync(row => (row.Kind, row.Address), row => row.CustomerId, cancellationToken);
        }

        var owned = visit.Points.Where(owners.ContainsKey).Select(point => (Guid?)owners[point]).FirstOrDefault();
        var customer = await db.Customers.Include(row => row.ContactPoints)
            .FirstOrDefaultAsync(row => owned != null ? row.Id == owned : row.FirstConversationId == visit.ConversationId, cancellationToken);
        return (customer, [.. visit.Points.Where(point => !owners.ContainsKey(point))]);
    }

    private sealed record Visit(Guid ConversationId, string DisplayName, string Locale, IReadOnlyList<(string Kind, string Address)> Points);
}
