using Microsoft.Extensions.Logging;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Shards;

/// <summary>
/// Group commit: inputs that come while a shard's transaction is under way wait, are decided one after the other when it
/// has ended, and are committed together. Whatever keeps a group from being committed, each of its inputs is then done
/// alone and fails or succeeds for itself.
/// </summary>
internal sealed partial class ShardGroups(
    ShardTable table, ShardOwnership ownership, BulkWrites<RoutingDb> bulk, ISignals signals, TimeProvider clock, ILogger<ShardGroups> log)
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
            ShardSlot entered;
            try
            {
                entered = await table.EnterAsync(slot.Tenant, CancellationToken.None);
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
            if (inputs.Count == 0)
            {
                entered.Leave(clean: true);
                return;
            }

            await DecideAsync(slot, inputs);
        }
    }

    private async Task DecideAsync(ShardSlot slot, IReadOnlyList<GroupedInput> inputs)
    {
        var alone = new List<GroupedInput>();
        var clean = true;
        Exception? failed = null;
        var done = new List<(Reaction Reaction, string? Topic)>();
        try
        {
            await using var transaction = await bulk.BeginAsync(slot.Tenant, CancellationToken.None);
            ownership.Guard(transaction, slot);
            var (deliveries, items) = Known(transaction, inputs);
            await transaction.AskAsync();
            var now = ShardTurn.Stored(clock.GetUtcNow());
            clean = false;
            var writer = new GroupWriter(transaction);
            if (slot.Engine is null)
            {
                var (engine, restored) = await ShardReader.ReadAsync(transaction.Db, table.Policy, now, CancellationToken.None);
                slot.Keep(engine);
                Take(restored, null, null);
            }

            foreach (var input in inputs)
            {
                if (input.Delivery is { } delivery && !deliveries.Add((delivery.MessageId, delivery.Consumer)))
                    continue;
                if (input.Opens is { } ticket && !items.Add(ticket))
                {
                    writer.Note(input.Delivery, null);
                    continue;
                }

                var step = input.Decide(new GroupView(slot.Engine!, slot.Decisions, now));
                if (step is null)
                {
                    alone.Add(input);
                    continue;
                }

                var reaction = slot.Engine!.Apply(step.Input);
                Take(reaction, step.Topic, input.TraceParent);
                if (reaction.Refusal == Refusal.None)
                    writer.Note(input.Delivery, step, input.Opens);
                else
                    alone.Add(input);
            }

            writer.Write();
            await transaction.SaveAsync();
            await transaction.CommitAsync();
            clean = true;

            void Take(Reaction reaction, string? topic, string? traceParent)
            {
                writer.Take(reaction, traceParent);
                slot.Note(reaction);
                done.Add((reaction, topic));
            }
        }
        catch (LeaseLostException)
        {
            // Deposed without noticing: nothing was written.
            clean = false;
            failed = new ShardElsewhereException(slot.Tenant, owner: null);
        }
        catch (Exception failure)
        {
            // Whichever input it was for: alone, each finds out for itself.
            LogUndone(slot.Tenant, inputs.Count, failure);
            clean = false;
            alone = [.. inputs];
        }

        slot.Leave(clean);
        if (clean)
            Tell(done);
        foreach (var input in inputs)
        {
            if (failed is not null)
                input.Fail(failed);
            else if (!alone.Contains(input))
                input.Finish(committed: true);
        }

        foreach (var input in failed is null ? alone : [])
            input.Finish(committed: false);
    }

    private void Tell(List<(Reaction Reaction, string? Topic)> done)
    {
        foreach (var (reaction, topic) in done)
        {
            RoutingTelemetry.Decided(reaction);
            foreach (var change in reaction.Changes)
            {
                if (change is Change.OfferMade made)
                    signals.Raise(Topics.OffersOf(made.Offer.ExpertId));
            }

            if (topic is not null)
                signals.Raise(topic);
        }
    }

    // What was dealt with before, whoever did it; filled when it is answered.
    private static (HashSet<(Guid, string)> Deliveries, HashSet<Guid> Items) Known(BulkTransaction<RoutingDb> transaction, IReadOnlyList<GroupedInput> inputs)
    {
        var (deliveries, items) = (transaction.AskDealtWith(inputs.Select(input => input.Delivery)), new HashSet<Guid>());
        if (inputs.Select(input => input.Opens).OfType<Guid>().Distinct().ToArray() is { Length: > 0 } opened)
        {
            transaction.Ask(
                """SELECT "Id" FROM work_items WHERE "TenantId" = $1 AND "Id" = ANY ($2)""",
                row => items.Add(row.GetGuid(0)), transaction.Db.TenantId!, opened);
        }

        return (deliveries, items);
    }

    [LoggerMessage(EventId = 1503, EventName = "routing_group_undone", Level = LogLevel.Warning,
        Message = "{Count} inputs of tenant {Tenant} could not be committed together; each is done alone")]
    private partial void LogUndone(string tenant, int count, Exception failure);
}
