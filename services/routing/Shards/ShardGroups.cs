using Microsoft.Extensions.Logging;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Data;

namespace Relais.Routing.Shards;

/// <summary>
/// Group commit: inputs that come while a shard's groups are under way wait, are decided one after the other, and are
/// committed together. Whatever keeps a group from being committed, each of its inputs is then done alone and fails or
/// succeeds for itself.
/// </summary>
internal sealed class ShardGroups(
    ShardTable table, ShardOwnership ownership, BulkWrites<RoutingDb> bulk, ISignals signals, ILogger<ShardGroup> log)
{
    // A transaction of so many takes some 20 ms, which is what the last in the queue waits for the first.
    private const int Most = 128;

    /// <returns>Whether it is committed; false when it has to be done alone, as always where nothing is gained by groups.</returns>
    public async Task<bool> RunAsync(ShardSlot slot, GroupedInput input, CancellationToken cancellationToken)
    {
        if (!bulk.IsSupported)
            return false;
        slot.Waiting.Add(input, () => WorkAsync(slot));
        // Whoever gives up waiting does not know what came of it, as with any commit.
        return await input.Done.WaitAsync(cancellationToken);
    }

    private async Task WorkAsync(ShardSlot slot)
    {
        while (true)
        {
            try
            {
                await table.EnterAsync(slot.Tenant, CancellationToken.None);
            }
            catch (Exception failure)
            {
                // The shard is another replica's, or who owns it cannot be found out: everybody is told so.
                var refused = slot.Waiting.Take();
                foreach (var input in refused)
                    input.Fail(failure);
                if (refused.Count == 0)
                    return;
                continue;
            }

            var inputs = slot.Waiting.Take(Most);
            slot.Leave(clean: inputs.Count == 0 || await WorkAsync(slot, inputs));
            if (inputs.Count == 0)
                return;
        }
    }

    // In one turn: while a group is committed, the next one is decided. The turn ends when somebody else waits for it.
    private async Task<bool> WorkAsync(ShardSlot slot, IReadOnlyList<GroupedInput> inputs)
    {
        ShardGroup? before = null;
        var committing = Task.FromResult(true);
        while (inputs.Count > 0)
        {
            var group = new ShardGroup(slot, inputs, before, log);
            var isDecided = await group.DecideAsync(bulk, ownership, table.Policy);
            if (!await committing)
            {
                if (isDecided)
                    await group.UndoAsync(failure: null);
                return false;
            }

            if (!isDecided)
                return false;
            (before, committing) = (group, group.CommitAsync(signals));
            inputs = slot.IsAwaited || !ownership.Holds(slot) ? [] : slot.Waiting.Take(Most);
        }

        return await committing;
    }
}
