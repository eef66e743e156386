using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Relais.Surveys.Domain;

namespace Relais.Surveys.Data;

/// <summary>Counts the facts of a period.</summary>
internal static class Tallies
{
    // Of each group, and in the row without a key of the whole. A discrete percentile is that of the nearest rank.
    private const string Responses =
        """
        SELECT key AS "Key", percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) AS "P50", percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds) AS "P90",
          avg(seconds) AS "Mean", count(*)::integer AS "Count"
        FROM (
          SELECT @key AS key, extract(epoch FROM ticket."FirstRepliedAt" - ticket."RequestedAt")::double precision AS seconds
          FROM conversation_facts AS conversation
          JOIN ticket_facts AS ticket ON ticket."TenantId" = conversation."TenantId" AND ticket."ConversationId" = conversation."ConversationId"
          WHERE conversation."TenantId" = {0} AND conversation."StartedAt" >= {1} AND conversation."StartedAt" < {2}
            AND ticket."RequestedAt" IS NOT NULL AND ticket."FirstRepliedAt" IS NOT NULL) AS response
        GROUP BY GROUPING SETS ((key), ()) HAVING count(*) > 0
        """;

    // What a group's key is in that.
    private static readonly Dictionary<string, string> Columns = new(StringComparer.Ordinal)
    {
        [""] = "''",
        ["channel"] = "conversation.\"Channel\"",
        ["locale"] = "conversation.\"Locale\"",
        ["category"] = "conversation.\"Category\"",
        ["expert"] = "ticket.\"Expert\"",
        ["day"] = "conversation.\"Day\"",
    };

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

    /// <summary>The whole and one tally for each key, of the conversations that began from <paramref name="from"/> on and before <paramref name="to"/>.</summary>
    public static async Task<(Tally Whole, SortedDictionary<string, Tally> Groups)> CountAsync(
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

        var whole = new Tally();
        foreach (var tally in tallies.Values)
            whole.Add(tally);
        foreach (var (group, spread) in db.Database.IsSqlite()
            ? await SpreadOnSqliteAsync(tickets, key, cancellationToken)
            : await SpreadOnPostgresAsync(db, from, to, Columns[groupBy], cancellationToken))
        {
            (group is null ? whole : Of(group)).FirstResponseSeconds = spread;
        }

        return (whole, tallies);
    }

    private static async Task<List<(string? Group, Distribution? Spread)>> SpreadOnPostgresAsync(
        SurveysDb db, DateTimeOffset from, DateTimeOffset to, string column, CancellationToken cancellationToken)
    {
        var sql = Responses.Replace("@key", column, StringComparison.Ordinal);
        var found = await db.Database.SqlQueryRaw<Response>(sql, db.TenantId!, from, to).ToListAsync(cancellationToken);
        return found.ConvertAll(row => (row.Key, (Distribution?)new Distribution(row.P50, row.P90, row.Mean, row.Count)));
    }

    // It has no percentiles: all the times are read, of a platform that is one process.
    private static async Task<List<(string? Group, Distribution? Spread)>> SpreadOnSqliteAsync(
        IQueryable<Row> tickets, Expression<Func<Row, string>> key, CancellationToken cancellationToken)
    {
        var replied = await tickets.Where(row => row.RequestedAt != null && row.FirstRepliedAt != null)
            .GroupBy(key, row => new { row.RequestedAt, row.FirstRepliedAt }).ToListAsync(cancellationToken);
        var seconds = replied.ConvertAll(group => (
            Group: (string?)group.Key, Values: group.Select(row => (row.FirstRepliedAt!.Value - row.RequestedAt!.Value).TotalSeconds).ToList()));
        seconds.Add((null, [.. seconds.SelectMany(group => group.Values)]));
        return seconds.ConvertAll(group => (group.Group, Distribution.Of(group.Values)));
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

    /// <summary>How long first answers took, of a group or, without a key, of the whole.</summary>
    private sealed record Response(string? Key, double P50, double P90, double Mean, int Count);

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
