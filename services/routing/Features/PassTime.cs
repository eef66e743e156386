using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;

namespace Relais.Routing.Features;

/// <summary>Brings a tenant's routing to the present: at its alarms, and at start after whatever time nothing ran.</summary>
internal sealed class PassTime(Shard shard, UnitOfWork<RoutingDb> unit)
{
    public static async Task ForEveryTenantAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        List<string> tenants;
        await using (var db = services.GetRequiredService<Func<RoutingDb>>()())
            tenants = await db.Experts.IgnoreQueryFilters().Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken);
        foreach (var tenant in tenants)
            await ForTenantAsync(services.GetRequiredService<IServiceScopeFactory>(), tenant, cancellationToken);
    }

    public static async Task ForTenantAsync(IServiceScopeFactory scopes, string tenant, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(tenant, "routing");
        await scope.ServiceProvider.GetRequiredService<PassTime>().HandleAsync(cancellationToken);
    }

    private async Task HandleAsync(CancellationToken cancellationToken)
    {
        if (await shard.TogetherAsync(new GroupedInput(view => new GroupStep(new Input.TimePassed(view.Now))), cancellationToken))
            return;
        await shard.AloneAsync(turn => unit.WriteAsync<Reaction>(
            async ct => await turn.ApplyAsync(new Input.TimePassed(turn.Now), ct), cancellationToken), cancellationToken);
    }
}
