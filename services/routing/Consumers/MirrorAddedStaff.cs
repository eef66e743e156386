using Relais.Common.Messaging;
using Relais.Contracts.Identity;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>Who joins as expert or agent can be given work.</summary>
internal sealed class MirrorAddedStaff(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, StaffMirror mirror)
    : ShardConsumer<StaffMemberAdded>(inbox, shard, events, clock)
{
    protected override Task AloneAsync(StaffMemberAdded @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(
            ct => mirror.TakeAsync(turn, @event.StaffId, @event.Email, @event.DisplayName, @event.Locale, @event.Roles, disabled: false, ct),
            cancellationToken), cancellationToken);
}
