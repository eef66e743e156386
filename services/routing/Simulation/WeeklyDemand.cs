using NodaTime;

namespace Relais.Routing.Simulation;

/// <summary>
/// What comes in an hour of the week: the mean over all such hours of a history, those in which nothing came included.
/// </summary>
internal sealed class WeeklyDemand
{
    private const int HoursPerDay = 24;
    private const int HoursPerWeek = 7 * HoursPerDay;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly int[] _hours = new int[HoursPerWeek];
    private readonly int[] _contacts = new int[HoursPerWeek];

    /// <param name="zone">By whose clocks and calendar hours are told.</param>
    /// <param name="from">The begin of the history's first hour, as of <see cref="HourOf"/>.</param>
    /// <param name="to">The end of its last.</param>
    public WeeklyDemand(DateTimeZone zone, DateTimeOffset from, DateTimeOffset to)
    {
        (Zone, From, To) = (zone, from, to);
        for (var hour = from; hour < to; hour += Hour) _hours[PlaceOf(hour)]++;
    }

    public DateTimeZone Zone { get; }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>The begin of the hour that a moment is in by the clocks of a zone.</summary>
    public static DateTimeOffset HourOf(DateTimeOffset at, DateTimeZone zone) =>
        at.ToUniversalTime().AddTicks(-(Instant.FromDateTimeOffset(at).InZone(zone).TickOfDay % NodaConstants.TicksPerHour));

    /// <summary>Counts a contact; one outside the history is passed over.</summary>
    public void Add(DateTimeOffset at)
    {
        if (at >= From && at < To) _contacts[PlaceOf(at)]++;
    }

    /// <returns>How many hours of that weekday and time the history has, and how many contacts came in one; null where it has none.</returns>
    public (int Hours, double? Contacts) At(DateTimeOffset hour)
    {
        var place = PlaceOf(hour);
        return (_hours[place], _hours[place] == 0 ? null : (double)_contacts[place] / _hours[place]);
    }

    private int PlaceOf(DateTimeOffset at)
    {
        var local = Instant.FromDateTimeOffset(at).InZone(Zone);
        return (((int)local.DayOfWeek - 1) * HoursPerDay) + local.Hour;
    }
}
