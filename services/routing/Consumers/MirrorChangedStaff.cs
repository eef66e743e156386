using Relais.Common.Messaging;
using Relais.Contracts.Identity;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>Names follow; who leaves, or loses the roles that take work, is offered nothing more.</summary>
internal sealed class MirrorChangedStaff(Inbox inbox, Shard shard, StaffMirror mirror) : EventConsumer<StaffMemberChanged>(inbox)
{
    protected override Task HandleAsync(StaffMemberChanged @event, CancellationToken cancellationToken) =>
        shard.AloneAsync(turn => OnceAsync(
            ct => mirror.TakeAsync(turn, @event.StaffId, @event.Email, @event.DisplayName, @event.Locale, @event.Roles, @event.Disabled, ct),
            cancellationToken), cancellationToken);
}
