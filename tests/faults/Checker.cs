using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>What a run showed; every violation with the history of the item concerned.</summary>
internal sealed class FaultReport(KillPlan plan)
{
    public List<string> Violations { get; } = [];

    public int Acknowledged { get; set; }

    public int Resolved { get; set; }

    /// <summary>The figures against the events in the outboxes of the stopped platform.</summary>
    public void CheckDatabases(string folder, JsonObject figures)
    {
        foreach (var service in Settled.Publishers)
        {
            Require(Settled.Waiting(folder, service) == 0, $"{service} has events on their way");
            Require(Settled.Scalar(folder, service, "SELECT COUNT(*) FROM outbox WHERE DeadAt IS NOT NULL") == 0, $"{service} gave events up");
        }

        var counts = figures["counts"]!;
        Same("conversations", Settled.Events(folder, "channels", "relais.channels.conversation-started.v1"));
        Same("transferred", Settled.Events(folder, "channels", "relais.channels.expert-requested.v1"));
        Same("selfCareAnswers", Settled.Events(folder, "channels", "relais.channels.assistant-replied.v1", "json_extract(Payload, '$.answered') = 1"));
        Same("selfCareRefusals", Settled.Events(folder, "channels", "relais.channels.assistant-replied.v1", "json_extract(Payload, '$.answered') = 0"));
        Same("ticketsOpened", Settled.Events(folder, "tickets", "relais.tickets.ticket-opened.v1"));
        Same("ticketsResolved", Settled.Events(folder, "tickets", "relais.tickets.ticket-resolved.v1"));
        Same("surveysSent", Settled.Events(folder, "surveys", "relais.surveys.survey-sent.v1"));
        Same("surveysAnswered", Settled.Events(folder, "surveys", "relais.surveys.survey-answered.v1"));

        void Same(string count, long events) =>
            Require((long)counts[count]! == events, string.Create(CultureInfo.InvariantCulture, $"figures say {counts[count]} {count}, the events say {events}"));
    }

    public void Require(bool condition, string violation, JsonNode? history = null)
    {
        if (!condition)
            Violations.Add(history is null ? violation : $"{violation}\n{history.ToJsonString()}");
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"{plan.Kills} kills, seed {plan.Seed}: {Acknowledged} acknowledged messages, {Resolved} resolved tickets, {Violations.Count} violations");
        foreach (var violation in Violations.Take(10))
            text.Append('\n').Append(violation);
        return text.ToString();
    }
}

/// <summary>Reads everything back through the public face.</summary>
internal static class Checker
{
    public static async Task<FaultReport> CheckAsync(
        PlatformProcess platform, PublicApi anonymous, Journal journal, JsonObject figures, KillPlan plan, CancellationToken cancellationToken)
    {
        var report = new FaultReport(plan);
        var administrator = await platform.SignInAsync(anonymous, "administrator", cancellationToken);
        foreach (var record in journal.Conversations)
        {
            var messages = await MessagesAsync(record, cancellationToken);
            CheckMessages(report, record, messages);
            if (record.TicketId is { } ticketId)
                await CheckTicketAsync(report, administrator, record, ticketId, messages, cancellationToken);
        }

        report.Require((int)figures["counts"]!["conversations"]! == journal.Conversations.Count,
            $"{journal.Conversations.Count} conversations were opened, the figures count {figures["counts"]!["conversations"]}");
        return report;
    }

    private static void CheckMessages(FaultReport report, ConversationRecord record, JsonArray messages)
    {
        report.Require(messages.Select(message => (int)message!["sequence"]!).SequenceEqual(Enumerable.Range(1, messages.Count)),
            $"conversation {record.Id} has gaps in its sequence", messages);
        report.Acknowledged += record.Said.Count;
        foreach (var (sequence, text) in record.Said)
        {
            report.Require(messages.Count(message => (string)message!["text"]! == text) == 1,
                $"conversation {record.Id}: an acknowledged message is not there once: {text}", messages);
            report.Require(sequence <= messages.Count && (string)messages[sequence - 1]!["text"]! == text,
                $"conversation {record.Id}: message {sequence} is not the acknowledged one", messages);
        }

        var answers = messages.Count(message => (string)message!["author"]! == "ASSISTANT");
        report.Require(answers == 2, $"conversation {record.Id}: {answers} answers of the assistant to two questions", messages);
        var replies = messages.Count(message => (string)message!["author"]! == "EXPERT");
        report.Require(replies == 1, $"conversation {record.Id}: one reply of the expert reached the customer {replies} times", messages);
    }

    private static async Task CheckTicketAsync(
        FaultReport report, PublicApi administrator, ConversationRecord record, string ticketId, JsonArray messages, CancellationToken cancellationToken)
    {
        var ticket = await administrator.GetAsync($"/v1/tickets/{ticketId}", cancellationToken);
        report.Require((string?)ticket["assignedExpertId"] is { Length: > 0 }, $"ticket {ticketId} has no expert", ticket);
        report.Require((string?)ticket["state"] == "RESOLVED", $"ticket {ticketId} is {ticket["state"]}", ticket);
        report.Resolved++;
        var surveys = (await administrator.GetAsync($"/v1/surveys?filter=ticket:{ticketId}", cancellationToken))["surveys"]!.AsArray();
        report.Require(surveys.Count == 1, $"ticket {ticketId} has {surveys.Count} surveys", surveys);
        report.Require(messages.Count(message => message!["survey"] is not null) == 1, $"conversation {record.Id} has not one survey", messages);
        var decisions = (await administrator.GetAsync($"/v1/tickets/{ticketId}/decisions", cancellationToken))["decisions"]!.AsArray();
        report.Require(decisions.Any(decision => (string?)decision!["chosen"] == (string?)ticket["assignedExpertId"]),
            $"ticket {ticketId} went to somebody whom no decision chose", decisions);
    }

    private static async Task<JsonArray> MessagesAsync(ConversationRecord record, CancellationToken cancellationToken)
    {
        var all = new JsonArray();
        while (true)
        {
            var page = (await record.Api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/conversations/{record.Id}/messages?afterSequence={all.Count}&pageSize=200"), cancellationToken))["messages"]!.AsArray();
            foreach (var message in page)
                all.Add(message!.DeepClone());
            if (page.Count == 0)
                return all;
        }
    }
}
