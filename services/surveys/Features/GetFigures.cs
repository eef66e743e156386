using Google.Protobuf.WellKnownTypes;
using Relais.Common.Failures;
using Relais.Surveys.Data;
using Relais.Surveys.Domain;
using Relais.Surveys.Grpc;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Surveys.Features;

/// <summary>The figures of a period, of the whole and of each group.</summary>
internal sealed class GetFigures(SurveysDb db, ResponsivenessScore score, TimeProvider clock)
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromDays(30);

    // A year and a month to compare it with.
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(400);

    public async Task<Outcome<Proto.Figures>> HandleAsync(Proto.GetFiguresRequest request, CancellationToken cancellationToken)
    {
        if (!Tallies.IsKnown(request.GroupBy))
        {
            return Failure.Invalid("figures.group_unknown", $"Figures cannot be grouped by '{request.GroupBy}'. Group by one of {string.Join(", ", Tallies.Names)}, or leave groupBy empty.",
                new FieldViolation("groupBy", "is not something to group by."));
        }

        var now = clock.GetUtcNow();
        if (!TryInstant(request.To, now, out var to) || !TryInstant(request.From, to - DefaultPeriod, out var from))
            return Failure.Invalid("figures.period_invalid", "from and to are instants such as 2026-11-01T00:00:00Z.", new FieldViolation("from", "or to is no instant."));
        if (from > to)
        {
            return Failure.Invalid("figures.period_invalid", "The period ends before it begins. Exchange from and to, or leave one out.",
                new FieldViolation("from", "is after to."));
        }

        if (to - from > LongestPeriod)
        {
            return Failure.Invalid("figures.period_too_long", $"A period has at most {LongestPeriod.Days} days. Ask for shorter ones one after the other, such as each year.",
                new FieldViolation("from", $"is more than {LongestPeriod.Days} days before to."));
        }

        var (whole, tallies) = await db.CountAsync(from, to, request.GroupBy, now, cancellationToken);
        var response = Figures.Of(whole, score).ToMessage();
        if (request.GroupBy.Length > 0)
        {
            response.Groups.AddRange(tallies.Select(group => new Proto.Figures.Types.Group
            {
                Key = group.Key,
                Figures = Figures.Of(group.Value, score).ToMessage(),
            }));
        }

        return response;
    }

    // A timestamp can carry what is no instant: seconds outside the calendar.
    private static bool TryInstant(Timestamp? given, DateTimeOffset otherwise, out DateTimeOffset instant)
    {
        instant = otherwise;
        if (given is null)
            return true;
        if (given.Nanos is < 0 or > 999_999_999 || given.Seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() + DefaultPeriod.TotalSeconds || given.Seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return false;
        instant = given.ToDateTimeOffset();
        return true;
    }
}
