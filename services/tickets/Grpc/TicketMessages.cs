using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Relais.Common.Data;
using Relais.Contracts.Types.V1;
using Relais.Tickets.Domain;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Grpc;

/// <summary>Tickets as the contract has them.</summary>
internal static class TicketMessages
{
    /// <summary>As lists show it: without thread and self-care.</summary>
    public static Proto.Ticket ToSummary(this Ticket ticket)
    {
        var message = new Proto.Ticket
        {
            Id = ticket.Id.ToString(),
            Number = ticket.DisplayNumber,
            State = ticket.State switch
            {
                TicketState.Open => Proto.Ticket.Types.State.Open,
                TicketState.Assigned => Proto.Ticket.Types.State.Assigned,
                TicketState.Resolved => Proto.Ticket.Types.State.Resolved,
                _ => throw new UnreachableException(),
            },
            Priority = ticket.Priority switch
            {
                TicketPriority.Low => Proto.Ticket.Types.Priority.Low,
                TicketPriority.Normal => Proto.Ticket.Types.Priority.Normal,
                TicketPriority.High => Proto.Ticket.Types.Priority.High,
                TicketPriority.Urgent => Proto.Ticket.Types.Priority.Urgent,
                _ => throw new UnreachableException(),
            },
            Subject = ticket.Subject,
            Category = ticket.Category,
            Channel = ticket.Channel,
            Locale = ticket.Locale,
            ConversationId = ticket.ConversationId.ToString(),
            Customer = new Proto.Ticket.Types.Customer
            {
                Id = ticket.CustomerId.ToString(),
                DisplayName = ticket.CustomerName,
                Email = ticket.CustomerEmail,
                Tier = ticket.CustomerTier switch
                {
                    "GOLD" => CustomerTier.Gold,
                    "VIP" => CustomerTier.Vip,
                    _ => CustomerTier.Standard,
                },
            },
            AssignedExpertId = ticket.ExpertId?.ToString() ?? "",
            AssignedExpertName = ticket.ExpertName,
            RequestReason = ticket.RequestReason,
            OpenedAt = ticket.OpenedAt.ToTimestamp(),
            DueAt = ticket.DueAt.ToTimestamp(),
            FirstRepliedAt = ticket.FirstRepliedAt?.ToTimestamp(),
            ResolvedAt = ticket.ResolvedAt?.ToTimestamp(),
            ResolutionSummary = ticket.ResolutionSummary,
            ReopenCount = ticket.ReopenCount,
            Etag = Etags.Of(ticket),
        };
        message.RequiredSkills.AddRange(ticket.RequiredSkills.Select(skill =>
            new SkillRequirement { Skill = skill.Skill, MinimumLevel = skill.MinimumLevel }));
        return message;
    }

    public static Proto.Ticket ToMessage(this Ticket ticket, IEnumerable<ThreadEntry> thread)
    {
        var message = ticket.ToSummary();
        message.Thread.AddRange(thread.Select(ToMessage));
        foreach (var attempt in ticket.SelfCare)
        {
            var shown = new SelfCareAttempt { Question = attempt.Question, Answered = attempt.Answered, Confidence = attempt.Confidence };
            shown.Citations.AddRange(attempt.Citations.Select(cited => new Citation
            {
                ArticleId = cited.ArticleId.ToString(),
                Version = cited.Version,
                Title = cited.Title,
                Confidence = cited.Confidence,
            }));
            message.SelfCare.Add(shown);
        }

        return message;
    }

    public static Proto.ThreadEntry ToMessage(this ThreadEntry entry) => new()
    {
        Id = entry.Id.ToString(),
        Position = entry.Position,
        Author = entry.Author switch
        {
            ThreadAuthor.Customer => Proto.ThreadEntry.Types.Author.Customer,
            ThreadAuthor.Assistant => Proto.ThreadEntry.Types.Author.Assistant,
            ThreadAuthor.Expert => Proto.ThreadEntry.Types.Author.Expert,
            ThreadAuthor.System => Proto.ThreadEntry.Types.Author.System,
            _ => throw new UnreachableException(),
        },
        AuthorId = entry.AuthorId?.ToString() ?? "",
        AuthorName = entry.AuthorName,
        Text = entry.Text,
        CreatedAt = entry.At.ToTimestamp(),
    };

    public static Proto.CannedReply ToMessage(this CannedReply reply) =>
        new() { Id = reply.Id, Category = reply.Category, Locale = reply.Locale, Text = reply.Text };
}
