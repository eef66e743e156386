using Relais.Common.Messaging;
using Relais.Contracts.Identity;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>Who joins as expert or agent can be given work.</summary>
internal sealed class MirrorAddedStaff(Inbox inbox, Shard shard, StaffMirror mirror) : EventConsumer<StaffMemberAdded>(inbox)
{
    protected override Task HandleAsync(StaffMemberAdded @event, CancellationToken cancellationToken) =>
        shard.AloneAsync(turn => OnceAsync(
            ct => mirror.TakeAsync(turn, @event.StaffId, @event.Email, @event.DisplayName, @event.Locale, @event.Roles, disabled: false, ct),
            cancellationToken), cancellationToken);
}
