using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Contracts;

namespace Relais.Channels.Talking;

/// <summary>
/// Group commit of what is said: what comes while a tenant's transaction is under way waits, and is committed together when
/// it has ended. Whatever keeps something from being said in a group, it is then said alone and fails or succeeds for itself:
/// where its conversation is locked by another writer, so that nobody else waits for that; where it is refused; where its
/// request was answered before.
/// </summary>
internal sealed partial class TalkGroups(BulkWrites<ChannelsDb> bulk, ChannelCatalogue channels, ILogger<TalkGroups> log)
{
    // What the last in the queue waits for the first.
    private const int Most = 128;

    private readonly ConcurrentDictionary<string, Gathering<Saying>> tenants = new(StringComparer.Ordinal);

    /// <returns>Whether it is committed; false when it has to be said alone, as always where nothing is gained by groups.</returns>
    public async Task<bool> RunAsync(string tenant, Saying saying, CancellationToken cancellationToken)
    {
        if (!bulk.IsSupported)
            return false;
        var gathering = tenants.GetOrAdd(tenant, static _ => new Gathering<Saying>());
        gathering.Add(saying, () => WorkAsync(tenant, gathering));
        // Whoever gives up waiting does not know what came of it, as with any commit.
        return await saying.Done.WaitAsync(cancellationToken);
    }

    private async Task WorkAsync(string tenant, Gathering<Saying> gathering)
    {
        while (gathering.Take(Most) is { Count: > 0 } sayings)
            await SayAsync(tenant, sayings);
    }

    private async Task SayAsync(string tenant, IReadOnlyList<Saying> sayings)
    {
        var said = new HashSet<Saying>(sayings.Count);
        Exception? undone = null;
        var told = new List<Action>();
        try
        {
            await using var transaction = await bulk.BeginAsync(tenant, CancellationToken.None);
            // Locked first: whoever said any of this before has committed it when the questions are asked.
            var conversations = await transaction.Db.LockFreeAsync([.. sayings.Select(saying => saying.ConversationId).Distinct()]);
            var before = Ask(transaction, sayings);
            await transaction.AskAsync();
            var group = new Group(transaction, channels, told);
            foreach (var saying in sayings)
            {
                if (group.Say(saying, conversations, before))
                    said.Add(saying);
            }

            if (said.Count > 0)
            {
                group.Write();
                await transaction.SaveAsync();
                await transaction.CommitAsync();
            }
        }
        catch (Exception failure)
        {
            // Whichever it was for: alone, each finds out for itself.
            LogUndone(tenant, sayings.Count, failure);
            undone = failure;
            said.Clear();
        }

        if (undone is null)
            told.ForEach(tell => tell());
        foreach (var saying in sayings)
        {
            if (undone is CommitUnconfirmedException && !saying.CanFindOut)
                saying.Fail(undone);
            else
                saying.Finish(committed: said.Contains(saying));
        }
    }

    // What was dealt with before, whoever did it; filled when it is answered.
    private static Before Ask(BulkTransaction<ChannelsDb> transaction, IReadOnlyList<Saying> sayings)
    {
        var before = new Before([], transaction.AskDealtWith(sayings.Select(saying => saying.Delivery)));
        if (sayings.Select(saying => saying.Request).OfType<(string Subject, string Id)>().ToList() is { Count: > 0 } asked)
        {
            transaction.Ask(
                """
                SELECT given.subject, given.id FROM unnest($2, $3) AS given(subject, id)
                CROSS JOIN LATERAL (SELECT FROM answered_requests WHERE "TenantId" = $1 AND "Subject" = given.subject AND "RequestId" = given.id LIMIT 1) AS known
                """,
                row => before.Requests.Add((row.GetString(0), row.GetString(1))),
                transaction.Db.TenantId!, asked.Select(request => request.Subject).ToArray(), asked.Select(request => request.Id).ToArray());
        }

        return before;
    }

    /// <summary>Requests that were answered, and deliveries that consumers have dealt with.</summary>
    private sealed record Before(HashSet<(string Subject, string Id)> Requests, HashSet<(Guid MessageId, string Consumer)> Deliveries);

    /// <summary>What a group has to write.</summary>
    private sealed class Group(BulkTransaction<ChannelsDb> transaction, ChannelCatalogue channels, List<Action> told) : TalkTurn(channels)
    {
        private readonly HashSet<Conversation> changed = [];
        private readonly List<Message> messages = [];
        private readonly List<AnsweredRequest> answered = [];
        private readonly List<InboxEntry> dealtWith = [];
        private Activity? cause;

        /// <returns>Whether it is said, now or before.</returns>
        public bool Say(Saying saying, Dictionary<Guid, Conversation> conversations, Before before)
        {
            if (saying.Delivery is { } delivery && before.Deliveries.Contains((delivery.MessageId, delivery.Consumer)))
                return true;
            cause = saying.Cause;
            if (!conversations.TryGetValue(saying.ConversationId, out var conversation)
                || saying.Request is { } request && before.Requests.Contains(request)
                || !saying.Say(conversation, this))
            {
                return false;
            }

            changed.Add(conversation);
            if (saying.Request is { } done)
                before.Requests.Add(done);
            if (saying.Answer?.Invoke() is { } answer)
                answered.Add(answer);
            if (saying.Delivery is { } entry)
            {
                before.Deliveries.Add((entry.MessageId, entry.Consumer));
                dealtWith.Add(entry);
            }

            return true;
        }

        /// <summary>Asks for every statement.</summary>
        public void Write()
        {
            transaction.Insert(dealtWith);
            transaction.Insert(answered);
            transaction.Insert(messages);
            transaction.Update(changed, Conversation.Talking);
        }

        public override void AfterCommit(Action action) => told.Add(action);

        protected override Activity? Cause => cause;

        protected override void Keep(Message message) => messages.Add(message);

        protected override void Publish<TEvent>(TEvent @event, DateTimeOffset at, string? matter) => transaction.Publish(@event, at, cause, matter);
    }

    [LoggerMessage(EventId = 1401, EventName = "talk_group_undone", Level = LogLevel.Warning,
        Message = "{Count} things said to tenant {Tenant} could not be committed together; each is said alone")]
    private partial void LogUndone(string tenant, int count, Exception failure);
}
