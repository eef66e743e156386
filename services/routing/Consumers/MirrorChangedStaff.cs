using Relais.Common.Messaging;
using Relais.Contracts.Identity;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>Names follow; who leaves, or loses the roles that take work, is offered nothing more.</summary>
internal sealed class MirrorChangedStaff(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, StaffMirror mirror)
    : ShardConsumer<StaffMemberChanged>(inbox, shard, events, clock)
{
    protected override Task AloneAsync(StaffMemberChanged @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(
            ct => mirror.TakeAsync(turn, @event.StaffId, @event.Email, @event.DisplayName, @event.Locale, @event.Roles, @event.Disabled, ct),
            cancellationToken), cancellationToken);
}
