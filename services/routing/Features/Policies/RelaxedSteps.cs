using Microsoft.EntityFrameworkCore;
using Relais.Routing.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Features.Policies;

internal static class RelaxedSteps
{
    /// <summary>
    /// The steps that a group's waiting matters have taken were another plan's; those of the new one that are due are taken
    /// at once.
    /// </summary>
    /// <param name="book">As it will be.</param>
    public static async Task ForgetStepsAsync(this RoutingDb db, string group, MatchingEngine engine, RoutingBook book, CancellationToken cancellationToken)
    {
        var waiting = engine.OpenItems.Where(item => item.State == ItemState.Waiting && item.RelaxedSteps > 0)
            .Where(item => item.Request.Group == group || book.GroupOf(item.Request.Channel) == group).Select(item => item.Id).ToList();
        await db.WorkItems.Where(item => waiting.Contains(item.Id)).ExecuteUpdateAsync(item => item.SetProperty(one => one.RelaxedSteps, 0), cancellationToken);
    }
}
