using NodaTime;
using NodaTime.TimeZones;

namespace Relais.Routing.Domain;

/// <summary>
/// A stretch of work on some days of the week, in local time. A <paramref name="To"/> that is not later than
/// <paramref name="From"/> ends on the next day, so <c>22:00</c> to <c>06:00</c> is a night and <c>08:00</c> to
/// <c>08:00</c> a full day.
/// </summary>
internal sealed record Shift(IReadOnlySet<IsoDayOfWeek> Days, LocalTime From, LocalTime To);

internal static class ShiftExtensions
{
    private const int MinutesPerDay = 24 * 60;
    private const int MinutesPerWeek = 7 * MinutesPerDay;

    /// <summary>Whether some minute of the week belongs to two shifts, or twice to one.</summary>
    public static bool OverlapsItself(this IEnumerable<Shift> shifts)
    {
        var taken = new bool[MinutesPerWeek];
        foreach (var shift in shifts)
        {
            var length = Minute(shift.To) - Minute(shift.From) is > 0 and var sameDay ? sameDay : Minute(shift.To) - Minute(shift.From) + MinutesPerDay;
            foreach (var day in shift.Days)
            {
                var start = (((int)day - 1) * MinutesPerDay) + Minute(shift.From);
                for (var minute = start; minute < start + length; minute++)
                {
                    if (taken[minute % MinutesPerWeek])
                        return true;
                    taken[minute % MinutesPerWeek] = true;
                }
            }
        }

        return false;
    }

    private static int Minute(LocalTime time) => (time.Hour * 60) + time.Minute;
}

/// <summary>
/// When an expert works: shifts in the expert's own time zone. Without shifts there are no hours to keep to. A shift
/// border that a daylight-saving jump skips moves to the end of the gap; one that happens twice is taken the first time.
/// </summary>
internal sealed class WorkingSchedule(DateTimeZone zone, IReadOnlyList<Shift> shifts)
{
    /// <summary>No hours to keep to.</summary>
    public static readonly WorkingSchedule Always = new(DateTimeZone.Utc, []);

    // Any weekly pattern shows itself in eight days: a week, and a night that began the day before.
    private const int HorizonDays = 8;

    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    public DateTimeZone Zone { get; } = zone;

    public IReadOnlyList<Shift> Shifts { get; } = shifts;

    /// <summary>The zone of an IANA name such as <c>Europe/Paris</c>, or null when there is none.</summary>
    public static DateTimeZone? ZoneOf(string id) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(id);

    // What was asked last, which is asked again and again until it changes.
    private Known? _known;

    public bool Covers(DateTimeOffset at) => Shifts.Count == 0 || KnownAt(at).Covered;

    /// <summary>When the schedule next changes between work and rest; null when it never does.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset after) => Shifts.Count == 0 ? null : KnownAt(after).Until;

    /// <summary>When work last began after rest, at or before a moment; null when it never did.</summary>
    public DateTimeOffset? LastBegin(DateTimeOffset at) =>
        Stretches(at, HorizonDays, 0).Where(s => s.Start <= at && !IsCovered(s.Start.AddTicks(-1))).Select(s => (DateTimeOffset?)s.Start).Max();

    /// <summary>When work last ended, at or before a moment of rest; null when there was none.</summary>
    public DateTimeOffset? LastEnd(DateTimeOffset at) =>
        Stretches(at, HorizonDays, 0).Where(s => s.End <= at).Select(s => (DateTimeOffset?)s.End).Max();

    private Known KnownAt(DateTimeOffset at)
    {
        if (_known is { } known && known.From <= at && !(known.Until <= at)) return known;
        var covered = IsCovered(at);
        var changes = Stretches(at, 1, HorizonDays)
            .SelectMany(s => new[] { s.Start, s.End })
            .Where(border => border > at && IsCovered(border) != covered)
            .Select(border => (DateTimeOffset?)border)
            .Min();
        return _known = new Known(covered, at, changes);
    }

    private bool IsCovered(DateTimeOffset at) => Stretches(at, 1, 0).Any(s => s.Start <= at && at < s.End);

    private IEnumerable<(DateTimeOffset Start, DateTimeOffset End)> Stretches(DateTimeOffset around, int daysBefore, int daysAfter)
    {
        var today = Instant.FromDateTimeOffset(around).InZone(Zone).Date;
        for (var date = today.PlusDays(-daysBefore); date <= today.PlusDays(daysAfter); date = date.PlusDays(1))
        {
            foreach (var shift in Shifts.Where(shift => shift.Days.Contains(date.DayOfWeek)))
            {
                var lastDay = shift.To > shift.From ? date : date.PlusDays(1);
                yield return (At(date + shift.From), At(lastDay + shift.To));
            }
        }
    }

    private DateTimeOffset At(LocalDateTime local) => local.InZone(Zone, Resolver).ToDateTimeOffset().ToUniversalTime();

    /// <summary>Whether there is work from a moment until another.</summary>
    private sealed record Known(bool Covered, DateTimeOffset From, DateTimeOffset? Until);
}
