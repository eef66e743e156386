using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>
/// Reads everything back, through the public face and past it from the databases, and holds it against what clients were
/// told: every acknowledged message once and in sequence, every event effective once, one live expert for each ticket and
/// none over capacity, every offer settled once and as its expert said, what was given by hand with whom it was given to, one
/// resolution and one survey each time that a matter came up, figures equal to a recount.
/// </summary>
internal sealed class Checker(Databases databases, PublicApi administrator, FaultReport report)
{
    private static readonly TimeSpan FiguresPatience = TimeSpan.FromSeconds(10);

    /// <param name="journal">Of the load that has just ended; the recounts are of all there ever was.</param>
    public async Task CheckAsync(Journal journal, CancellationToken cancellationToken)
    {
        foreach (var record in journal.Conversations)
        {
            var found = new List<string>();
            var messages = await MessagesAsync(record, cancellationToken);
            found.AddRange(CheckMessages(record, messages));
            if (record.TicketId is { } ticketId)
                found.AddRange(await CheckTicketAsync(record, ticketId, messages, cancellationToken));
            found.AddRange(await CheckEndingsAsync(record, cancellationToken));
            report.Conversations++;
            report.Acknowledged += record.Said.Count;
            report.Declined += record.Declines.Count(decline => decline.IsAcknowledged);
            report.Reassigned += record.Reassignments.Count;
            await ReportAsync(found, record.Id, record.TicketId, cancellationToken);
        }

        await CheckEffectsAsync(journal, cancellationToken);
        await CheckHoldingsAsync(journal, cancellationToken);
        await CheckNamesAsync(journal, cancellationToken);
        await CheckFiguresAsync(cancellationToken);
    }

    private static IEnumerable<string> CheckMessages(ConversationRecord record, JsonArray messages)
    {
        if (!messages.Select(message => (int)message!["sequence"]!).SequenceEqual(Enumerable.Range(1, messages.Count)))
            yield return "there are gaps in the sequence";
        foreach (var (sequence, text) in record.Said)
        {
            if (messages.Count(message => (string)message!["text"]! == text) is not 1 and var times)
                yield return $"an acknowledged message is there {times} times: {text}";
            if (sequence > messages.Count || (string)messages[sequence - 1]!["text"]! != text)
                yield return $"message {sequence} is not the acknowledged one: {text}";
        }

        foreach (var (author, right) in new[] { ("CUSTOMER", record.Said.Count), ("ASSISTANT", record.Asked), ("EXPERT", record.Rounds) })
        {
            if (record.Stage == ConversationRecord.Served && messages.Count(message => (string)message!["author"]! == author) is var there && there != right)
                yield return $"there are {there} messages by {author} instead of {right}";
        }

        // Handed over, opened, assigned, resolved, the survey: each said once for each time that the matter came up.
        foreach (var repeated in messages.Where(message => (string)message!["author"]! == "SYSTEM").GroupBy(message => (string)message!["text"]!).Where(group => group.Count() > record.Rounds))
            yield return $"the customer was told {repeated.Count()} times: {repeated.Key}";
    }

    private async Task<List<string>> CheckTicketAsync(ConversationRecord record, string ticketId, JsonArray messages, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        JsonObject ticket;
        try
        {
            ticket = await administrator.GetAsync($"/v1/tickets/{ticketId}", cancellationToken);
        }
        catch (ProblemException problem)
        {
            return [$"ticket {ticketId} cannot be read: {problem.Message}"];
        }

        Require((string?)ticket["state"] == "RESOLVED", $"ticket {ticketId} is {ticket["state"]}");
        Require((string?)ticket["assignedExpertId"] is { Length: > 0 }, $"ticket {ticketId} has no expert");
        report.Resolved++;
        var thread = ticket["thread"]!.AsArray().Select(entry => (Author: (string)entry!["author"]!, Text: (string)entry["text"]!)).ToList();
        foreach (var (_, text) in record.Said)
            Require(thread.Count(entry => entry.Text == text) == 1, $"ticket {ticketId} has not once in its thread: {text}");
        Require(
            thread.Where(entry => entry.Author == "CUSTOMER").Select(entry => entry.Text).SequenceEqual(record.Said.OrderBy(said => said.Sequence).Select(said => said.Text)),
            $"ticket {ticketId} has what the customer said in another order");
        Require(thread.Count(entry => entry.Author == "EXPERT") == record.Rounds, $"ticket {ticketId} has {thread.Count(entry => entry.Author == "EXPERT")} replies in its thread");
        var surveys = (await administrator.GetAsync($"/v1/surveys?filter=ticket:{ticketId}", cancellationToken))["surveys"]!.AsArray();
        Require(surveys.Count == record.Rounds, $"ticket {ticketId} has {surveys.Count} surveys, and was resolved {record.Rounds} times");
        Require(messages.Count(message => message!["survey"] is not null) == record.Rounds, "a survey did not arrive once");
        var decisions = (await administrator.GetAsync($"/v1/tickets/{ticketId}/decisions", cancellationToken))["decisions"]!.AsArray();
        Require(decisions.Any(decision => (string?)decision!["chosen"] == (string?)ticket["assignedExpertId"]), $"ticket {ticketId} went to somebody whom no decision chose");
        return found;

        void Require(bool condition, string violation)
        {
            if (!condition)
                found.Add(violation);
        }
    }

    /// <summary>Each time that it came up it was settled once, by whom it was to be; the assistant's alone ended with the customer's word.</summary>
    private async Task<List<string>> CheckEndingsAsync(ConversationRecord record, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if (record.Stage != ConversationRecord.Served)
            return found;
        var confirmed = await PayloadsAsync("channels", "relais.channels.conversation-solved.v1", record.Id, cancellationToken);
        report.Confirmed += confirmed.Count;
        // Of what both say at once, the customer's word may be news or not.
        var (least, most) = record.TicketId is null
            ? (1, 1)
            : (record.Courses.Count(course => course.Ending == Ending.ByCustomer), record.Courses.Count(course => course.Ending != Ending.ByExpert));
        if (confirmed.Count < least || confirmed.Count > most || confirmed.Any(solved => (string?)solved["ticketId"] != record.TicketId))
            found.Add($"of {least} to {most} confirmations of ticket {record.TicketId ?? "none"} these were published: {string.Join(", ", confirmed.Select(solved => solved.ToJsonString()))}");
        if (record.TicketId is not { } ticketId)
        {
            var state = (string?)(await Persistent.GetAsync(record.Api, $"/v1/conversations/{record.Id}", cancellationToken))["state"];
            if (state != "CLOSED")
                found.Add($"the conversation that the assistant solved is {state}");
            return found;
        }

        var resolved = (await PayloadsAsync("tickets", "relais.tickets.ticket-resolved.v1", ticketId, cancellationToken)).OrderBy(entry => (int)entry["resolution"]!).ToList();
        if (!resolved.Select(entry => (int)entry["resolution"]!).SequenceEqual(Enumerable.Range(1, record.Rounds)))
            found.Add($"ticket {ticketId} came up {record.Rounds} times, and its resolutions are: {string.Join(", ", resolved.Select(entry => entry["resolution"]))}");
        foreach (var (course, resolution) in record.Courses.Zip(resolved))
        {
            if (course.Ending != Ending.ByBoth && (course.Ending == Ending.ByCustomer) != (bool)resolution["byCustomer"]!)
                found.Add($"resolution {resolution["resolution"]} of ticket {ticketId} was to be {course.Ending}");
        }

        return found;
    }

    private async Task CheckEffectsAsync(Journal journal, CancellationToken cancellationToken)
    {
        var (expected, missing) = await Settled.EffectsAsync(databases, cancellationToken);
        report.Events = expected;
        foreach (var (text, key) in missing)
            await ReportAsync([text], journal, key, cancellationToken);
        foreach (var service in Databases.Services)
        {
            foreach (var dead in await databases.QueryAsync(service, "SELECT * FROM outbox WHERE \"DeadAt\" IS NOT NULL", cancellationToken))
                report.Add($"{service} gave an event up", dead);
        }

        // The effect itself, beside the note of it.
        await SameAsync("tickets", "tickets", "SELECT COUNT(*) FROM tickets", "channels", "relais.channels.expert-requested.v1");
        await SameAsync("work items", "routing", "SELECT COUNT(*) FROM work_items", "tickets", "relais.tickets.ticket-opened.v1");
        await SameAsync("declined offers", "routing", "SELECT COUNT(*) FROM offers WHERE \"State\" = 3", "routing", "relais.routing.offer-declined.v1");
        await SameAsync("accepted offers", "routing", "SELECT COUNT(*) FROM offers WHERE \"State\" = 2", "routing", "relais.routing.offer-accepted.v1");
        await SameAsync("surveys", "surveys", "SELECT COUNT(*) FROM surveys", "tickets", "relais.tickets.ticket-resolved.v1");
        await SameAsync("answered surveys", "surveys", "SELECT COUNT(*) FROM surveys WHERE \"AnsweredAt\" IS NOT NULL", "surveys", "relais.surveys.survey-answered.v1");
        await SameAsync("conversations in the facts", "surveys", "SELECT COUNT(*) FROM conversation_facts", "channels", "relais.channels.conversation-started.v1");
        await SameAsync("resolutions in the facts", "surveys", "SELECT COALESCE(SUM(\"Resolutions\"), 0) FROM ticket_facts", "tickets", "relais.tickets.ticket-resolved.v1");
        await SameAsync("messages by experts", "channels", "SELECT COUNT(*) FROM messages WHERE \"Author\" = 'Expert'", "tickets", "relais.tickets.ticket-replied.v1");
        await SameAsync("messages by customers", "channels", "SELECT COUNT(*) FROM messages WHERE \"Author\" = 'Customer'", "channels", "relais.channels.customer-message-received.v1");

        async Task SameAsync(string what, string service, string sql, string publisher, string @event)
        {
            var rows = await databases.CountAsync(service, sql, cancellationToken);
            var events = await EventsAsync(publisher, @event, cancellationToken);
            report.Require(rows == events, string.Create(CultureInfo.InvariantCulture, $"{service} has {rows} {what}, and {events} of {@event} were published"));
        }
    }

    private async Task CheckHoldingsAsync(Journal journal, CancellationToken cancellationToken)
    {
        var offers = await Offers.CheckAsync(databases, journal.Conversations, cancellationToken);
        foreach (var (text, ticketId) in offers.Concat(await Holdings.CheckAsync(databases, cancellationToken)))
            await ReportAsync([text], journal, ticketId, cancellationToken);
        foreach (var busy in await databases.QueryAsync("routing", "SELECT * FROM experts WHERE \"LoadParts\" <> 0", cancellationToken))
            report.Add("an expert is held by work that is over", busy);
        foreach (var live in await databases.QueryAsync("routing", "SELECT * FROM offers WHERE \"LiveItemId\" IS NOT NULL", cancellationToken))
            report.Add("an offer is alive though its ticket is resolved", live);
    }

    private async Task CheckNamesAsync(Journal journal, CancellationToken cancellationToken)
    {
        var names = (await databases.QueryAsync("identity", "SELECT \"Id\", \"DisplayName\" FROM staff", cancellationToken))
            .ToDictionary(row => (string)row["Id"]!, row => (string)row["DisplayName"]!, StringComparer.Ordinal);
        foreach (var (id, name) in journal.Names.Where(given => names[given.Key] != given.Value))
            report.Add($"member of staff {id} was named {name} last, and identity has {names[id]}");
        foreach (var expert in (await databases.QueryAsync("routing", "SELECT * FROM experts", cancellationToken)).Where(row => names[(string)row["Id"]!] != (string)row["DisplayName"]!))
            report.Add($"routing has another name than identity: {names[(string)expert["Id"]!]}", expert);
    }

    private async Task CheckFiguresAsync(CancellationToken cancellationToken)
    {
        var replies = (await databases.QueryAsync("channels", "SELECT \"Payload\" FROM outbox WHERE \"Name\" = 'relais.channels.assistant-replied.v1'", cancellationToken))
            .Select(row => (bool)JsonNode.Parse((string)row["Payload"]!)!["answered"]!).ToList();
        var right = new Dictionary<string, long>
        {
            ["conversations"] = await EventsAsync("channels", "relais.channels.conversation-started.v1", cancellationToken),
            ["solvedBySelfCare"] = (await PayloadsAsync("channels", "relais.channels.conversation-solved.v1", key: null, cancellationToken)).Count(solved => solved["ticketId"] is null),
            ["transferred"] = await EventsAsync("channels", "relais.channels.expert-requested.v1", cancellationToken),
            ["selfCareAnswers"] = replies.Count(answered => answered),
            ["selfCareRefusals"] = replies.Count(answered => !answered),
            ["ticketsOpened"] = await EventsAsync("tickets", "relais.tickets.ticket-opened.v1", cancellationToken),
            // Once or more.
            ["ticketsResolved"] = await databases.CountAsync(
                "tickets", "SELECT COUNT(DISTINCT \"Key\") FROM outbox WHERE \"Name\" = 'relais.tickets.ticket-resolved.v1'", cancellationToken),
            ["surveysSent"] = await EventsAsync("surveys", "relais.surveys.survey-sent.v1", cancellationToken),
            ["surveysAnswered"] = await EventsAsync("surveys", "relais.surveys.survey-answered.v1", cancellationToken),
        };
        // The figures may be some seconds old.
        using var patience = new CancellationTokenSource(FiguresPatience);
        while (true)
        {
            var counts = (await administrator.GetAsync("/v1/figures", cancellationToken))["counts"]!;
            var wrong = right.Where(entry => (long)counts[entry.Key]! != entry.Value).ToList();
            if (wrong.Count == 0)
                return;
            if (patience.IsCancellationRequested)
            {
                foreach (var (name, events) in wrong)
                    report.Add(string.Create(CultureInfo.InvariantCulture, $"figures say {counts[name]} {name}, the events say {events}"));
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private async Task<List<JsonObject>> PayloadsAsync(string service, string wireName, string? key, CancellationToken cancellationToken) =>
    [
        .. (await databases.QueryAsync(service, $"SELECT \"Payload\" FROM outbox WHERE \"Name\" = '{wireName}'{(key is null ? "" : $" AND \"Key\" = '{key}'")}", cancellationToken))
            .Select(row => JsonNode.Parse((string)row["Payload"]!)!.AsObject()),
    ];

    /// <summary>How often an event was published, as its publisher's outbox tells.</summary>
    private Task<long> EventsAsync(string service, string wireName, CancellationToken cancellationToken) =>
        databases.CountAsync(service, $"SELECT COUNT(*) FROM outbox WHERE \"Name\" = '{wireName}'", cancellationToken);

    // The key of an event is a conversation or a ticket; of those of an earlier load, the key has to do.
    private Task ReportAsync(IReadOnlyList<string> found, Journal journal, string key, CancellationToken cancellationToken)
    {
        var record = journal.Conversations.FirstOrDefault(entry => entry.Id == key || entry.TicketId == key);
        return ReportAsync(found, record?.Id ?? key, record?.TicketId ?? key, cancellationToken);
    }

    private async Task ReportAsync(IReadOnlyList<string> found, string conversationId, string? ticketId, CancellationToken cancellationToken)
    {
        if (found.Count > 0)
            report.Add($"conversation {conversationId}: {string.Join("; ", found)}", await History.OfAsync(databases, conversationId, ticketId, cancellationToken));
    }

    private static async Task<JsonArray> MessagesAsync(ConversationRecord record, CancellationToken cancellationToken)
    {
        var all = new JsonArray();
        while (true)
        {
            var page = (await Persistent.GetAsync(record.Api, string.Create(
                CultureInfo.InvariantCulture, $"/v1/conversations/{record.Id}/messages?afterSequence={all.Count}&pageSize=200"), cancellationToken))["messages"]!.AsArray();
            foreach (var message in page)
                all.Add(message!.DeepClone());
            if (page.Count == 0)
                return all;
        }
    }
}
