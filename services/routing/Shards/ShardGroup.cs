using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Shards;

/// <summary>
/// Inputs that are decided one after the other and committed together. It can be decided while the group before it is being
/// committed, as if that had succeeded; it is committed or undone once that is known.
/// </summary>
internal sealed partial class ShardGroup(ShardSlot slot, IReadOnlyList<GroupedInput> inputs, ShardGroup? before, ILogger log)
{
    // What this group deals with, which nobody finds in the database before it is committed.
    private readonly HashSet<(Guid MessageId, string Consumer)> _deliveries = [];
    private readonly HashSet<Guid> _opened = [];

    private readonly HashSet<GroupedInput> _alone = [];
    private readonly List<(Reaction Reaction, string? Topic)> _done = [];
    private ShardGroup? _before = before;
    private BulkTransaction<RoutingDb>? _transaction;
    private bool _isTeamLost;

    /// <summary>Asks, decides, and has ready what to write.</summary>
    /// <returns>Whether there is something to commit; if not, it has to be undone, and memory forgotten.</returns>
    public async Task<bool> DecideAsync(BulkWrites<RoutingDb> bulk, ShardOwnership ownership, RoutingPolicy policy)
    {
        try
        {
            _transaction = await bulk.BeginAsync(slot.Tenant, CancellationToken.None);
            ownership.Guard(_transaction, slot);
            var deliveries = _transaction.AskDealtWith(inputs.Select(input => input.Delivery));
            var items = AskKnown(_transaction);
            await _transaction.AskAsync();
            var now = slot.Now;
            var writer = new GroupWriter(_transaction);
            if (slot.Engine is null)
            {
                var (engine, restored) = await ShardReader.ReadAsync(_transaction.Db, policy, now, slot.IdleShare, CancellationToken.None);
                slot.Keep(engine);
                _isTeamLost = TeamLead.Missing(engine, now).Count > 0;
                Take(writer, restored, topic: null, cause: null);
            }

            foreach (var input in inputs)
            {
                if (input.Delivery is { } delivery && IsDealtWith((delivery.MessageId, delivery.Consumer), deliveries))
                    continue;
                if (input.Opens is { } ticket && IsOpened(ticket, items))
                    Note(input, writer, step: null);
                else
                    Decide(input, slot.Engine!, writer, now);
            }

            writer.Write();
            return true;
        }
        catch (Exception failure)
        {
            await UndoAsync(failure);
            return false;
        }
    }

    /// <returns>Whether it is committed; if not, it is undone, and memory has to be forgotten.</returns>
    public async Task<bool> CommitAsync(ISignals signals)
    {
        // It is committed itself: nothing goes back further than to here.
        _before = null;
        try
        {
            await _transaction!.SaveAsync();
            await _transaction.CommitAsync();
            await _transaction.DisposeAsync();
        }
        catch (Exception failure)
        {
            await UndoAsync(failure);
            return false;
        }

        Tell(signals);
        foreach (var input in inputs)
            input.Finish(committed: !_alone.Contains(input));
        return true;
    }

    /// <summary>Nothing of it happened: alone, each of its inputs finds out for itself what keeps it from being done.</summary>
    public async Task UndoAsync(Exception? failure)
    {
        try
        {
            if (_transaction is not null)
                await _transaction.DisposeAsync();
        }
        catch (Exception broken)
        {
            // Its connection ended, and the transaction with it.
            failure ??= broken;
        }

        if (failure is LeaseLostException)
        {
            // Deposed without noticing: nothing was written.
            foreach (var input in inputs)
                input.Fail(new ShardElsewhereException(slot.Tenant, owner: null));
            return;
        }

        LogUndone(slot.Tenant, inputs.Count, failure);
        foreach (var input in inputs)
            input.Finish(committed: false);
    }

    private void Decide(GroupedInput input, MatchingEngine engine, GroupWriter writer, DateTimeOffset now)
    {
        if (MayEndTeam(engine, now) || input.Decide(new GroupView(engine, slot.Decisions, now)) is not { } step)
        {
            _alone.Add(input);
            return;
        }

        var reaction = engine.Apply(step.Input);
        Take(writer, reaction, step.Topic, input.Cause);
        if (reaction.Refusal == Refusal.None)
            Note(input, writer, step);
        else
            _alone.Add(input);
    }

    // Who leads a team may no longer do so by the end of a certificate: the team is dissolved in a turn alone.
    private bool MayEndTeam(MatchingEngine engine, DateTimeOffset now) => _isTeamLost || engine.Policy.Book.Teams.Any(
        team => team.TicketId is not null && team.Members.Any(
            member => engine.FindExpert(member) is { Profile.Later: [{ From: var end }, ..] } && end <= now));

    // Not for what is left to be done alone: a repetition of that may be all that is left of it.
    private void Note(GroupedInput input, GroupWriter writer, GroupStep? step)
    {
        writer.Note(input.Delivery, step, step is null ? null : input.Opens);
        if (input.Delivery is { } delivery)
            _deliveries.Add((delivery.MessageId, delivery.Consumer));
        if (input.Opens is { } ticket)
            _opened.Add(ticket);
    }

    private void Take(GroupWriter writer, Reaction reaction, string? topic, Activity? cause)
    {
        writer.Take(reaction, cause);
        slot.Note(reaction);
        _done.Add((reaction, topic));
    }

    private bool IsDealtWith((Guid MessageId, string Consumer) delivery, HashSet<(Guid MessageId, string Consumer)> known) =>
        known.Contains(delivery) || _deliveries.Contains(delivery) || _before?._deliveries.Contains(delivery) == true;

    private bool IsOpened(Guid ticket, HashSet<Guid> known) => known.Contains(ticket) || _opened.Contains(ticket) || _before?._opened.Contains(ticket) == true;

    // Which of the tickets to open were opened before, whoever did it; filled when it is answered.
    private HashSet<Guid> AskKnown(BulkTransaction<RoutingDb> transaction)
    {
        var items = new HashSet<Guid>();
        if (inputs.Select(input => input.Opens).OfType<Guid>().Distinct().ToArray() is { Length: > 0 } opened)
        {
            transaction.Ask(
                """SELECT "Id" FROM work_items WHERE "TenantId" = $1 AND "Id" = ANY ($2)""",
                row => items.Add(row.GetGuid(0)), transaction.Db.TenantId!, opened);
        }

        return items;
    }

    private void Tell(ISignals signals)
    {
        foreach (var (reaction, topic) in _done)
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

    [LoggerMessage(EventId = 1503, EventName = "routing_group_undone", Level = LogLevel.Warning,
        Message = "{Count} inputs of tenant {Tenant} could not be committed together; each is done alone")]
    private partial void LogUndone(string tenant, int count, Exception? failure);
}
