using System.Diagnostics;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Contracts.Routing;
using Relais.Routing.Domain;
using Relais.Routing.Shards;

namespace Relais.Routing.Data;

/// <summary>
/// Saves what a group of inputs came to as <see cref="ReactionWriter"/> would one by one, but each row once, in its last
/// state, and each table with one statement. It reads nothing: the engine in memory is what the rows say.
/// </summary>
internal sealed class GroupWriter(BulkTransaction<RoutingDb> transaction)
{
    private readonly Dictionary<Guid, Expert> _experts = [];
    private readonly Dictionary<Guid, (WorkItem Item, DateTimeOffset At)> _items = [];
    private readonly HashSet<Guid> _opened = [];
    private readonly Dictionary<Guid, OfferRow> _made = [];
    private readonly Dictionary<Guid, OfferRow> _settled = [];
    private readonly List<DecisionRow> _decisions = [];
    private readonly List<InboxEntry> _deliveries = [];
    private readonly List<AnsweredRequest> _answered = [];
    private readonly Dictionary<Guid, Guid> _assigned = [];

    /// <summary>Changed items that there were before.</summary>
    private IEnumerable<(WorkItem Item, DateTimeOffset At)> Known => _items.Values.Where(changed => !_opened.Contains(changed.Item.Id));

    /// <summary>Notes what an input brought along.</summary>
    public void Note(InboxEntry? delivery, GroupStep? step, Guid? opened = null)
    {
        if (delivery is not null)
            _deliveries.Add(delivery);
        if (step?.Answered is { } answered)
            _answered.Add(answered);
        if (step?.Assigned is { } assigned)
            _assigned[assigned.Item] = assigned.Expert;
        if (opened is { } item)
            _opened.Add(item);
    }

    /// <summary>Takes what one input changed; the events leave in this order, each in the trace of its matter.</summary>
    /// <param name="cause">What brought the input; null for none.</param>
    public void Take(Reaction reaction, Activity? cause)
    {
        // An offer is settled before its item changes.
        foreach (var changed in reaction.Changes.OfType<Change.ItemChanged>())
            _items[changed.Item.Id] = (changed.Item, reaction.At);
        foreach (var change in reaction.Changes)
        {
            switch (change)
            {
                case Change.ExpertChanged changed:
                    _experts[changed.Expert.Id] = changed.Expert;
                    break;
                case Change.OfferMade made:
                    _made[made.Offer.Id] = OfferRow.Of(made.Offer, made.Decision.Id);
                    Add(made.Decision);
                    transaction.Publish(ReactionWriter.EventOf(made.Offer), made.Offer.OfferedAt, cause, made.Item.Request.TraceParent);
                    break;
                case Change.Waits waits:
                    Add(waits.Decision);
                    break;
                case Change.OfferSettled settled:
                    var row = _made.GetValueOrDefault(settled.Offer.Id) ?? (_settled[settled.Offer.Id] = OfferRow.Of(settled.Offer, Guid.Empty));
                    (row.State, row.Reason, row.SettledAt) = (settled.State, settled.Reason, settled.At);
                    Publish(settled, reaction, cause);
                    break;
                case Change.ProfileChanged:
                    // A certificate has ended. What was given to the expert, which the rows hold, is as it was; that changes alone.
                    break;
            }
        }
    }

    /// <summary>Asks for every statement.</summary>
    public void Write()
    {
        transaction.Insert(_deliveries);
        transaction.Insert(_answered);
        var experts = _experts.Values.Select(expert => Taking(new ExpertRow { Id = expert.Id }, row => row.Take(expert))).ToList();
        transaction.Update(experts, ExpertRow.AtWork);
        var items = _items.Values.Select(changed => Taking(WorkItemRow.Of(changed.Item), row => row.Take(changed.Item, changed.At))).ToList();
        transaction.Insert(items.FindAll(row => _opened.Contains(row.Id)));
        transaction.Update(items.FindAll(row => !_opened.Contains(row.Id)), WorkItemRow.Changing);
        WriteAssigned();
        foreach (var offer in _made.Values.Concat(_settled.Values))
            offer.LiveItemId = _items.GetValueOrDefault(offer.ItemId).Item is var item && offer.Lives(item?.State ?? ItemState.Closed, item?.Holder) ? offer.ItemId : null;
        transaction.Update([.. _settled.Values], OfferRow.Changing);
        ClearFormerAssignments();
        transaction.Insert(_made.Values);
        transaction.Insert(_decisions);
        CheckCapacity();
    }

    private static TRow Taking<TRow>(TRow row, Action<TRow> take)
    {
        take(row);
        return row;
    }

    private void Add(Decision decision) => _decisions.Add(
        new DecisionRow { Id = decision.Id, ItemId = decision.ItemId, At = decision.At, Ordinal = _decisions.Count, Decision = decision });

    private void Publish(Change.OfferSettled settled, Reaction reaction, Activity? cause)
    {
        var (offer, at, matter) = (settled.Offer, settled.At, _items[settled.Offer.ItemId].Item.Request.TraceParent);
        switch (settled.State)
        {
            case OfferState.Accepted:
                // Who accepts changes with it.
                transaction.Publish(new OfferAccepted(offer.Id, offer.ItemId, offer.ExpertId, NameOf(offer.ExpertId, reaction), at), at, cause, matter);
                break;
            case OfferState.Declined:
                transaction.Publish(new OfferDeclined(offer.Id, offer.ItemId, offer.ExpertId, settled.Reason, at), at, cause, matter);
                break;
            case OfferState.Expired:
                transaction.Publish(new OfferExpired(offer.Id, offer.ItemId, offer.ExpertId, at), at, cause, matter);
                break;
            case OfferState.Rescinded:
                transaction.Publish(new OfferRescinded(offer.Id, offer.ItemId, offer.ExpertId, settled.Reason, at), at, cause, matter);
                break;
            case OfferState.Offered:
                throw new InvalidOperationException("An offer is settled as what it was.");
        }
    }

    private string NameOf(Guid expert, Reaction reaction) =>
        (_experts.GetValueOrDefault(expert) ?? reaction.Changes.OfType<Change.ExpertChanged>().First(change => change.Expert.Id == expert).Expert).Profile.DisplayName;

    private void WriteAssigned()
    {
        if (Known.Where(changed => changed.Item.State != ItemState.Assigned).Select(changed => changed.Item.Id).ToArray() is { Length: > 0 } free)
        {
            transaction.Execute(
                """UPDATE work_items SET "AssignedExpertId" = NULL WHERE "TenantId" = $1 AND "Id" = ANY ($2) AND "AssignedExpertId" IS NOT NULL""",
                rows: -1, transaction.Db.TenantId!, free);
        }

        if (_assigned.Count > 0)
        {
            transaction.Execute(
                """
                UPDATE work_items SET "AssignedExpertId" = given.expert, "Revision" = "Revision" + 1 FROM unnest($2, $3) AS given(item, expert)
                WHERE "TenantId" = $1 AND "Id" = given.item AND "State" <> $4
                """,
                rows: -1, transaction.Db.TenantId!, _assigned.Keys.ToArray(), _assigned.Values.ToArray(), (int)ItemState.Closed);
        }
    }

    // The assignment that came of an earlier offer is over; the item's next offer could not live beside it.
    private void ClearFormerAssignments()
    {
        var known = Known.ToList();
        if (known.Count == 0)
            return;
        transaction.Execute(
            """
            UPDATE offers SET "LiveItemId" = NULL, "Revision" = offers."Revision" + 1 FROM unnest($2, $3, $4) AS given(item, state, holder)
            WHERE offers."TenantId" = $1 AND offers."LiveItemId" = given.item AND offers."State" = $5
              AND (given.state <> $6 OR given.holder IS DISTINCT FROM offers."ExpertId")
            """,
            rows: -1, transaction.Db.TenantId!, known.Select(changed => changed.Item.Id).ToArray(), known.Select(changed => (int)changed.Item.State).ToArray(),
            known.Select(changed => changed.Item.Holder).ToArray(), (int)OfferState.Accepted, (int)ItemState.Assigned);
    }

    // What the engine believes is checked against what the database holds, in the transaction that offers.
    private void CheckCapacity()
    {
        var offered = _made.Values.Where(offer => offer.State == OfferState.Offered).Select(offer => offer.ExpertId).Distinct().ToArray();
        if (offered.Length == 0)
            return;
        transaction.Execute(
            """
            SELECT experts."Id" FROM experts
            JOIN (SELECT "HolderId", sum("WeightParts") AS parts FROM work_items WHERE "TenantId" = $1 AND "HolderId" = ANY ($2) GROUP BY "HolderId") AS held
              ON held."HolderId" = experts."Id"
            WHERE held.parts > experts."CapacityParts" OR held.parts <> experts."LoadParts"
            """,
            rows: 0, transaction.Db.TenantId!, offered);
    }
}
