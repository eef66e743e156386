using NodaTime;
using NodaTime.Text;

namespace Relais.Routing.Domain.Policies;

/// <summary>Working and business hours as they are written and stored: days as in ISO 8601, times as <c>HH:mm</c>.</summary>
internal static class Hours
{
    public static readonly LocalTimePattern TimePattern = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    public static IReadOnlyList<PolicyHours> Of(IEnumerable<Shift> shifts) =>
    [
        .. shifts.Select(shift => new PolicyHours([.. shift.Days.Select(day => (int)day).Order()], TimePattern.Format(shift.From), TimePattern.Format(shift.To))),
    ];

    // A zone that a later version of the data has dropped must not keep the platform from starting.
    public static WorkingSchedule Schedule(string zone, IEnumerable<PolicyHours> hours) => new(
        WorkingSchedule.ZoneOf(zone) ?? DateTimeZone.Utc,
        [
            .. hours.Select(shift => new Shift(
                shift.Days.Select(day => (IsoDayOfWeek)day).ToHashSet(), TimePattern.Parse(shift.From).Value, TimePattern.Parse(shift.To).Value)),
        ]);
}
