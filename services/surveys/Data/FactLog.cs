using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
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
/// Brings events into the facts, each once. Deliveries that come while a tenant's commit is under way share the next one:
/// every message of every customer passes here, and a commit for each would cost more than its effect. Whatever keeps a
/// group from being committed, each of its events is then noted alone and fails or succeeds for itself.
/// </summary>
internal sealed partial class FactLog(IServiceScopeFactory scopes, BulkWrites<SurveysDb> bulk, TimeProvider clock, ILogger<FactLog> log)
{
    /// <summary>The inbox name of all events that become facts; each reaches them by one consumer only.</summary>
    private const string Consumer = "Facts";

    // Enough to make a commit's cost small for each; few enough that one commit stays under some ten milliseconds.
    private const int Most = 100;

    private readonly ConcurrentDictionary<string, Gathering<Noted>> tenants = new(StringComparer.Ordinal);

    /// <summary>Completes when the event's effect is durable.</summary>
    public async Task NoteAsync(Delivery delivery, IEvent @event, CancellationToken cancellationToken)
    {
        var noted = new Noted(new InboxEntry { MessageId = delivery.MessageId, Consumer = Consumer, At = clock.GetUtcNow() }, @event);
        var gathering = tenants.GetOrAdd(delivery.TenantId, static _ => new Gathering<Noted>());
        gathering.Add(noted, () => WorkAsync(delivery.TenantId, gathering));
        // Alone, outside the tenant's turn: a database that is away keeps nobody waiting for the others' attempts.
        if (!await noted.Done.WaitAsync(cancellationToken))
            await SaveAsync(delivery.TenantId, [noted]);
    }

    private async Task WorkAsync(string tenant, Gathering<Noted> gathering)
    {
        while (gathering.Take(Most) is { Count: > 0 } group)
            await CommitAsync(tenant, group);
    }

    // What is saved for several is saved, however impatient one of them is: no cancellation.
    private async Task CommitAsync(string tenant, IReadOnlyList<Noted> group)
    {
        var committed = false;
        try
        {
            await (bulk.IsSupported ? WriteAsync(tenant, group) : SaveAsync(tenant, group));
            committed = true;
        }
        catch (Exception failure)
        {
            LogUndone(tenant, group.Count, failure);
        }

        foreach (var noted in group)
            noted.Finish(committed);
    }

    /// <summary>By statements of whole tables.</summary>
    private async Task WriteAsync(string tenant, IReadOnlyList<Noted> group)
    {
        await using var transaction = await bulk.BeginAsync(tenant, CancellationToken.None);
        // Locked first: whoever noted any of this before has committed it when the inbox is asked.
        var facts = await FactsAsync(transaction.Db, group, CancellationToken.None);
        var known = transaction.AskDealtWith(group.Select(noted => noted.Entry));
        await transaction.AskAsync();
        var fresh = Fresh(group, known.Where(entry => entry.Consumer == Consumer).Select(entry => entry.MessageId));
        if (fresh.Count == 0)
            return;
        foreach (var noted in fresh)
            facts.Apply(noted.Event);
        transaction.Insert(fresh.ConvertAll(noted => noted.Entry));
        transaction.Insert(facts.NewConversations);
        transaction.Update(facts.KnownConversations, ConversationFacts.Changing);
        transaction.Insert(facts.NewTickets);
        transaction.Update(facts.KnownTickets, TicketFacts.Changing);
        await transaction.SaveAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Row by row.</summary>
    private async Task SaveAsync(string tenant, IReadOnlyList<Noted> group)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(tenant, Consumer);
        var db = scope.ServiceProvider.GetRequiredService<SurveysDb>();
        await scope.ServiceProvider.GetRequiredService<UnitOfWork<SurveysDb>>().WriteAsync<bool>(async ct =>
        {
            var ids = group.Select(noted => noted.Entry.MessageId).Distinct().ToList();
            var known = await db.Inbox.Where(row => row.Consumer == Consumer && ids.Contains(row.MessageId)).Select(row => row.MessageId).ToListAsync(ct);
            var fresh = Fresh(group, known);
            if (fresh.Count == 0)
                return true;
            var facts = await FactsAsync(db, fresh, ct);
            foreach (var noted in fresh)
            {
                facts.Apply(noted.Event);
                db.Inbox.Add(noted.Entry);
            }

            db.AddRange(facts.NewConversations);
            db.AddRange(facts.NewTickets);
            return true;
        }, CancellationToken.None);
    }

    private static List<Noted> Fresh(IReadOnlyList<Noted> group, IEnumerable<Guid> known)
    {
        var dealtWith = known.ToHashSet();
        return [.. group.Where(noted => dealtWith.Add(noted.Entry.MessageId))];
    }

    private static async Task<TouchedFacts> FactsAsync(SurveysDb db, IReadOnlyList<Noted> group, CancellationToken cancellationToken)
    {
        var keys = group.Select(noted => KeyOf(noted.Event)).ToList();
        return new TouchedFacts(
            await db.LockConversationsAsync([.. keys.Select(key => key.Conversation).OfType<Guid>().Distinct()], cancellationToken),
            await db.LockTicketsAsync([.. keys.Select(key => key.Ticket).OfType<Guid>().Distinct()], cancellationToken));
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

    /// <summary>The rows that a group touches.</summary>
    private sealed class TouchedFacts(List<ConversationFacts> conversations, List<TicketFacts> tickets)
    {
        private readonly Dictionary<Guid, ConversationFacts> conversationOf = conversations.ToDictionary(row => row.ConversationId);
        private readonly Dictionary<Guid, TicketFacts> ticketOf = tickets.ToDictionary(row => row.TicketId);

        public List<ConversationFacts> NewConversations { get; } = [];

        public List<TicketFacts> NewTickets { get; } = [];

        public IReadOnlyCollection<ConversationFacts> KnownConversations => conversations;

        public IReadOnlyCollection<TicketFacts> KnownTickets => tickets;

        public void Apply(IEvent @event)
        {
            switch (@event)
            {
                case ConversationStarted e: Conversation(e.ConversationId).Apply(e); break;
                case CustomerMessageReceived e: Conversation(e.ConversationId).Apply(e); break;
                case AssistantReplied e: Conversation(e.ConversationId).Apply(e); break;
                case ConversationSolved e: Conversation(e.ConversationId).Apply(e); break;
                case ExpertRequested e: Conversation(e.ConversationId).Apply(e); break;
                case TicketOpened e: Ticket(e.TicketId).Apply(e); break;
                case TicketReplied e: Ticket(e.TicketId).Apply(e); break;
                case TicketResolved e: Ticket(e.TicketId).Apply(e); break;
                case TicketReopened e: Ticket(e.TicketId).Apply(e); break;
                case OfferAccepted e: Ticket(e.TicketId).Apply(e); break;
            }
        }

        private ConversationFacts Conversation(Guid id)
        {
            if (!conversationOf.TryGetValue(id, out var row))
                NewConversations.Add(conversationOf[id] = row = new ConversationFacts { ConversationId = id });
            return row;
        }

        private TicketFacts Ticket(Guid id)
        {
            if (!ticketOf.TryGetValue(id, out var row))
                NewTickets.Add(ticketOf[id] = row = new TicketFacts { TicketId = id });
            return row;
        }
    }

    private sealed class Noted(InboxEntry entry, IEvent @event) : GroupMember
    {
        public InboxEntry Entry { get; } = entry;

        public IEvent Event { get; } = @event;
    }

    [LoggerMessage(EventId = 1601, EventName = "facts_group_undone", Level = LogLevel.Warning,
        Message = "{Count} events of tenant {Tenant} could not be noted together; each is noted alone")]
    private partial void LogUndone(string tenant, int count, Exception failure);
}
