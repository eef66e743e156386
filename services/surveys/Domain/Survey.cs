using System.Security.Cryptography;
using System.Text;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;

namespace Relais.Surveys.Domain;

/// <summary>A question to a customer about one resolution of their ticket, answered once at most.</summary>
internal sealed class Survey : ITenantOwned, IVersioned
{
    /// <summary>Customer satisfaction: 1 (very unsatisfied) to 5 (very satisfied).</summary>
    public const string Csat = "csat";

    /// <summary>Net promoter: 0 to 10, how likely the customer is to recommend.</summary>
    public const string Nps = "nps";

    /// <summary>Customer effort: 1 (very little) to 7 (very much).</summary>
    public const string Ces = "ces";

    public const int LowestScore = 1;
    public const int HighestScore = 5;

    /// <summary>The longest comment, in UTF-16 units.</summary>
    public const int LongestComment = 2_000;

    // 128 bits: nobody guesses one.
    private const int TokenDigits = 32;

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid Id { get; init; }

    public required string Kind { get; init; }

    public required Guid TicketId { get; init; }

    /// <summary>Which resolution of the ticket it is about, from 1.</summary>
    public required int Resolution { get; init; }

    public required Guid ConversationId { get; init; }

    /// <summary>SHA-256 of the token; the token itself is with the customer alone.</summary>
    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset SentAt { get; init; }

    /// <summary>The trace of the matter (W3C traceparent), in which the answer is told too; null where it has none.</summary>
    public string? TraceParent { get; init; }

    public DateTimeOffset? AnsweredAt { get; private set; }

    public int? Score { get; private set; }

    public string Comment { get; private set; } = "";

    /// <summary>The request that answered, to know its repetition; empty when it named none.</summary>
    public string AnswerRequestId { get; private set; } = "";

    /// <summary>The survey of a resolution, with the event that carries its token to the customer.</summary>
    public static (Survey Survey, SurveySent Sent) Send(TicketResolved resolved, DateTimeOffset now, string? traceParent)
    {
        var token = RandomNumberGenerator.GetHexString(TokenDigits, lowercase: true);
        var survey = new Survey
        {
            Id = Guid.CreateVersion7(now),
            Kind = Csat,
            TicketId = resolved.TicketId,
            Resolution = resolved.Resolution,
            ConversationId = resolved.ConversationId,
            TokenHash = Hash(token),
            SentAt = now,
            TraceParent = traceParent,
        };
        return (survey, new SurveySent(
            survey.Id, survey.Kind, token, survey.TicketId, survey.ConversationId, resolved.Locale, LowestScore, HighestScore, now));
    }

    /// <summary>Whether somebody holds this survey's token; takes as long for a wrong one as for the right one.</summary>
    public bool IsOpenedBy(string token) => CryptographicOperations.FixedTimeEquals(Hash(token), TokenHash);

    /// <returns>The event, or null where this is the answer that was given already, repeated with its request id.</returns>
    public Outcome<SurveyAnswered?> Answer(string requestId, int score, string comment, DateTimeOffset now)
    {
        if (AnsweredAt is not null)
        {
            if (requestId.Length == 0 || requestId != AnswerRequestId)
                return Failure.Precondition("survey.already_answered", "This survey was answered already; an answer cannot be changed.");
            return score == Score && comment == Comment
                ? (SurveyAnswered?)null
                : new Failure(FailureKind.AlreadyExists, "request_id.reused",
                    "This requestId was used for another answer. Repeat it only with the same content.");
        }

        AnsweredAt = now;
        Score = score;
        Comment = comment;
        AnswerRequestId = requestId;
        return new SurveyAnswered(Id, Kind, TicketId, ConversationId, score, now);
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
