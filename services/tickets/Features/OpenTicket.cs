using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Security;
using Relais.Contracts.Channels;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Features;

/// <summary>
/// Opens the ticket of a conversation that goes to a person, with all that was said and tried. Runs inside the delivery's
/// transaction.
/// </summary>
internal sealed class OpenTicket(TicketsDb db, CallerContext caller, Triage triage, Categories categories, SlaClock sla, TimeProvider clock)
{
    public async Task HandleAsync(ExpertRequested matter, CancellationToken cancellationToken)
    {
        if (await db.Tickets.AnyAsync(ticket => ticket.Id == matter.TicketId, cancellationToken))
            return;
        var now = clock.GetUtcNow();
        var said = matter.Transcript.OrderBy(line => line.Sequence).ToList();
        var texts = said.Where(line => AuthorOf(line) == ThreadAuthor.Customer).Select(line => line.Text).ToList();
        var priority = triage.PriorityOf(matter.Cause, texts.Append(matter.Reason));
        var ticket = new Ticket
        {
            Id = matter.TicketId,
            Number = await db.NextNumberAsync(cancellationToken),
            ConversationId = matter.ConversationId,
            CustomerId = matter.CustomerId,
            CustomerName = matter.CustomerName,
            CustomerEmail = matter.CustomerEmail,
            CustomerTier = matter.CustomerTier,
            Channel = matter.Channel,
            Locale = matter.Locale,
            Subject = Subject.Of(matter.SelfCare.Where(attempt => !attempt.Answered).Select(attempt => attempt.Question), texts, matter.Reason),
            Category = matter.Category,
            RequestReason = matter.Reason,
            RequiredSkills = matter.RequiredSkills.Count > 0 ? matter.RequiredSkills : categories.SkillsOf(caller.Caller.TenantId, matter.Category),
            SelfCare = matter.SelfCare,
            RequestedAt = matter.At,
            OpenedAt = now,
            TraceParent = Activity.Current?.Id,
            Priority = priority,
            DueAt = sla.DueAt(priority, matter.At),
        };
        db.Tickets.Add(ticket);
        foreach (var line in said.DistinctBy(line => line.MessageId))
        {
            var author = AuthorOf(line);
            db.Threads.Add(ticket.Say(
                line.MessageId, author, author == ThreadAuthor.Customer ? matter.CustomerId : null, line.AuthorName, line.Text, line.At));
        }

        db.Note(ticket, AuditAction.Opened, matter.CustomerId, matter.CustomerName, now, matter.Cause);
        db.Publish(ticket.Opened(), now, ticket.TraceParent);
    }

    private static ThreadAuthor AuthorOf(TranscriptLine line) => line.Author switch
    {
        "CUSTOMER" => ThreadAuthor.Customer,
        "ASSISTANT" => ThreadAuthor.Assistant,
        "EXPERT" => ThreadAuthor.Expert,
        _ => ThreadAuthor.System,
    };
}
