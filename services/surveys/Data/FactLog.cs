using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;
using Relais.Surveys.Domain;

namespace Relais.Surveys.Data;

/// <summary>
/// Brings events into the facts, each once. Deliveries that come while a commit is under way share the next one: every
/// message of every customer passes here, and a commit for each would cost more than its effect.
/// </summary>
internal sealed class FactLog(IServiceScopeFactory scopes, TimeProvider clock) : IDisposable
{
    /// <summary>The inbox name of all events that become facts; each reaches them by one consumer only.</summary>
    private const string Consumer = "Facts";

    // Enough to make a commit's cost small for each; few enough that one commit stays under some ten milliseconds.
    private const int LargestBatch = 100;

    private readonly ConcurrentQueue<Entry> waiting = new();
    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>Completes when the event's effect is durable.</summary>
    public async Task NoteAsync(Delivery delivery, IEvent @event, CancellationToken cancellationToken)
    {
        var entry = new Entry(delivery, @event);
        waiting.Enqueue(entry);
        await turn.WaitAsync(cancellationToken);
        try
        {
            // Who gets a turn commits for all who wait; most find their own done already.
            while (!entry.Done.Task.IsCompleted)
                await CommitAsync(TakeBatch());
        }
        finally
        {
            turn.Release();
        }

        await entry.Done.Task;
    }

    public void Dispose() => turn.Dispose();

    private List<Entry> TakeBatch()
    {
        var batch = new List<Entry>();
        while (batch.Count < LargestBatch && waiting.TryDequeue(out var next))
            batch.Add(next);
        return batch;
    }

    private async Task CommitAsync(List<Entry> batch)
    {
        foreach (var tenant in batch.GroupBy(entry => entry.Delivery.TenantId, StringComparer.Ordinal))
        {
            var entries = tenant.ToList();
            try
            {
                await SaveAsync(tenant.Key, entries);
                foreach (var entry in entries)
                    entry.Done.SetResult();
            }
            catch (Exception) when (entries.Count > 1)
            {
                // One of them is at fault; alone, each of the others succeeds, and that one fails for itself.
                foreach (var entry in entries)
                    await CommitAsync([entry]);
            }
            catch (Exception failure)
            {
                // Handed to whoever delivers, who will repeat it.
                entries[0].Done.SetException(failure);
            }
        }
    }

    // What is being saved for several is saved, however impatient one of them is: no cancellation.
    private async Task SaveAsync(string tenantId, List<Entry> entries)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(tenantId, Consumer);
        var db = scope.ServiceProvider.GetRequiredService<SurveysDb>();
        await scope.ServiceProvider.GetRequiredService<UnitOfWork<SurveysDb>>().WriteAsync<bool>(async ct =>
        {
            var ids = entries.Select(entry => entry.Delivery.MessageId).Distinct().ToList();
            var known = await db.Inbox.Where(row => row.Consumer == Consumer && ids.Contains(row.MessageId)).Select(row => row.MessageId).ToListAsync(ct);
            var fresh = entries.Where(entry => !known.Contains(entry.Delivery.MessageId)).DistinctBy(entry => entry.Delivery.MessageId).ToList();
            if (fresh.Count == 0)
                return true;
            await LoadAsync(db, fresh, ct);
            foreach (var entry in fresh)
            {
                Apply(db, entry.Event);
                db.Inbox.Add(new InboxEntry { MessageId = entry.Delivery.MessageId, Consumer = Consumer, At = clock.GetUtcNow() });
            }

            return true;
        }, CancellationToken.None);
    }

    // Two queries for all rows that the batch touches; Find then takes them from memory.
    private static async Task LoadAsync(SurveysDb db, List<Entry> entries, CancellationToken cancellationToken)
    {
        var keys = entries.Select(entry => KeyOf(entry.Event)).ToList();
        var conversations = keys.Where(key => key.Conversation is not null).Select(key => key.Conversation!.Value).Distinct().ToList();
        var tickets = keys.Where(key => key.Ticket is not null).Select(key => key.Ticket!.Value).Distinct().ToList();
        if (conversations.Count > 0)
            await db.Conversations.Where(row => conversations.Contains(row.ConversationId)).LoadAsync(cancellationToken);
        if (tickets.Count > 0)
            await db.Tickets.Where(row => tickets.Contains(row.TicketId)).LoadAsync(cancellationToken);
    }

    private static (Guid? Conversation, Guid? Ticket) KeyOf(IEvent @event) => @event switch
    {
        ConversationStarted e => (e.ConversationId, null),
        CustomerMessageReceived e => (e.ConversationId, null),
        AssistantReplied e => (e.ConversationId, null),
        ConversationSolved e => (e.ConversationId, null),
        ExpertRequested e => (e.ConversationId, null),
        TicketOpened e => (null, e.TicketId),
        TicketReplied e => (null, e.TicketId),
        TicketResolved e => (null, e.TicketId),
        TicketReopened e => (null, e.TicketId),
        OfferAccepted e => (null, e.TicketId),
        _ => throw new ArgumentException($"{@event.GetType().Name} is no fact.", nameof(@event)),
    };

    private static void Apply(SurveysDb db, IEvent @event)
    {
        switch (@event)
        {
            case ConversationStarted e: Conversation(db, e.ConversationId).Apply(e); break;
            case CustomerMessageReceived e: Conversation(db, e.ConversationId).Apply(e); break;
            case AssistantReplied e: Conversation(db, e.ConversationId).Apply(e); break;
            case ConversationSolved e: Conversation(db, e.ConversationId).Apply(e); break;
            case ExpertRequested e: Conversation(db, e.ConversationId).Apply(e); break;
            case TicketOpened e: Ticket(db, e.TicketId).Apply(e); break;
            case TicketReplied e: Ticket(db, e.TicketId).Apply(e); break;
            case TicketResolved e: Ticket(db, e.TicketId).Apply(e); break;
            case TicketReopened e: Ticket(db, e.TicketId).Apply(e); break;
            case OfferAccepted e: Ticket(db, e.TicketId).Apply(e); break;
        }
    }

    private static ConversationFacts Conversation(SurveysDb db, Guid id) =>
        db.Conversations.Local.FindEntry(id)?.Entity ?? db.Conversations.Add(new ConversationFacts { ConversationId = id }).Entity;

    private static TicketFacts Ticket(SurveysDb db, Guid id) =>
        db.Tickets.Local.FindEntry(id)?.Entity ?? db.Tickets.Add(new TicketFacts { TicketId = id }).Entity;

    private sealed record Entry(Delivery Delivery, IEvent Event)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
