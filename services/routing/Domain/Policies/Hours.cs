using NodaTime;
using NodaTime.Text;

namespace Relais.Routing.Domain.Policies;

/// <summary>Working and business hours as they are written and stored: days as in ISO 8601, times as <c>HH:mm</c>.</summary>
internal static class Hours
{
    public static readonly LocalTimePattern TimePattern = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    // A zone that a later version of the data has dropped must not keep the platform from starting.
    public static WorkingSchedule Schedule(string zone, IEnumerable<PolicyHours> hours) => new(
        WorkingSchedule.ZoneOf(zone) ?? DateTimeZone.Utc,
        [
            .. hours.Select(shift => new Shift(
                shift.Days.Select(day => (IsoDayOfWeek)day).ToHashSet(), TimePattern.Parse(shift.From).Value, TimePattern.Parse(shift.To).Value)),
        ]);
}
