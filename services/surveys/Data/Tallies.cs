using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Relais.Surveys.Domain;

namespace Relais.Surveys.Data;

/// <summary>Counts the facts of a period.</summary>
internal static class Tallies
{
    /// <summary>What the figures can be grouped by, with where each row's key is. Empty stands for the whole alone.</summary>
    private static readonly Dictionary<string, Expression<Func<Row, string>>> Groupings = new(StringComparer.Ordinal)
    {
        [""] = row => "",
        ["channel"] = row => row.Channel,
        ["locale"] = row => row.Locale,
        ["category"] = row => row.Category,
        ["expert"] = row => row.Expert,
        ["day"] = row => row.Day,
    };

    /// <summary>The names to group by.</summary>
    public static IEnumerable<string> Names => Groupings.Keys.Where(name => name.Length > 0);

    public static bool IsKnown(string groupBy) => Groupings.ContainsKey(groupBy);

    /// <summary>One tally for each key, of the conversations that began from <paramref name="from"/> on and before <paramref name="to"/>.</summary>
    public static async Task<SortedDictionary<string, Tally>> CountAsync(
        this SurveysDb db, DateTimeOffset from, DateTimeOffset to, string groupBy, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = Groupings[groupBy];
        var tallies = new SortedDictionary<string, Tally>(StringComparer.Ordinal);
        Tally Of(string group) => tallies.TryGetValue(group, out var found) ? found : tallies[group] = new Tally();
        var period = db.Conversations.AsNoTracking().Where(row => row.StartedAt >= from && row.StartedAt < to);

        foreach (var count in await Conversations(db, period, now).GroupBy(key).Select(group => new
        {
            group.Key,
            Conversations = group.Count(),
            Answers = group.Sum(row => row.Answers),
            Refusals = group.Sum(row => row.Refusals),
            Solved = group.Count(row => row.Solved),
            Transferred = group.Count(row => row.Transferred),
            Abandoned = group.Count(row => row.Abandoned),
        }).ToListAsync(cancellationToken))
        {
            var tally = Of(count.Key);
            tally.Conversations = count.Conversations;
            tally.Answers = count.Answers;
            tally.Refusals = count.Refusals;
            tally.SolvedBySelfCare = count.Solved;
            tally.Transferred = count.Transferred;
            tally.Abandoned = count.Abandoned;
        }

        var tickets = Tickets(db, period);
        foreach (var count in await tickets.GroupBy(key).Select(group => new
        {
            group.Key,
            Opened = group.Count(row => row.Opened),
            Resolved = group.Count(row => row.Resolutions > 0),
            Reopened = group.Count(row => row.Reopenings > 0),
            AtOnce = group.Count(row => row.Resolutions > 0 && row.Reopenings == 0),
        }).ToListAsync(cancellationToken))
        {
            var tally = Of(count.Key);
            tally.TicketsOpened = count.Opened;
            tally.TicketsResolved = count.Resolved;
            tally.TicketsReopened = count.Reopened;
            tally.ResolvedAtFirstContact = count.AtOnce;
        }

        var keyOf = key.Compile();
        foreach (var row in await tickets.Where(row => row.RequestedAt != null && row.FirstRepliedAt != null).ToListAsync(cancellationToken))
            Of(keyOf(row)).FirstResponseSeconds.Add((row.FirstRepliedAt!.Value - row.RequestedAt!.Value).TotalSeconds);

        foreach (var count in await Surveys(db, period).GroupBy(key).Select(group => new
        {
            group.Key,
            Sent = group.Count(),
            Answered = group.Count(row => row.Score != null),
            CsatAnswers = group.Count(row => row.Kind == Survey.Csat && row.Score != null),
            Satisfied = group.Count(row => row.Kind == Survey.Csat && row.Score >= 4),
            NpsAnswers = group.Count(row => row.Kind == Survey.Nps && row.Score != null),
            Promoters = group.Count(row => row.Kind == Survey.Nps && row.Score >= 9),
            Detractors = group.Count(row => row.Kind == Survey.Nps && row.Score <= 6),
            CesAnswers = group.Count(row => row.Kind == Survey.Ces && row.Score != null),
            Effort = group.Sum(row => row.Kind == Survey.Ces ? row.Score ?? 0 : 0),
        }).ToListAsync(cancellationToken))
        {
            var tally = Of(count.Key);
            tally.SurveysSent = count.Sent;
            tally.SurveysAnswered = count.Answered;
            tally.CsatAnswers = count.CsatAnswers;
            tally.Satisfied = count.Satisfied;
            tally.NpsAnswers = count.NpsAnswers;
            tally.Promoters = count.Promoters;
            tally.Detractors = count.Detractors;
            tally.CesAnswers = count.CesAnswers;
            tally.EffortTotal = count.Effort;
        }

        return tallies;
    }

    private static IQueryable<Row> Conversations(SurveysDb db, IQueryable<ConversationFacts> period, DateTimeOffset now)
    {
        var silentSince = now - Figures.AbandonedAfter;
        return
            from conversation in period
            join ticket in db.Tickets on conversation.TicketId equals ticket.TicketId into its
            from ticket in its.DefaultIfEmpty()
            select new Row
            {
                Channel = conversation.Channel,
                Locale = conversation.Locale,
                Category = conversation.Category,
                Day = conversation.Day,
                Expert = ticket == null ? "" : ticket.Expert,
                Answers = conversation.Answers,
                Refusals = conversation.Refusals,
                // One that was solved and then went to a person after all was not solved.
                Solved = conversation.SolvedAt != null && conversation.TransferredAt == null,
                Transferred = conversation.TransferredAt != null,
                Abandoned = conversation.SolvedAt == null && conversation.TransferredAt == null && conversation.LastSpokenAt <= silentSince,
            };
    }

    private static IQueryable<Row> Tickets(SurveysDb db, IQueryable<ConversationFacts> period) =>
        from conversation in period
        join ticket in db.Tickets on conversation.ConversationId equals ticket.ConversationId
        select new Row
        {
            Channel = conversation.Channel,
            Locale = conversation.Locale,
            Category = conversation.Category,
            Day = conversation.Day,
            Expert = ticket.Expert,
            Opened = ticket.IsOpened,
            Resolutions = ticket.Resolutions,
            Reopenings = ticket.Reopenings,
            RequestedAt = ticket.RequestedAt,
            FirstRepliedAt = ticket.FirstRepliedAt,
        };

    private static IQueryable<Row> Surveys(SurveysDb db, IQueryable<ConversationFacts> period) =>
        from conversation in period
        join survey in db.Surveys on conversation.ConversationId equals survey.ConversationId
        join ticket in db.Tickets on survey.TicketId equals ticket.TicketId into its
        from ticket in its.DefaultIfEmpty()
        select new Row
        {
            Channel = conversation.Channel,
            Locale = conversation.Locale,
            Category = conversation.Category,
            Day = conversation.Day,
            Expert = ticket == null ? "" : ticket.Expert,
            Kind = survey.Kind,
            Score = survey.Score,
        };

    /// <summary>A conversation, ticket or survey with all it can be grouped by; each fills its own columns.</summary>
    private sealed class Row
    {
        public string Channel { get; init; } = "";

        public string Locale { get; init; } = "";

        public string Category { get; init; } = "";

        public string Day { get; init; } = "";

        public string Expert { get; init; } = "";

        public int Answers { get; init; }

        public int Refusals { get; init; }

        public bool Solved { get; init; }

        public bool Transferred { get; init; }

        public bool Abandoned { get; init; }

        public bool Opened { get; init; }

        public int Resolutions { get; init; }

        public int Reopenings { get; init; }

        public DateTimeOffset? RequestedAt { get; init; }

        public DateTimeOffset? FirstRepliedAt { get; init; }

        public string Kind { get; init; } = "";

        public int? Score { get; init; }
    }
}
